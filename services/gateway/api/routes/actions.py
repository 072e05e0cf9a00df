"""What a member does, said by a product's page or app: done, later, never; keep, pull back; mute; preferences; leaving.

Each is one event of the published language. What is said again under the same `Idempotency-Key`, or with the same `id`, is
the same event.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.gateway.api.access.principals import Principal, needs
from services.gateway.api.actions.channels import NOT_SEALED
from services.gateway.api.actions.event import event_of
from services.gateway.api.actions.table import ERASE, OF_CONTACT, OF_FOLLOWUP, OF_INVITE, OF_MEMBER, SET_CHANNEL, Action
from services.gateway.api.documented import ASKED_FOR, CHANNEL_BODY, WRITTEN, body_of
from services.gateway.api.parts import Parts
from services.gateway.api.paths import InPath, MemberId, OwnInPath
from services.gateway.api.problems import Problem, refused
from services.gateway.publishing import POSITION_HEADER, positions_text
from shared.contracts import Unreadable
from shared.contracts.cloudevents.envelope import is_json

MayAct = Annotated[Principal, needs("act")]
MayErase = Annotated[Principal, needs("act", keys_only=True)]
Again = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key with the same request is the same event, however often it is sent.",
    ),
]


ASKS = "post_followups"
"""The action that asks for a reminder."""


class ActionTaken(BaseModel):
    """The event that says what the member does."""

    id: str
    type: str


def router(parts: Parts) -> APIRouter:
    """Return the routes."""
    made = APIRouter(tags=["members"], prefix="/members/{member}")

    def add(action: Action, answer: Callable[..., Any]) -> None:
        made.add_api_route(
            action.path,
            answer,
            methods=[action.method],
            summary=action.summary,
            status_code=HTTPStatus.ACCEPTED,
            response_model=ActionTaken,
            responses=ASKED_FOR if action.name == ASKS else WRITTEN,
            openapi_extra=CHANNEL_BODY
            if action is SET_CHANNEL
            else body_of(action.kind, action.takes, action.example, required=not action.optional),
            name=action.name,
        )

    for action in OF_MEMBER:
        add(action, _of_member(parts, action))
    for action in OF_FOLLOWUP:
        add(action, _of_followup(parts, action))
    for action in OF_INVITE:
        add(action, _of_invite(parts, action))
    for action in OF_CONTACT:
        add(action, _of_contact(parts, action))
    add(SET_CHANNEL, _of_channel(parts))
    add(ERASE, _of_all(parts, ERASE))
    return made


def _of_member(parts: Parts, action: Action) -> Callable[..., Any]:
    async def act(request: Request, principal: MayAct, member: MemberId, again: Again = None) -> JSONResponse:
        return await _taken(parts, action, request, principal, member, "", again)

    return act


def _of_followup(parts: Parts, action: Action) -> Callable[..., Any]:
    async def act(
        request: Request, principal: MayAct, member: MemberId, followup_id: OwnInPath, again: Again = None
    ) -> JSONResponse:
        return await _taken(parts, action, request, principal, member, followup_id, again)

    return act


def _of_invite(parts: Parts, action: Action) -> Callable[..., Any]:
    async def act(
        request: Request, principal: MayAct, member: MemberId, invite_id: InPath, again: Again = None
    ) -> JSONResponse:
        return await _taken(parts, action, request, principal, member, invite_id, again)

    return act


def _of_contact(parts: Parts, action: Action) -> Callable[..., Any]:
    async def act(
        request: Request, principal: MayAct, member: MemberId, contact_id: InPath, again: Again = None
    ) -> JSONResponse:
        return await _taken(parts, action, request, principal, member, contact_id, again)

    return act


def _of_channel(parts: Parts) -> Callable[..., Any]:
    async def act(request: Request, principal: MayAct, member: MemberId, again: Again = None) -> JSONResponse:
        if parts.channels is None:
            raise Problem(HTTPStatus.NOT_IMPLEMENTED, NOT_SEALED)
        return await _taken(parts, SET_CHANNEL, request, principal, member, "", again, parts.channels.sealed)

    return act


def _of_all(parts: Parts, action: Action) -> Callable[..., Any]:
    async def act(request: Request, principal: MayErase, member: MemberId, again: Again = None) -> JSONResponse:
        answer = await _taken(parts, action, request, principal, member, "", again)
        if parts.imports is not None:
            await parts.imports.forget(member)
        return answer

    return act


async def _taken(
    parts: Parts,
    action: Action,
    request: Request,
    principal: Principal,
    member: str,
    item: str,
    again: str | None,
    made: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda member, body: body,
) -> JSONResponse:
    """Publish what the member does, and answer once it is acknowledged. `made`: makes the event's fields of the body."""
    try:
        event = event_of(action, member, item, made(member, await _object(request)), again, parts.now())
    except Unreadable as fault:
        raise refused(fault) from None
    position = await parts.outbox.say_one(event)
    structlog.get_logger(service="gateway").info(
        "a member's word was taken", key=principal.key, name=principal.name, member=member, id=event.id, type=event.type
    )
    body = {"id": event.id, "type": event.type}
    return JSONResponse(body, HTTPStatus.ACCEPTED, {POSITION_HEADER: positions_text([position])})


async def _object(request: Request) -> dict[str, Any]:
    body = await request.body()
    if not body:
        return {}
    if not is_json(request.headers.get("content-type", "")):
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content-type: must be application/json, in UTF-8")
    try:
        found = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "body: is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("must be a JSON object", "body")
    return found

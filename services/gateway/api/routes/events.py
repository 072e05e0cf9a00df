"""`POST /v1/events`: what a product reports, as CloudEvents. The answer comes after Kafka's acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.gateway.api.access.principals import Principal, needs
from services.gateway.api.documented import EVENTS_BODY, WRITTEN
from services.gateway.api.events.cloudevents import ReadEvent, is_batch, read_events
from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.parts import Parts
from services.gateway.api.problems import Problem, fields, later, refused
from services.gateway.publishing import POSITION_HEADER, NotTaken, Position, positions_text
from shared.contracts import Event, Unreadable

MayIngest = Annotated[Principal, needs("ingest")]
EVENTS_A_TURN: Final = 25
"""Events that are read before others have their turn in the event loop: a few milliseconds."""
NOT_ACKNOWLEDGED: Final = "was not acknowledged by Kafka: send it again, under the same id it counts once"


class Accepted(BaseModel):
    """How many events are acknowledged: all of the request."""

    accepted: int


def router(parts: Parts) -> APIRouter:
    """Return the route."""
    made = APIRouter(tags=["events"])

    @made.post(
        "/events",
        status_code=HTTPStatus.ACCEPTED,
        openapi_extra=EVENTS_BODY,
        response_model=Accepted,
        responses=WRITTEN,
    )
    async def report_events(principal: MayIngest, request: Request) -> JSONResponse:
        """Report events: one in binary or structured mode, or a batch of 500 at most.

        202: all of them are acknowledged. Otherwise the problem lists in `failed` each that is not, by its place in the
        batch, with what is wrong; the others are acknowledged. To send the whole request again is safe: the same id
        counts once.
        """
        body, headers = await request.body(), request.headers.raw
        read = []
        for one in read_events(headers, body, parts.now()):
            read.append(one)
            if len(read) % EVENTS_A_TURN == 0:
                await asyncio.sleep(0)
        good = [one.event for one in read if one.event is not None]
        outcomes = await parts.outbox.say(good) if good else []
        positions = [one for one in outcomes if isinstance(one, Position)]
        _audit(principal, read, good, len(positions))
        where = {POSITION_HEADER: positions_text(positions)} if positions else {}
        if len(positions) == len(read):
            return JSONResponse({"accepted": len(positions)}, HTTPStatus.ACCEPTED, where)
        if not is_batch(headers):
            raise _single(read[0])
        raise _several(read, outcomes, where)

    return made


def _single(one: ReadEvent) -> Problem:
    return later(RETRY_AFTER_SECONDS, NOT_ACKNOWLEDGED) if one.fault is None else refused(one.fault)


def _several(read: Sequence[ReadEvent], outcomes: Sequence[Position | NotTaken], where: dict[str, str]) -> Problem:
    """Return the problem of a batch, not all of which was acknowledged."""
    answers, failed, again = iter(outcomes), [], False
    for index, one in enumerate(read):
        if one.fault is not None:
            failed.append(_failed(index, one.id, HTTPStatus.UNPROCESSABLE_ENTITY, one.fault))
        elif isinstance(next(answers), NotTaken):
            again = True
            failed.append(_failed(index, one.id, HTTPStatus.SERVICE_UNAVAILABLE, Unreadable(NOT_ACKNOWLEDGED, "event")))
    detail = f"{len(failed)} of {len(read)} events are not accepted"
    more = {"accepted": len(read) - len(failed), "failed": failed}
    if again:
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            detail,
            headers={**where, "retry-after": str(RETRY_AFTER_SECONDS)},
            more=more,
        )
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, headers=where, more=more)


def _failed(index: int, identity: str | None, status: HTTPStatus, fault: Unreadable) -> dict[str, Any]:
    failed: dict[str, Any] = {"index": index, "status": status.value, **fields((fault, *fault.others))}
    return failed if identity is None else {**failed, "id": identity}


def _audit(principal: Principal, read: Sequence[ReadEvent], good: Sequence[Event], acknowledged: int) -> None:
    log = structlog.get_logger(service="gateway", key=principal.key, name=principal.name)
    if len(read) == len(good) == 1:
        log = log.bind(id=good[0].id, member=good[0].member, type=good[0].type)
    log.info("events were reported", received=len(read), refused=len(read) - len(good), acknowledged=acknowledged)

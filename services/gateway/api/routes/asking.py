"""Why something came of an item or not, and what would come: answered by playing a member's records again.

The gateway holds no rules and reads no topics for it: whoever serves it answers, in a thread of its own, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.gateway.api.access.principals import Principal, needs
from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.parts import Parts
from services.gateway.api.paths import MemberId, OwnInPath
from services.gateway.api.problems import Problem, later, refused
from services.gateway.port import Asked, Busy, NoAnswer, NotFound, WrongQuestion
from services.gateway.reading.forms.answers import example
from shared.contracts import Unreadable
from shared.contracts.fields import Instant

DAYS: Final = 90
DAYS_MAX: Final = 366
WISHES_MAX: Final = 20
WISH_CHARS_MAX: Final = 200
NOT_KEPT: Final = {"cache-control": "private, no-store"}
MayAsk = Annotated[Principal, needs("read", keys_only=True)]
"""A product alone: a member's browser could keep the few places of a process for itself."""
ASKED: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "Nothing is known of the member, or of the item."}
}


class Cause(BaseModel):
    """An event that something follows from."""

    id: str
    type: str | None = None
    time: Instant | None = None


class WhyStep(BaseModel):
    """Something that happened to the item."""

    time: Instant
    local: str
    """The same on the member's clock."""
    logged: Instant
    producer_time: Instant | None = None
    """The time that its producer named, where it counts as another."""
    type: str
    id: str
    by: str
    """Its source."""
    rule: str | None = None
    because: Cause | None = None
    changed: list[str]
    """The services whose knowledge of the item it changed."""
    says: str


class WhyStands(BaseModel):
    """How a rule stands with the item: what comes next and what would end it, or why nothing comes."""

    service: str
    rule: str | None = None
    standing: str
    code: str
    next_at: Instant | None = None
    next_local: str | None = None
    next_type: str | None = None
    because: Cause | None = None
    since: Instant | None = None
    notes: list[str]
    ends: list[str]
    item: str
    says: str


class WhyKept(BaseModel):
    """Something that happened to the item, of which no event is kept any more."""

    time: Instant
    local: str
    """The same on the member's clock."""
    type: str
    says: str


class WhyAnswer(BaseModel):
    """What happened to an item step by step, and how each rule stands with it."""

    model_config = example(
        member="ada", item="contact/zoe-moreau", zone="Europe/Paris",
        steps=[{
            "time": "2026-11-02T09:00:00.000Z", "local": "2026-11-02T10:00:00", "logged": "2026-11-02T09:00:00.210Z",
            "type": "rapport.contact.connected", "id": "1f6c", "by": "/product", "changed": ["followups", "digest"],
            "says": "You and Zoé Moreau connected.",
        }],
        earlier=0, standing=[], unreadable_records=0,
    )  # fmt: skip
    member: str
    item: str
    rule: str | None = None
    followup_id: str | None = None
    period: str | None = None
    zone: str
    steps: list[WhyStep]
    earlier: int
    """Steps before these, which are left out."""
    known_before: list[WhyKept] = []
    """Where the log begins later: what services know to have happened beside these steps, the first and last time of each."""
    standing: list[WhyStands]
    unreadable_records: int
    begins_at: str | None = None
    """All steps are told from this instant on, None: from the first one. What was before is no longer kept, and counts."""


class PreviewAnswer(BaseModel):
    """What services would say of the member from now on, if nothing else happened."""

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "examples": [
                {
                    "member": "ada", "from": "2026-11-02T09:00:00.000Z", "until": "2027-01-31T09:00:00.000Z", "events": {},
                    "more": 0,
                }
            ]
        },
    )  # fmt: skip

    member: str
    begin: Annotated[Instant, Field(alias="from")]
    until: Instant
    events: dict[str, list[dict[str, Any]]]
    """By type, each as a CloudEvent in JSON; a type that does not occur is absent."""
    more: int
    """Later ones, which are left out."""


def router(parts: Parts) -> APIRouter:
    """Return the routes."""
    made = APIRouter(tags=["reading"], prefix="/members/{member}")

    @made.get("/why/{item:path}", response_model=WhyAnswer, responses=ASKED)
    async def read_why(principal: MayAsk, member: MemberId, item: OwnInPath) -> Response:
        """Why something came of an item or not, and what comes next: of a follow-up, invite, contact, meeting or digest."""
        _note("why", principal, member)
        with _problems():
            return _answer(WhyAnswer.model_validate(await _asked(parts).why(member, item)))

    @made.get("/preview", response_model=PreviewAnswer, responses=ASKED)
    async def read_preview(
        principal: MayAsk,
        member: MemberId,
        days: Annotated[int, Query(ge=1, le=DAYS_MAX, description="How far to look ahead.")] = DAYS,
        wishes: Annotated[
            list[Annotated[str, Field(max_length=WISH_CHARS_MAX)]],
            Query(
                alias="set",
                max_length=WISHES_MAX,
                description="A preference that holds from now on, as `rapport preview --set` takes it: `digest=daily`.",
            ),
        ] = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        """What would be planned, asked, pulled back and mailed, with other preferences where some are named."""
        _note("preview", principal, member)
        with _problems():
            return _answer(PreviewAnswer.model_validate(await _asked(parts).preview(member, days, wishes)))

    return made


def _asked(parts: Parts) -> Asked:
    if parts.asked is None:
        raise later(RETRY_AFTER_SECONDS, "there is nothing here that plays records again: RAPPORT_REDIS")
    return parts.asked


@contextmanager
def _problems() -> Iterator[None]:
    """Say as a `Problem` why there is no answer."""
    try:
        yield
    except NotFound as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None
    except WrongQuestion as error:
        raise refused(Unreadable(str(error), error.field)) from None
    except NoAnswer as error:
        raise later(RETRY_AFTER_SECONDS, str(error)) from None
    except Busy:
        raise later(RETRY_AFTER_SECONDS, "others are asking already") from None


def _answer(found: BaseModel) -> Response:
    body = found.model_dump_json(by_alias=True, exclude_none=True).encode()
    return Response(body, HTTPStatus.OK, NOT_KEPT, "application/json")


def _note(what: str, principal: Principal, member: str) -> None:
    structlog.get_logger(service="gateway").info(
        "a member's records are played again", what=what, key=principal.key, name=principal.name, member=member
    )

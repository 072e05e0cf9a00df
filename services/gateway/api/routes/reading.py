"""What a product shows of a member: the agenda, follow-ups, invites, meetings, a person, digests, preferences.

Each answer is made of one atomic load and has an `ETag`: who shows it that nothing has changed reads nothing again. Who has
just written shows `Rapport-Position`, as the answer to the write has it, and reads what knows of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.api.access.principals import needs
from services.gateway.api.answer_cache import AnswerCache, Kept
from services.gateway.api.members import Followed, Members
from services.gateway.api.parts import Parts
from services.gateway.api.paths import InPath, MemberId
from services.gateway.api.problems import Problem, later, refused
from services.gateway.projection.model.people import Item, Profile
from services.gateway.publishing import POSITION_HEADER, positions_from_text
from services.gateway.reading import agenda, contact, invite_states, meetings, spans, wishes
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.forms.pages import CURSOR_CHARS_MAX, LIMIT, LIMIT_MAX, BadCursor
from shared.contracts import Unreadable
from shared.decider import View
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.reader import NotVisible, UnknownMember

BEHIND_SECONDS: Final = 1
STORE_SECONDS: Final = 5
"""When to come again: where a write is not applied yet, and where the store does not answer."""
KEPT: Final = {"cache-control": "private, no-cache"}
"""Whoever keeps an answer asks each time whether it still holds."""
TAG_CHARS: Final = 32
Asked: TypeAlias = tuple[str, *tuple[object, ...]]
"""A question in full: the member, the route, and all of its query."""
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Entries of one page.")]
After = Annotated[
    str | None, Query(max_length=CURSOR_CHARS_MAX, description="`next` of the page before: what follows it.")
]
Seen = Annotated[str | None, Header(alias="If-None-Match", description="The `ETag` of an answer that you have.")]
Written = Annotated[
    str | None,
    Header(alias="Rapport-Position", description="As a write was answered: the read waits until it is applied."),
]
_TAGGED: Final = {"headers": {"ETag": {"description": "Of this very answer.", "schema": {"type": "string"}}}}
READ: Final[dict[int | str, dict[str, Any]]] = {
    200: _TAGGED,
    304: {"description": "Nothing has changed.", **_TAGGED},
    404: {"description": "Nothing is known of the member, or of the person."},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a route asks of a member as they are known, and of the present instant."""

    ask: Callable[[View[Profile, Item], datetime], BaseModel | rows.Row]
    turns: spans.Turns


Read: TypeAlias = Callable[[Asked, Question, str | None, str | None], Awaitable[Response]]


def router(parts: Parts) -> APIRouter:
    """Return the routes."""
    made = APIRouter(tags=["reading"], prefix="/members/{member}", dependencies=[needs("read")])
    read = Reading(parts).read

    @made.get("/agenda", response_model=answers.MemberAgenda, responses=READ)
    async def read_agenda(
        member: MemberId, state: answers.State | None = None, limit: Limit = LIMIT,
        after: After = None, seen: Seen = None, written: Written = None,
    ) -> Response:  # fmt: skip
        """What is overdue, due, waits for a word, and comes; the earliest first within each."""
        question = Question(lambda view, now: agenda.as_text(view, now, state, limit, after), spans.on_agenda)
        return await read((member, "agenda", state, limit, after), question, seen, written)

    @made.get("/followups", response_model=answers.MemberFollowups, responses=READ)
    async def read_followups(
        member: MemberId, limit: Limit = LIMIT, after: After = None, seen: Seen = None,
        written: Written = None,
    ) -> Response:  # fmt: skip
        """All open follow-ups, those that are due longest first; what ended lately; which rules are quiet."""
        question = Question(lambda view, now: agenda.followups_as_text(view, now, limit, after), spans.by_day)
        return await read((member, "followups", limit, after), question, seen, written)

    @made.get("/invites", response_model=answers.MemberInvites, responses=READ)
    async def read_invites(
        member: MemberId, state: answers.InviteState | None = None, limit: Limit = LIMIT,
        after: After = None, seen: Seen = None, written: Written = None,
    ) -> Response:  # fmt: skip
        """The invites by how they stand, the latest sent first, and what the member is asked about them."""
        question = Question(lambda view, now: invite_states.as_text(view, now, state, limit, after), spans.wishes_end)
        return await read((member, "invites", state, limit, after), question, seen, written)

    _add_plain(made, read)
    return made


def _add_plain(made: APIRouter, read: Read) -> None:
    """Add the routes whose answers have no pages."""

    @made.get("/meetings", response_model=answers.MemberMeetings, responses=READ)
    async def read_meetings(member: MemberId, seen: Seen = None, written: Written = None) -> Response:
        """Meetings, those that come first; and promises, the open ones first."""
        return await read((member, "meetings"), Question(meetings.answer, spans.starts), seen, written)

    @made.get("/contacts/{contact_id}", response_model=answers.PersonPage, responses=READ)
    async def read_contact(
        member: MemberId, contact_id: InPath, seen: Seen = None, written: Written = None
    ) -> Response:
        """A person: why the two met, what was promised and done lately, what comes."""

        def question(view: View[Profile, Item], now: datetime) -> answers.PersonPage:
            found = contact.answer(view, contact_id, now)
            if found is None:
                raise UnknownMember
            return found

        return await read((member, "contact", contact_id), Question(question, spans.by_day), seen, written)

    @made.get("/digests", response_model=answers.MemberDigests, responses=READ)
    async def read_digests(member: MemberId, seen: Seen = None, written: Written = None) -> Response:
        """The last digests, and what became of each."""
        question = Question(lambda view, _: wishes.digests_of(view), spans.by_day)
        return await read((member, "digests"), question, seen, written)

    @made.get("/preferences", response_model=answers.MemberPreferences, responses=READ)
    async def read_preferences(member: MemberId, seen: Seen = None, written: Written = None) -> Response:
        """What holds for the member, defaults included."""
        question = Question(lambda view, _: wishes.preferences_of(view), spans.by_day)
        return await read((member, "preferences"), question, seen, written)


class Reading:
    """Answers questions about members, or says that nothing has changed since one was asked last."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._cache = parts, AnswerCache(parts.monotonic)

    async def read(self, asked: Asked, question: Question, seen: str | None, written: str | None) -> Response:
        """Answer a question: as it is kept where it holds still, else anew."""
        with problems():
            members = members_of(self._parts)
            after = _after(members, asked[0], written)
            kept = self._cache.find(asked)
            if kept is not None and await self._holds(members, asked[0], kept, after):
                self._cache.took(asked)
            else:
                self._cache.drop(asked)
                kept = await self._composed(members, asked[0], question, after)
                self._cache.keep(asked, kept)
        headers = {"etag": kept.tag, **KEPT}
        if seen is not None and matches(seen, kept.tag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(kept.body, HTTPStatus.OK, headers, "application/json")

    async def _holds(self, members: Followed, member: str, kept: Kept, after: int | None) -> bool:
        """Say whether an answer reads as one that is made now; the clock is asked last, as the store takes its time."""
        return await members.is_stored(member, kept.stored, after) and kept.span.covers(self._parts.now())

    async def _composed(self, members: Followed, member: str, question: Question, after: int | None) -> Kept:
        now = cache(self._parts.now)  # an answer is of one instant, however often it is asked until all is loaded

        def ask(view: View[Profile, Item]) -> tuple[BaseModel | rows.Row, spans.Span]:
            return question.ask(view, now()), spans.span(view, now(), question.turns)

        (found, span), stored = await members.read_stored(member, ask, after)
        body = rows.encoded(found) if isinstance(found, rows.Row) else found.model_dump_json(exclude_none=True).encode()
        return Kept(body, f'"{hashlib.sha256(body).hexdigest()[:TAG_CHARS]}"', stored, span)


def members_of(parts: Parts) -> Followed:
    """Return what members are read from; `Problem` 503 where there is none."""
    if parts.members is None:
        raise later(STORE_SECONDS, "there is no store here to read from: RAPPORT_REDIS")
    return parts.members


@contextmanager
def problems() -> Iterator[None]:
    """Say as a `Problem` what keeps a member from being read."""
    try:
        yield
    except UnknownMember:
        raise Problem(HTTPStatus.NOT_FOUND, "nothing is known of them") from None
    except BadCursor as error:
        raise refused(Unreadable(str(error), "after")) from None
    except NotVisible:
        raise later(BEHIND_SECONDS, "what was written is not applied yet") from None
    except Uncertain:
        raise later(STORE_SECONDS, "the store does not answer, or is made anew") from None


def _after(members: Members, member: str, written: str | None) -> int | None:
    """Return the offset of the write that the answer must know, of this member's partition; None where none is named."""
    if written is None:
        return None
    try:
        return positions_from_text(written).get(members.partition_of(member))
    except ValueError as error:
        raise refused(Unreadable(str(error), POSITION_HEADER)) from None


def matches(seen: str, tag: str) -> bool:
    """Say whether `If-None-Match` names this answer: by any of its tags, or by `*` (RFC 9110 section 13.1.2)."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in seen.split(","))

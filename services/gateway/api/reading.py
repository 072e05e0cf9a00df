"""What a product shows of a member: the agenda, follow-ups, invites, meetings, a person, digests, preferences.

Each answer is made of one atomic load and has an `ETag`: who shows it that nothing has changed reads nothing again. Who has
just written shows `Rapport-Position`, as the answer to the write has it, and reads what knows of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.api.access.principals import needs
from services.gateway.api.members import Followed, Members
from services.gateway.api.parts import Parts
from services.gateway.api.paths import InPath, MemberId
from services.gateway.api.problems import Problem, later, refused
from services.gateway.projection.model.people import Item, Profile
from services.gateway.publishing import POSITION_HEADER, positions_from_text
from services.gateway.reading import agenda, answers, contact, invite_states, meetings, rows, wishes
from services.gateway.reading.pages import CURSOR_CHARS_MAX, LIMIT, LIMIT_MAX, BadCursor
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
Question: TypeAlias = Callable[[View[Profile, Item], datetime], BaseModel | rows.Row]
"""Asked of a member as they are known, and of the present instant."""
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


def router(parts: Parts) -> APIRouter:
    """Return the routes."""
    made = APIRouter(tags=["reading"], prefix="/members/{member}", dependencies=[needs("read")])

    @made.get("/agenda", response_model=answers.MemberAgenda, responses=READ)
    async def read_agenda(
        member: MemberId, state: answers.State | None = None, limit: Limit = LIMIT,
        after: After = None, seen: Seen = None, written: Written = None,
    ) -> Response:  # fmt: skip
        """What is overdue, due, waits for a word, and comes; the earliest first within each."""
        return await _read(
            parts, member, lambda view, now: agenda.as_text(view, now, state, limit, after), seen, written
        )

    @made.get("/followups", response_model=answers.MemberFollowups, responses=READ)
    async def read_followups(
        member: MemberId, limit: Limit = LIMIT, after: After = None, seen: Seen = None,
        written: Written = None,
    ) -> Response:  # fmt: skip
        """All open follow-ups, those that are due longest first; what ended lately; which rules are quiet."""
        return await _read(
            parts, member, lambda view, now: agenda.followups_as_text(view, now, limit, after), seen, written
        )

    @made.get("/invites", response_model=answers.MemberInvites, responses=READ)
    async def read_invites(
        member: MemberId, state: answers.InviteState | None = None, limit: Limit = LIMIT,
        after: After = None, seen: Seen = None, written: Written = None,
    ) -> Response:  # fmt: skip
        """The invites by how they stand, the latest sent first, and what the member is asked about them."""
        return await _read(
            parts, member, lambda view, now: invite_states.as_text(view, now, state, limit, after), seen, written
        )

    _add_plain(made, parts)
    return made


def _add_plain(made: APIRouter, parts: Parts) -> None:
    """Add the routes whose answers have no pages."""

    @made.get("/meetings", response_model=answers.MemberMeetings, responses=READ)
    async def read_meetings(member: MemberId, seen: Seen = None, written: Written = None) -> Response:
        """Meetings, those that come first; and promises, the open ones first."""
        return await _read(parts, member, meetings.answer, seen, written)

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

        return await _read(parts, member, question, seen, written)

    @made.get("/digests", response_model=answers.MemberDigests, responses=READ)
    async def read_digests(member: MemberId, seen: Seen = None, written: Written = None) -> Response:
        """The last digests, and what became of each."""
        return await _read(parts, member, lambda view, _: wishes.digests_of(view), seen, written)

    @made.get("/preferences", response_model=answers.MemberPreferences, responses=READ)
    async def read_preferences(member: MemberId, seen: Seen = None, written: Written = None) -> Response:
        """What holds for the member, defaults included."""
        return await _read(parts, member, lambda view, _: wishes.preferences_of(view), seen, written)


async def _read(parts: Parts, member: str, question: Question, seen: str | None, written: str | None) -> Response:
    """Answer a question about a member, or say that nothing has changed since it was asked last."""
    now = cache(parts.now)  # an answer is of one instant, however often it is asked until all is loaded
    with problems():
        members = members_of(parts)
        found = await members.read(member, lambda view: question(view, now()), _after(members, member, written))
    body = rows.encoded(found) if isinstance(found, rows.Row) else found.model_dump_json(exclude_none=True).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:TAG_CHARS]}"'
    headers = {"etag": tag, **KEPT}
    if seen is not None and matches(seen, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, HTTPStatus.OK, headers, "application/json")


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

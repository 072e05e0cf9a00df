"""A member's own pages in memory: a member as the projection knows them, a log that records, and a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode

import httpx
from msgspec.structs import replace

from services.gateway.api.events.outbox import Outbox
from services.gateway.personal.routes import MemberPages
from services.gateway.personal.visits import Deps
from services.gateway.projection.model.people import Item, Profile
from shared.contracts import Event
from shared.decider import View
from shared.links import LinkKeys, ToPage
from shared.runtime.reader import NotVisible, UnknownMember
from tests.unit.services.gateway.api.api_bed import Log
from tests.unit.services.gateway.members import MEMBER, NOW, due, planned, said, seen

SECRET = "only-for-tests-and-for-nothing-else"
T = TypeVar("T")


@dataclass
class KnownMembers:
    """Reads members of whom these events tell, and what was said since; `behind`: that much of it is not applied yet."""

    events: list[Event]
    log: Log
    behind: bool = False

    def partition_of(self, member: str) -> int:
        return len(member) % 3

    async def read(self, member: str, question: Callable[[View[Profile, Item]], T], after: int | None = None) -> T:
        if member != MEMBER:
            raise UnknownMember
        if self.behind and after is not None:
            raise NotVisible
        later = [] if self.behind else self.log.events
        return question(seen(*self.events, *later))


@dataclass
class Browser:
    """A browser on the pages, with its cookies; it follows where an answer leads."""

    deps: Deps
    log: Log
    known: KnownMembers
    clock: list[datetime]
    client: httpx.AsyncClient = field(init=False)
    page: httpx.Response = field(init=False)

    async def let_in(self, member: str = MEMBER, key: str = "") -> httpx.Response:
        """Open a link of a mail, press its button, and see the first page."""
        until = int((self.clock[0] + timedelta(days=14)).timestamp())
        await self.get(f"/open/{self.deps.keys.seal(ToPage(member, until, key))}")
        self.page = await self.client.post(self.page.url, follow_redirects=True)
        return self.page

    async def get(self, path: str) -> httpx.Response:
        self.page = await self.client.get(path, follow_redirects=True)
        return self.page

    async def press(self, do: str, item: str = "", **more: str) -> httpx.Response:
        """Click a button of the page that is shown: of the first form that has it, and is about `item`."""
        form = next(
            one
            for one in re.findall(r'<form method="post"(?: action="[^"]*")?>.*?</form>', self.page.text, re.DOTALL)
            if f'name="do" value="{do}"' in one and (not item or f'name="item" value="{item}"' in one)
        )
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        fields |= {"do": do, **more}
        action = re.findall(r'action="([^"]*)"', form)[0]
        self.page = await self.post(action, fields, follow=True)
        return self.page

    async def post(self, path: str, fields: dict[str, str], *, follow: bool = False) -> httpx.Response:
        sends = {"content-type": "application/x-www-form-urlencoded"}
        return await self.client.post(path, content=urlencode(fields), headers=sends, follow_redirects=follow)


def deps_of(known: KnownMembers, clock: list[datetime], *, base: str = "http://pages") -> Deps:
    return Deps(
        LinkKeys([SECRET]),
        Outbox(known.log.append),
        known,
        lambda key: key == "good",
        lambda: clock[0],
        lambda: 0.0,
        base,
    )


@asynccontextmanager
async def browser(events: Iterable[Event] = (), *, secure: bool = False, path: str = "") -> AsyncIterator[Browser]:
    """Open the pages of a member of whom these events tell, in a browser without cookies."""
    log, clock = Log(), [NOW]
    known = KnownMembers(list(events), log)
    deps = deps_of(known, clock, base=f"{'https' if secure else 'http'}://pages{path}")
    opened = Browser(deps, log, known, clock)
    transport = httpx.ASGITransport(MemberPages(deps).app(), raise_app_exceptions=False)
    scheme = "https" if secure else "http"
    async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://pages") as opened.client:
        yield opened


def a_member(name: str = "Zoé Moreau", words: str = "the reading list", place: str = "Café Luna") -> list[Event]:
    """Return what makes every part of every page show something; `name` and `words` stand wherever a contact has them."""
    zoe, ben = {"id": "zoe", "name": name}, {"id": "ben/1", "name": "Ben Okafor"}
    tom, mei = {"id": "tom", "name": name}, {"id": "mei", "name": "Mei Tanaka"}
    asked = [
        {"invite_id": "i1", "contact": tom, "sent_at": "2026-05-01T00:00:00Z"},
        {"invite_id": "i2", "contact": mei, "sent_at": "2026-06-01T00:00:00Z"},
    ]
    return [
        said(-90, "member.joined", name="Ada Adler", zone="Europe/Paris"),
        said(-80, "invite.sent", invite_id="i0", contact=zoe, why=f"Your talk on {words}."),
        said(-60, "invite.sent", invite_id="i1", contact=tom),
        said(-59, "invite.sent", invite_id="i2", contact=mei),
        said(-9, "contact.connected", contact=zoe, via_invite="i0"),
        said(-9, "contact.connected", contact=ben),
        said(-8, "contact.date_set", contact_id="zoe", label=words, month=5, day=17),
        said(-8, "promise.made", promise_id="p1", contact_id="zoe", what=words, due="2026-11-26T18:00"),
        said(-7, "note.added", contact_id="zoe", what=words),
        said(-6, "message.received", contact_id="zoe"),
        said(
            -5, "meeting.scheduled", meeting_id="k1", contact_ids=["zoe"], kind="lunch", starts="2026-11-26T12:30",
            zone="Europe/Paris", minutes=60, place=place,
        ),
        said(-4, "followup.requested", followup_id="r1", contact_id="zoe", what=words, due="2026-11-24T09:00"),
        due(-0.05, text=f"Say thank you to {name}: what drew you to each other?", contact_id="zoe"),
        due(-3, "contact/ben%2F1/stay_in_touch/2026-11-21", contact_id="ben/1"),
        due(-0.02, "reminder/r1/own_reminder/2026-11-24", contact_id="zoe", what=words),
        planned(5, "contact/zoe/second_meeting/1", contact_id="zoe"),
        said(
            -1, "followup.completed", followup_id="contact/mei/thank/1", rule="thank",
            because={"id": "x", "type": "rapport.thanks.sent"},
        ),
        said(-0.5, "invite.retraction_proposed", proposal_id="p/1", invites=asked, oldest_days=90, attempt=1, more=["i9"]),
    ]  # fmt: skip


def answered(event: Event, **more: object) -> Event:
    """Return an event with other fields of its data."""
    return replace(event, data=event.data.model_copy(update=more))

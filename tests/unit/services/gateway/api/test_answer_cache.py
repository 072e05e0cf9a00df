"""Answers that are kept read as those that are made anew, and leave memory in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from starlette.responses import Response

from services.gateway.api.answer_cache import ENTRY_BYTES, FIELD_BYTES, UNREAD_SECONDS_MAX, AnswerCache, Kept
from services.gateway.api.problems import Problem
from services.gateway.api.routes import reading
from services.gateway.projection.decider import PROJECTION
from services.gateway.reading import spans
from shared.calendar import instant, local
from shared.contracts import Event
from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.processing.member.member_state import NOTES
from shared.runtime.processing.member.runtime_meta import RuntimeMeta, stored_of
from shared.runtime.reader import Reader
from tests.unit.services.gateway.api.api_bed import Log, parts_of
from tests.unit.services.gateway.api.test_api_reading import Place
from tests.unit.services.gateway.member_events import drawn, woven
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, due, planned, said, seen, stored

MICROSECOND = timedelta(microseconds=1)
ZONES = ("Europe/Paris", "Pacific/Apia", "America/Los_Angeles")
QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("read_agenda", {}),
    ("read_agenda", {"limit": 2}),
    ("read_followups", {}),
    ("read_invites", {}),
    ("read_invites", {"state": "kept"}),
    ("read_meetings", {}),
    ("read_contact", {"contact_id": "c0"}),
    ("read_contact", {"contact_id": "c1"}),
    ("read_preferences", {}),
)


class Bed:
    """The reading routes without HTTP, twice: one keeps answers, the other makes each anew."""

    def __init__(self) -> None:
        self.place, self.at, self.given = Place(), NOW, 0
        parts = replace(parts_of(Path("nowhere"), Log(), [0.0]), members=self.place, now=lambda: self.at)
        self.kept = endpoints(parts)
        with patch.object(reading, "AnswerCache", partial(AnswerCache, bytes_max=0)):
            self.anew = endpoints(parts)

    async def same(self, route: str, query: dict[str, Any], member: str = MEMBER) -> bytes | int:
        """Ask both, hold one against the other, and return the answer or the status of its refusal."""
        with patch.object(AnswerCache, "took", autospec=True, side_effect=self._took):
            kept = await answer(self.kept[route](member, **query))
        assert kept == await answer(self.anew[route](member, **query)), (route, query, self.at)
        return kept

    def _took(self, *_: object) -> None:
        self.given += 1


def endpoints(parts: Any) -> dict[str, Callable[..., Awaitable[Response]]]:
    return {route.name: route.endpoint for route in reading.router(parts).routes}  # type: ignore[attr-defined]


async def answer(asked: Awaitable[Response]) -> bytes | int:
    try:
        response = await asked
    except Problem as problem:
        return int(problem.status)
    return bytes(response.body) + response.headers["etag"].encode()


def lived(rng: Random) -> list[Event]:
    """Return what was said of a member in whose days much comes and ends."""
    contacts = [{"id": f"c{n}", "name": f"Zoé {n}"} for n in range(4)]
    keys = [f"contact/c{n % 4}/thank/{n}" for n in range(8)]
    invites = [{"invite_id": f"i{n}", "contact": contacts[n % 4], "sent_at": "2026-01-01T00:00:00Z"} for n in range(6)]
    hours = [rng.uniform(-60, 60) for _ in range(8)]
    starts = [(NOW + timedelta(hours=one)).replace(tzinfo=None, microsecond=0).isoformat() for one in hours]
    return [
        said(-9, "member.joined", name="Ada", zone=rng.choice(ZONES)),
        *(said(-9, "contact.connected", contact=one) for one in contacts),
        *(planned(rng.uniform(-2, 2), key) for key in keys),
        *(due(rng.uniform(-2, 1), key) for key in rng.sample(keys, 4)),
        *(said(-9, "invite.sent", invite_id=one["invite_id"], contact=one["contact"]) for one in invites),
        said(-1, "invite.retraction_proposed", proposal_id="p", invites=invites, oldest_days=90, attempt=1),
        *(said(rng.uniform(-3, 0), "invite.kept", invite_ids=[f"i{n}"], for_days=rng.randint(1, 3)) for n in range(3)),
        *(
            said(-2, "meeting.scheduled", meeting_id=f"k{n}", contact_ids=[f"c{n % 4}"], kind="lunch", starts=one,
                 zone=rng.choice(ZONES), minutes=60)
            for n, one in enumerate(starts)
        ),
    ]  # fmt: skip


def turns(rng: Random, events: list[Event], most: int) -> list[datetime]:
    """Return instants, most of them in order: some at which something turns, and some in between."""
    view = seen(*events)
    zone = view.profile.preferences.zone
    today = local(NOW, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [instant(today + timedelta(days=n), zone) for n in range(-2, 4)]
    other = [NOW + timedelta(hours=rng.uniform(-72, 72)) for _ in range(3)]
    found = [*rng.sample([one for one in spans.starts(view) if abs(one - NOW) < timedelta(days=4)], 3), *days, *other]
    chosen = sorted([*spans.wishes_end(view), *rng.sample(found, most)])
    return [*chosen, chosen[most // 2]]


async def test_an_answer_that_is_kept_is_the_one_that_is_made_anew() -> None:
    """Histories go on, and a clock passes each turn and goes back. Without any one part of a span, it fails."""
    rng, bed = Random(0), Bed()
    events = [*lived(rng), *woven(rng, drawn(rng, 20))]
    known = events
    for turn in turns(rng, events, 6):
        if rng.random() < 0.3:
            known = events[: rng.randint(len(events) - 20, len(events))]
        bed.place.members = Reader(PROJECTION, await stored(known), PARTITIONS)
        for bed.at in (turn - MICROSECOND, turn, turn + MICROSECOND, turn - timedelta(hours=1)):
            for route, query in QUERIES:
                await bed.same(route, query)
    assert bed.given > 50, "kept answers were given"


async def test_who_was_erased_is_not_answered_about_and_leaves_memory() -> None:
    bed = Bed()
    store = await stored(lived(Random(1)))
    bed.place.members = Reader(PROJECTION, store, PARTITIONS)
    for _ in range(2):
        assert isinstance(await bed.same("read_agenda", {}), bytes)
    assert bed.given == 1
    partition = bed.place.partition_of(MEMBER)
    erased = MemberChange(wipe=True, puts={NOTES: stored_of(RuntimeMeta(incarnation=7, erased_at=NOW), b"")})
    await store.commit(partition, "a:1", "a:2", Changes(members={MEMBER: erased}))
    assert await bed.same("read_agenda", {}) == 404


async def test_an_answer_holds_for_one_question_alone() -> None:
    bed = Bed()
    bed.place.members = Reader(PROJECTION, await stored(lived(Random(2))), PARTITIONS)
    asked: list[dict[str, Any]] = [
        *({"limit": limit} for limit in (1, 2, 50)),
        *({"state": state} for state in ("due", "overdue", "coming", "waiting")),
    ]
    assert len({await bed.same("read_agenda", query) for query in asked}) > 4
    assert await bed.same("read_agenda", {}, member="nobody") == 404
    assert bed.given == 0


def kept(size: int) -> Kept:
    field = {"": b"x" * (size - ENTRY_BYTES - FIELD_BYTES)}
    return Kept(b"", "", field, spans.Span(NOW, None, "UTC", NOW.astimezone(UTC).date()))


class Loop:
    """Seconds that pass by hand, and what is called when they are over."""

    def __init__(self) -> None:
        self.now, self.calls = 0.0, list[tuple[float, Callable[[], None]]]()

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.calls.append((self.now + seconds, call))

    def passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.calls and self.calls[0][0] <= until:
            self.now, call = self.calls.pop(0)
            call()
        self.now = until


def test_what_was_given_longest_ago_makes_room() -> None:
    loop = Loop()
    cache = AnswerCache(lambda: loop.now, 30_000, loop.call_later)
    for name in "abc":
        cache.keep(name, kept(10_000))
    cache.took("a")
    cache.keep("d", kept(10_000))
    assert [name for name in "abcd" if cache.find(name)] == ["a", "c", "d"]
    cache.keep("d", kept(20_000))
    assert [name for name in "abcd" if cache.find(name)] == ["a", "d"]
    cache.keep("e", kept(30_001))
    assert [name for name in "abcde" if cache.find(name)] == ["a", "d"], "what is larger than all is not kept"


def test_what_nobody_is_given_leaves_memory_though_nobody_asks() -> None:
    loop = Loop()
    cache = AnswerCache(lambda: loop.now, call_later=loop.call_later)
    cache.keep("a", kept(10_000))
    loop.passes(60)
    cache.keep("b", kept(10_000))
    cache.find("a")  # to look is not to be given
    loop.passes(UNREAD_SECONDS_MAX - 60)
    assert [name for name in "ab" if cache.find(name)] == ["b"]
    cache.took("b")
    loop.passes(UNREAD_SECONDS_MAX - 1)
    assert cache.find("b")
    loop.passes(1)
    assert not cache.find("b")
    assert not loop.calls, "and nothing is waited for where nothing is kept"

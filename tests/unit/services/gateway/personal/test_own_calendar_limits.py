"""What a member's calendar may cost: few rounds to the store, so many events, so many requests, and no answer of others."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from services.gateway.personal import calendar, routes
from services.gateway.personal.calendar import EVENTS_MAX, find
from services.gateway.personal.visits import FEEDS_AT_ONCE
from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.people import DATES_MAX
from shared.runtime.ports.interfaces import Loaded
from shared.runtime.reader import Reader
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, said, seen, stored
from tests.unit.services.gateway.personal.own_pages import a_member, browser
from tests.unit.services.gateway.personal.test_own_calendar import PARIS, ZOE, lunch, promise, switched_on


async def test_many_promises_to_as_many_people_are_loaded_at_once() -> None:
    """Ask for each one's name in the loop, and each is a round to the store: from about fifteen on there is no answer."""
    told = [promise(-1, f"p{n}", f"c{n}") for n in range(40)]
    store = await stored([PARIS, *told])
    rounds, load = [], store.load

    async def noting(partition: int, wanted: dict[str, list[str]]) -> Loaded:
        rounds.append(len(wanted[MEMBER]))
        return await load(partition, wanted)

    store.load = noting  # type: ignore[method-assign,assignment]
    found = await Reader(PROJECTION, store, PARTITIONS).read(MEMBER, lambda view: find(view, NOW))
    assert len(found.entries) == 40
    assert len(rounds) == 3, "the profile, what is read of, and the people whom it names"


def test_days_to_remember_count_among_the_events_and_give_way_to_what_has_an_hour() -> None:
    """Bound what has an hour alone, and three hundred people with twenty days each are seconds of work."""
    met = [said(-9, "invite.sent", invite_id=f"i{n}", contact={"id": f"c{n}", "name": "Ben"}) for n in range(40)]
    days = [
        said(-8, "contact.date_set", contact_id=f"c{n}", label=str(day), month=5, day=17)
        for n in range(40)
        for day in range(DATES_MAX)
    ]
    found = find(seen(PARIS, ZOE, lunch(-3, "2026-11-26T12:30"), *met, *days), NOW)
    assert (len(found.entries), len(found.days)) == (1, EVENTS_MAX - 1)


async def test_an_address_is_read_some_times_a_minute_and_no_more() -> None:
    """Give it the rate of the pages, and whoever has one address keeps the process busy."""
    async with browser(a_member()) as opened:
        await opened.let_in()
        path = await switched_on(opened)
        answers = [await opened.client.get(path) for _ in range(FEEDS_AT_ONCE + 1)]
        assert [one.status_code for one in answers] == [200] * FEEDS_AT_ONCE + [429]
        assert answers[-1].headers["retry-after"] == "10"
        assert (await opened.get("/me")).status_code == 200, "the member's own pages have their own rate"


async def test_a_feed_is_written_beside_all_other_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write it in the loop, and nobody is answered meanwhile: then this waits for ever."""
    begun, may_end, write = threading.Event(), threading.Event(), calendar.text

    def slow(*found: Any) -> bytes:
        begun.set()
        assert may_end.wait(60), "nothing else was answered"
        return write(*found)

    async with browser(a_member()) as opened:
        await opened.let_in()
        path = await switched_on(opened)
        monkeypatch.setattr(calendar, "text", slow)
        monkeypatch.setattr(routes, "FEEDS_WAITING_MAX", 1)
        asked = asyncio.create_task(opened.client.get(path))
        assert await asyncio.to_thread(begun.wait, 60)
        assert (await opened.client.get("/me")).status_code == 200
        assert (await opened.client.get(path)).status_code == 503, "as many wait as may"
        may_end.set()
        assert (await asked).status_code == 200
        assert (await opened.client.get(path)).status_code == 200

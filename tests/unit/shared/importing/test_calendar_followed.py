"""A calendar on a real web server that is looked at again and again: what each round tells, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from rapport.commands import import_follow
from rapport.commands.import_follow import Ended, follow, outage_seconds
from rapport.terminal.failure import Failure
from shared.contracts import Event
from shared.importing.calendar import calendar_in, existing_of
from shared.importing.calendar.following import Followed, Round, Tells
from shared.importing.refusals import ArchiveError
from shared.importing.web.get import Web
from tests.unit.shared.importing.calendar_bed import ME, MEMBER, NOW, calendar, event
from tests.unit.shared.importing.web_bed import Answer, Site, page, raw, served, versioned

Step = Callable[[Site], Any]
EVERY = 3_600.0
LUNCH, LATER = event(uid="lunch"), event(uid="lunch", starts="DTSTART:20261106T100000Z")
OTHER = event(uid="other", starts="DTSTART:20261120T100000Z")


class Following:
    """A calendar that is followed: each step happens while nothing is looked at."""

    def __init__(self, *steps: Step, fails: Exception | None = None) -> None:
        self.steps, self.fails = list(steps), fails
        self.told: list[Event] = []
        self.rounds: list[list[str] | str] = []
        self.fresh: list[bool] = []
        self.pauses: list[float] = []
        self.now, self.every = NOW, EVERY
        self.stop = asyncio.Event()

    async def over(self, first: Answer) -> Site:
        """Follow what stands at `/x`, `first` that answer, until no step is left."""
        async with served(x=first) as site, Web(2**20, private=True) as web:
            self._site = site
            read = partial(calendar_in, label="127.0.0.1", member=MEMBER, me=(ME,))
            followed = Followed(web, site.at("/x"), lambda content, now: read(content, now=now), self._publish)
            await follow(
                followed,
                every_seconds=self.every,
                stop=self.stop,
                tell=self._tell,
                now=lambda: self.now,
                wait=self._wait,
            )
            return site

    async def _publish(self, tells: Tells, fresh: bool) -> tuple[Event, ...]:
        if self.fails is not None:
            failure, self.fails = self.fails, None
            raise failure
        self.fresh.append(fresh)
        made = tuple(tells(existing_of(self.told)))
        self.told += made
        return made

    def _tell(self, found: Round | str) -> None:
        self.rounds.append(
            found if isinstance(found, str) else [one.type.removeprefix("rapport.") for one in found.events]
        )

    async def _wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)
        if not self.steps:
            self.stop.set()
            await asyncio.Event().wait()
        step = self.steps.pop(0)
        if (found := step(self._site)) is not None:
            self._site.answers["/x"] = found


def shows(*events: str, etag: str = '"v"') -> Step:
    return lambda _: versioned(calendar(*events), etag)


def same(_: Site) -> None:
    pass


async def test_each_round_tells_what_has_changed_and_nothing_else() -> None:
    ran = Following(
        same,
        shows(LATER, etag='"2"'),
        shows(event("STATUS:CANCELLED", uid="lunch"), etag='"3"'),
        same,
        shows(LUNCH, etag='"4"'),
    )
    site = await ran.over(versioned(calendar(LUNCH), '"1"'))
    moved, off = ["meeting.rescheduled"], ["meeting.cancelled"]
    assert ran.rounds == [["contact.named", "meeting.scheduled"], [], moved, off, [], moved]
    asked = [headers.get("if-none-match") for _, headers in site.asked]
    assert asked == [None, '"1"', '"1"', '"2"', '"3"', '"3"']
    assert set(ran.pauses) == {EVERY}


async def test_a_calendar_that_is_the_same_has_meetings_that_are_over_by_now() -> None:
    ran = Following(lambda _: setattr(ran, "now", datetime.fromisoformat("2026-11-05T12:00:00+00:00")))
    await ran.over(versioned(calendar(LUNCH), '"1"'))
    assert ran.rounds[1] == ["meeting.held"]
    assert ran.fresh == [True, False]


async def test_what_was_taken_out_is_cancelled_once_it_is_missing_in_two_looks() -> None:
    """One look decides nothing: a calendar that comes empty, and is there again, cancels no meeting."""
    ran = Following(
        shows(etag='"2"'), shows(LUNCH, OTHER), shows(OTHER, etag='"3"'), same, same, shows(LUNCH, OTHER, etag='"4"')
    )
    await ran.over(versioned(calendar(LUNCH, OTHER), '"1"'))
    assert ran.rounds[1:] == [[], [], [], ["meeting.cancelled"], [], ["meeting.rescheduled"]]
    assert "cal-" in ran.told[-1].data.model_dump()["meeting_id"]


async def test_a_calendar_that_is_empty_for_less_than_an_hour_cancels_nothing() -> None:
    ran = Following(shows(etag='"2"'), *(same,) * 11, shows(LUNCH, etag='"3"'), shows(etag='"4"'), *(same,) * 13)
    ran.every = 300.0
    await ran.over(versioned(calendar(LUNCH), '"1"'))
    assert ran.rounds[1:] == [[]] * 25 + [["meeting.cancelled"], []]


async def test_what_is_missing_from_a_file_says_nothing_and_what_is_private_now_is_not_missing() -> None:
    ran = Following(shows(event("CLASS:PRIVATE", uid="lunch"), etag='"2"'), same, same)
    await ran.over(versioned(calendar(LUNCH), '"1"'))
    assert ran.rounds[1:] == [[], [], []]


async def test_an_outage_is_survived_with_more_and_more_time_between_looks() -> None:
    down = lambda _: raw(b"")  # noqa: E731
    busy = lambda _: page("", "Retry-After: 600", status="503 Busy")  # noqa: E731
    login = lambda _: page("<html>")  # noqa: E731
    ran = Following(down, login, busy, shows(LATER))
    await ran.over(versioned(calendar(LUNCH), '"1"'))
    assert ran.pauses == [EVERY, 60.0, 120.0, 600.0, EVERY]
    assert ran.rounds[1:4] == [
        "127.0.0.1: the connection broke; the next look is in 1 min",
        "127.0.0.1: is no calendar: it has no line BEGIN:VCALENDAR; the next look is in 2 min",
        "127.0.0.1: answers 503; the next look is in 10 min",
    ]
    assert ran.rounds[4] == ["meeting.rescheduled"]


def test_the_time_between_looks_has_an_end() -> None:
    assert [outage_seconds(one) for one in (1, 2, 9, 10_000)] == [60.0, 120.0, 14_400.0, 14_400.0]


async def test_what_was_not_published_is_read_and_told_again() -> None:
    ran = Following(same, same)

    def moved(_: Site) -> Answer:
        ran.fails = Failure("Kafka did not take an event")
        return versioned(calendar(LATER), '"2"')

    ran.steps.insert(0, moved)
    site = await ran.over(versioned(calendar(LUNCH), '"1"'))
    assert ran.rounds[1:] == ["Kafka did not take an event; the next look is in 1 min", ["meeting.rescheduled"], []]
    assert [headers.get("if-none-match") for _, headers in site.asked] == [None, '"1"', '"1"', '"2"']


@pytest.mark.parametrize("first", [page("", status="404 None"), page("hello"), page(b"BEGIN:VCALENDAR\n")])
async def test_a_first_look_that_fails_is_told_at_once(first: Answer) -> None:
    with pytest.raises(ArchiveError):
        await Following().over(first)


async def test_an_address_that_is_gone_and_a_member_who_was_erased_end_it() -> None:
    gone = page("", status="410 Gone")
    with pytest.raises(Ended, match="answers 410"):
        await Following().over(gone)
    with pytest.raises(Ended, match="answers 410"):
        await Following(lambda _: gone).over(versioned(calendar(LUNCH), '"1"'))
    ran = Following()
    ran.steps.append(lambda _: setattr(ran, "fails", Ended(import_follow.ERASED)))
    with pytest.raises(Failure, match="erased"):
        await ran.over(versioned(calendar(LUNCH), '"1"'))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_in_the_middle_of_a_look(number: signal.Signals) -> None:
    async def asked(site: Site, writer: asyncio.StreamWriter, headers: dict[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        os.kill(os.getpid(), number)
        await site.ended.wait()

    ran = Following(lambda _: asked, same)
    ran.stop = import_follow.asked_to_stop()
    async with asyncio.timeout(5):
        await ran.over(versioned(calendar(LUNCH), '"1"'))
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(one)
    assert (len(ran.rounds), len(ran.steps)) == (1, 1)


async def test_a_round_is_told_line_by_line_and_as_json() -> None:
    found: list[Round | str] = []
    ran = Following()
    ran._tell = found.append  # type: ignore[method-assign,assignment]
    await ran.over(versioned(calendar(LUNCH), '"1"'))
    [one] = found
    meeting = ran.told[1].data.model_dump()["meeting_id"]
    assert import_follow.lines(one, NOW) == [
        "2026-11-02 09:00  contact.named  mail:zoe@firm.example",
        f"2026-11-02 09:00  meeting.scheduled  {meeting}  2026-11-05T10:00:00  Etc/UTC  mail:zoe@firm.example",
    ]
    shown = import_follow.as_json(one, NOW)
    assert (shown["at"], shown["fresh"], shown["events"]) == (
        "2026-11-02T09:00:00+00:00", True, {"contact.named": 1, "meeting.scheduled": 1},
    )  # fmt: skip
    assert import_follow.as_json("why", NOW) == {"at": "2026-11-02T09:00:00+00:00", "failed": "why"}

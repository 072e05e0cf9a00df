"""Webhooks while everything dies: their receiver, those who post to it, the services, Kafka and the store.

The receiver is killed, asleep, or answers errors, of which some are lies: it has taken what it says it has not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from shared.contracts import Event, FollowupRequested
from tests.chaos.bed import Bed, laid
from tests.chaos.crew import Style
from tests.chaos.ending import SESSION_TIMEOUT_MS
from tests.chaos.faults import Faults
from tests.chaos.plan import SLEEPS, Fault, schedule
from tests.chaos.trial import CALM_SECONDS_MAX, play, report, say, verdict
from tests.chaos.webhooks import POSTERS, Webhooks

SERVICES: Final = ("invites", "followups")
WORKERS: Final = 2
MEMBERS: Final = 60
RATE: Final = 20.0
"""Events a second: a receiver takes as many as it can, and the machine has others to serve."""
SECONDS: Final = 60.0
FAULTS_MIN: Final = 12
DECK: Final[Mapping[str, int]] = {
    "receiver killed": 3,
    "receiver asleep": 2,
    "receiver fails": 2,
    "receiver takes and fails": 2,
    "poster killed": 2,
    "poster asleep": 1,
    "worker killed": 2,
    "broker killed": 1,
    "store killed": 1,
}
SETTLE_SECONDS: Final = 4.0
"""In which posts are under way."""
REMINDERS: Final = 6
FAILING_SECONDS: Final = 10.0


class WebhookFaults:
    """What is done to the receiver and to those who post: one accident of each at a time."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._receiver = asyncio.Lock()
        self._posters = [asyncio.Lock() for _ in range(POSTERS)]
        self.kinds: Mapping[str, Callable[[Fault], Awaitable[object]]] = {
            "receiver killed": self._kill_receiver,
            "receiver asleep": self._stop_receiver,
            "receiver fails": partial(self._answer, "fails"),
            "receiver takes and fails": partial(self._answer, "takes and fails"),
            "poster killed": self._kill_poster,
            "poster asleep": self._stop_poster,
        }

    async def _kill_receiver(self, fault: Fault) -> None:
        async with self._receiver:
            self._webhooks.kill_receiver()
            await asyncio.sleep(fault.seconds)
            self._webhooks.start_receiver()

    async def _stop_receiver(self, fault: Fault) -> None:
        async with self._receiver:
            self._webhooks.stop_receiver()
            await asyncio.sleep(fault.seconds)
            self._webhooks.wake_receiver()

    async def _answer(self, how: str, fault: Fault) -> None:
        async with self._receiver:
            self._webhooks.answer(how)
            await asyncio.sleep(fault.seconds)
            self._webhooks.answer("takes")

    async def _kill_poster(self, fault: Fault) -> None:
        number = fault.worker % POSTERS
        async with self._posters[number]:
            self._webhooks.kill_poster(number)
            await asyncio.sleep(fault.seconds)
            self._webhooks.start_poster(number)

    async def _stop_poster(self, fault: Fault) -> None:
        number = fault.worker % POSTERS
        async with self._posters[number]:
            self._webhooks.stop_poster(number)
            await asyncio.sleep(fault.seconds)
            self._webhooks.wake_poster(number)


async def trial(seed: int, seconds: float | None, keep: Path | None) -> int:
    """Let everything around webhooks die once and print what came of it; return the exit code.

    Called under `few_partitions`.
    """
    began, seconds = time.monotonic(), seconds or SECONDS
    say(
        f"seed {seed}: webhooks, {seconds:.0f} s of load; {WORKERS} workers of {', '.join(SERVICES)}, {POSTERS} who post"
    )
    style = Style(SERVICES, seed, SLEEPS, session_timeout_ms=SESSION_TIMEOUT_MS, webhooks=True)
    async with laid(style, seed=seed, rate=RATE, members=MEMBERS, keep=keep) as bed:
        webhooks = posted(bed)
        await bed.start(WORKERS)
        say(f"started after {time.monotonic() - began:.0f} s")
        await bed.load.begin()
        await bed.load.tell(_reminders(bed))
        await webhooks.until_taken()
        faults = Faults(bed.crew, bed.ground, bed.board, WebhookFaults(webhooks).kinds)
        loading = asyncio.create_task(bed.load.run(seconds))
        await play(faults, schedule(seed, seconds, DECK))
        await loading
        findings = await bed.judge(CALM_SECONDS_MAX)
        report(bed, faults)
        say(f"webhooks: {webhooks.came} events were to come, {webhooks.again} came again, {webhooks.kills} kills")
    if faults.deaths < int(FAULTS_MIN * min(seconds, SECONDS) / SECONDS):
        findings.violations.append(f"only {faults.deaths} faults happened")
    return verdict(findings, began)


async def killed_amid_posts(bed: Bed, guarded: bool) -> None:
    """The receiver sleeps while events come; then who posts is killed, and the receiver wakes."""
    webhooks = posted(bed)
    await bed.load.begin()
    await bed.load.tell(_reminders(bed, "first"))
    await webhooks.until_taken()
    webhooks.stop_receiver()
    await bed.load.tell(_reminders(bed))
    await bed.until_calm(CALM_SECONDS_MAX)
    await asyncio.sleep(SETTLE_SECONDS)
    for number in range(POSTERS):
        webhooks.kill_poster(number)
    webhooks.wake_receiver()
    for number in range(POSTERS):
        webhooks.start_poster(number)


async def fails_every_other(bed: Bed, guarded: bool) -> None:
    """The receiver does not take every other post."""
    webhooks = posted(bed)
    await bed.load.begin()
    webhooks.answer("fails every other")
    await bed.load.tell(_reminders(bed))
    await bed.until_calm(CALM_SECONDS_MAX)
    await asyncio.sleep(FAILING_SECONDS)
    webhooks.answer("takes")


def posted(bed: Bed) -> Webhooks:
    """Return the webhooks of a run that has some."""
    assert bed.webhooks is not None, "a run with webhooks"
    return bed.webhooks


def _reminders(bed: Bed, name: str = "asked") -> list[Event]:
    """Every member asks for some reminders; that each is planned is an event."""
    now, due = bed.board.now(), "2199-12-01T09:00"
    asked = [
        FollowupRequested.model_validate({"followup_id": f"{name}-{number}", "what": "Call", "due": due})
        for number in range(REMINDERS)
    ]
    return [event for data in asked for event in bed.load.story.told_by_all(data, now)]

"""`rapport preview` says what the real services say: the same input, Kafka, Valkey and a mail server, a moved clock."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rapport.cli import main
from rapport.composition import services
from rapport.demo.clock_driver import Stage, everything, with_own_clocks
from rapport.demo.scenes.network import ANNA, BEN, CARLA, DAYS, DEEPA, SCENE
from rapport.preview.story import Window, of_archive
from rapport.preview.wishes import wishes_of
from rapport.terminal.output import Bar
from shared.contracts import Event
from shared.contracts.cloudevents.structured import to_json
from shared.contracts.fields import instant_from_text
from shared.embedded import System
from shared.importing import sample_archive
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from tests.depth import WHOLE

pytestmark = [pytest.mark.deep, WHOLE]

PATIENT = ("retraction=auto", "zone=Europe/Paris", "digest.time=18:30", "rules.expire.on=true")
QUICK = ("retraction=auto", "retraction.after_days=3", "retraction.notice_days=1", "digest=daily", "zone=Asia/Tokyo")
"""Invites go while there are reminders about them."""
ROBINS = {"robin-the-patient": PATIENT, "robin-the-quick": QUICK}
"""Whose archive it is, and how they want it."""
DAY = datetime(2026, 1, 5)  # noqa: DTZ001 - a day of the member's calendar
ARCHIVE_DAYS = 150


def archives() -> list[Event]:
    """What is told in the looks at the archive."""
    window = Window(DAY, ARCHIVE_DAYS, datetime(2026, 3, 1, tzinfo=UTC))
    looks = (of_archive(sample_archive(), who, None, wishes_of(how), window, Bar("")) for who, how in ROBINS.items())
    return [event for look in looks for event in look.events]


@pytest.fixture(scope="module")
def lived(own_system: System) -> list[dict[str, Any]]:
    """What the services have said of everybody, as anybody reads it from the topics."""

    async def live() -> Sequence[Event]:
        script = sorted([*archives(), *SCENE.events()], key=lambda event: event.logged)
        access, clock = KafkaAccess(own_system.kafka), VirtualClock(script[0].logged)
        where = Environment(access, own_system.redis, clock, timedelta(0))
        cast = with_own_clocks(where, lambda name, own: services([name], own, own_system.smtp))
        try:
            for service in cast:
                await service.start()
            await Stage(access, clock, cast).play(script, script[0].logged + timedelta(days=ARCHIVE_DAYS + 1))
            return await everything(access)
        finally:
            for service in cast:
                await service.stop()

    return [to_json(event) for event in asyncio.run(live()) if event.number is not None]


@pytest.fixture
def preview(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def ran(*arguments: str | Path) -> dict[str, Any]:
        with pytest.raises(SystemExit) as ended:
            main(["preview", "--json", *map(str, arguments)])
        assert not ended.value.code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return ran


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """The demo's network, as a file for `rapport send`."""
    file = tmp_path / "events.jsonl"
    file.write_text("".join(f"{json.dumps(to_json(event))}\n" for event in SCENE.events()), encoding="utf-8")
    return file


def told(events: Iterable[dict[str, Any]]) -> Counter[str]:
    """Events without what depends on a partition: ids of their own, with their numbers, become what they stand for."""
    known = list(events)
    names = {event["id"]: f"{event['type']} {event['time']} {_subject(event['data'])}" for event in known}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: plain(part) for name, part in value.items() if name not in ("id", "sequence", "inputoffsets")
            } | ({"id": names.get(value["id"], value["id"])} if "id" in value else {})
        if isinstance(value, list):
            return [plain(part) for part in value]
        return names.get(value, value) if isinstance(value, str) else value

    return Counter(json.dumps(plain(event), sort_keys=True) for event in known)


def _subject(data: dict[str, Any]) -> str:
    return str(next((data[name] for name in ("followup_id", "invite_id", "period", "proposal_id") if name in data), ""))


def of(lived: list[dict[str, Any]], found: dict[str, Any]) -> list[dict[str, Any]]:
    """What the services have said of the member of a look, until its end."""
    until = instant_from_text(found["until"])
    return [
        event
        for event in lived
        if event["memberid"] == found["member"] and instant_from_text(event["time"]) <= until
    ]  # fmt: skip


def assert_equal(lived: list[dict[str, Any]], found: dict[str, Any], types: set[str]) -> None:
    real, ahead = told(of(lived, found)), told(event for events in found["events"].values() for event in events)
    assert sorted((real - ahead).elements()) == [], "the services say it, the look ahead does not"
    assert sorted((ahead - real).elements()) == [], "the look ahead says it, the services do not"
    assert {f"rapport.{name}" for name in types} <= set(found["events"]), "this is what the comparison is about"


def look_at_archive(preview: Callable[..., dict[str, Any]], member: str) -> dict[str, Any]:
    wishes = [part for wish in ROBINS[member] for part in ("--set", wish)]
    span = ("--from", f"{DAY:%Y-%m-%d}", "--days", str(ARCHIVE_DAYS))
    return preview(sample_archive(), "--member", member, *span, *wishes)


@pytest.mark.parametrize("member", ROBINS)
def test_a_look_at_an_archive_says_what_the_services_say(
    member: str, lived: list[dict[str, Any]], preview: Callable[..., dict[str, Any]]
) -> None:
    found = look_at_archive(preview, member)
    types = {"invite.ignored", "invite.retraction_noticed", "invite.retracted", "followup.scheduled", "followup.due",
             "followup.lapsed", "digest.sent"}  # fmt: skip
    assert_equal(lived, found, types | {"invite.expired" if ROBINS[member] is PATIENT else "followup.cancelled"})
    if ROBINS[member] is QUICK:
        ends = {event["data"]["because"]["type"] for event in found["events"]["rapport.followup.cancelled"]}
        assert "rapport.invite.retracted" in ends, "what one service says is heard by another"


@pytest.mark.parametrize(
    ("member", "types"),
    [
        (ANNA, {"invite.retraction_proposed", "invite.retracted", "invite.reinvite_allowed", "followup.due",
                "followup.completed", "followup.rescheduled", "followup.cancelled", "digest.sent"}),
        (BEN, {"invite.retraction_noticed", "invite.retracted", "digest.sent", "digest.skipped"}),
        (CARLA, {"invite.ignored", "followup.lapsed"}),
        (DEEPA, {"followup.due", "followup.completed", "digest.sent", "digest.skipped"}),
    ],
)  # fmt: skip
def test_a_look_at_events_says_what_the_services_say(
    member: str,
    types: set[str],
    lived: list[dict[str, Any]],
    preview: Callable[..., dict[str, Any]],
    events: Path,
) -> None:
    assert_equal(lived, preview(events, "--member", member, "--days", str(DAYS)), types)

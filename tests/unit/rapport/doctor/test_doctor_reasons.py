"""Each state of `/ready` and `/live` is a state of `rapport doctor`; what is over within seconds is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from rapport.doctor.checks import _embedded as embedded
from rapport.doctor.checks import _memory as memory
from rapport.doctor.checks import _smtp as mail
from rapport.doctor.parts.letters import letters_line
from rapport.doctor.parts.processes import HEARD_SECONDS, verdict
from shared.config.settings import Settings
from shared.contracts import DeadLetter
from shared.runtime.observability.health import (
    PATIENCE,
    HealthSnapshot,
    ServiceSeen,
    not_live,
    not_ready,
    of_process,
    of_service,
)
from shared.runtime.observability.reported.process_report import Report
from shared.runtime.processing.reading import ELSEWHERE, FOREIGN

WELL = ServiceSeen(
    name="invites",
    member=True,
    owned=12,
    recovered=12,
    refused={},
    dead=(),
    stuck={},
    overdue=0.0,
    silent=0.0,
    uncertain=(),
)
WRONG: dict[str, ServiceSeen] = {
    "member": replace(WELL, member=False),
    "recovered": replace(WELL, recovered=11),
    "refused": replace(WELL, refused={7: "another topic"}),
    "dead": replace(WELL, dead=(3,)),
    "stuck": replace(WELL, stuck={4: 61.0}),
    "silent": replace(WELL, silent=PATIENCE.poll + 1),
    "uncertain": replace(WELL, uncertain=("store: the store is full",)),
    "absent": replace(WELL, absent=("rapport.activity.v1",)),
    "poll_failing": replace(WELL, poll_failing="UnsupportedCodecError"),
    "fetches_failing": replace(WELL, fetches_failing={"rapport.activity.v1 3": "CorruptRecordException"}),
    "fetching": replace(WELL, fetching=False),
}
SAYS_NOTHING = {
    "name",
    "owned",
    "overdue",
    "poll_failures",
    "partitions",
    "effects",
    "snapshots_overdue",
    "undeleted",
    "held",
    "deleted",
}
"""Fields that alone are no reason: they name, count or measure."""
NOW = time.monotonic
WRONG_PROCESS: dict[str, Callable[[], HealthSnapshot]] = {
    "at": lambda: HealthSnapshot(NOW() - PATIENCE.loop - 1, [WELL], {}),
    "away": lambda: HealthSnapshot(NOW(), [WELL], {"kafka": 12.0}),
    "closed": lambda: HealthSnapshot(NOW(), [WELL], {}, ["gateway"]),
}


def said(seen: HealthSnapshot | None) -> Report:
    reasons = (*of_process(seen, PATIENCE), *of_service(seen, PATIENCE, "invites"))
    return Report("host/1/ab", reasons, 0)


def test_every_field_of_a_sighting_that_can_be_wrong_is_looked_at() -> None:
    assert {one.name for one in fields(ServiceSeen)} == WRONG.keys() | SAYS_NOTHING
    assert {one.name for one in fields(HealthSnapshot)} == WRONG_PROCESS.keys() | {"services"}


@pytest.mark.parametrize(
    "seen",
    [
        None,
        *(HealthSnapshot(NOW() + 3600, [one], {}) for one in WRONG.values()),
        *(make() for make in WRONG_PROCESS.values()),
    ],
    ids=["nothing", *WRONG, *WRONG_PROCESS],
)
def test_what_the_pages_say_doctor_says_too(seen: HealthSnapshot | None) -> None:
    reasons = {*not_ready(seen, PATIENCE), *not_live(seen, PATIENCE)}
    assert reasons
    found = verdict([said(seen)], {"host/1/ab"})
    assert not found.ok
    assert all(f"host/1/ab: {reason}" in found.says for reason in reasons), (found.says, reasons)
    assert found.way_out


def test_what_is_over_at_the_second_look_is_no_problem() -> None:
    wrong = said(HealthSnapshot(NOW(), [WRONG["recovered"]], {}))
    assert verdict([wrong], set()).ok
    assert verdict([said(HealthSnapshot(NOW(), [WELL], {}))], {"host/1/ab"}).says == "1 report, all ready"
    assert verdict([], set()).says == "none reports"


def test_a_process_that_fell_silent_without_a_word_is_named() -> None:
    found = verdict([Report("host/1/ab", (), HEARD_SECONDS + 1)], {"host/1/ab"})
    assert not found.ok
    assert "has not been heard of for 16 s" in found.says


def letter(offset: int, reason: str, field: str | None = None, service: str = "invites") -> DeadLetter:
    return DeadLetter(
        service=service, topic="rapport.activity.v1", partition=0, offset=offset, reason=reason, field=field
    )


def test_dead_letters_of_a_producer_that_goes_on_are_named_by_their_cause() -> None:
    assert letters_line([]) == "none"
    assert letters_line([letter(1, "is no JSON", "value")]) == "1 record -> rapport dead-letters list"
    stray = f"{ELSEWHERE} 3, not on 0"
    told = letters_line([letter(1, stray, "key"), letter(1, stray, "key", "digest"), letter(2, FOREIGN)])
    assert told.startswith("2 records, of them 1 on another partition than their key's")
    assert "murmur2" in told
    assert "1 put on a service's own topic by somebody else" in told


@pytest.mark.parametrize(
    ("used", "most", "ok", "says"),
    [
        (100 << 20, 100 << 20, False, "the store is full"),
        (99 << 20, 100 << 20, False, "99 of 100 MB used"),
        (50 << 20, 100 << 20, True, "50 of 100 MB used"),
        (100 << 20, 0, True, "without a limit"),
    ],
)
def test_a_full_store_is_told_before_a_commit_meets_it(used: int, most: int, ok: bool, says: str) -> None:
    found = memory({"used_memory": used, "maxmemory": most})
    assert (found.ok, says in found.says) == (ok, True)


def test_a_process_on_systems_of_its_own_needs_no_folder_no_mail_catcher_and_nothing_embedded(tmp_path: Path) -> None:
    """As the API of the compose file, on a disk that it may not write to: no line of these is a problem there."""
    nowhere = tmp_path / "file"
    nowhere.touch()
    own = Settings.model_validate({"kafka": "kafka:9092", "redis": "redis://store:6379", "data_dir": nowhere})
    found = [*embedded(own), asyncio.run(mail(own))]
    assert [(one.name, one.ok) for one in found] == [("embedded", True), ("mail", True)]
    assert "RAPPORT_SMTP" in found[-1].says
    left = [
        *embedded(own.model_copy(update={"redis": None})),
        asyncio.run(mail(own.model_copy(update={"redis": None}))),
    ]
    assert {one.name for one in left if not one.ok} >= {"embedded", "data folder", "mail"}

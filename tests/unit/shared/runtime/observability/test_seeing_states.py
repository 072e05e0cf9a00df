"""What /live and /ready make of what was seen, for every state; and what the classes of labels are."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from shared.contracts import (
    DigestFailed,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    EventData,
    FollowupDue,
    MemberErased,
    PushFailed,
    PushSent,
    PushUnknown,
)
from shared.delivery.channels import reasons
from shared.runtime.kafka.errors import kind_of_kafka
from shared.runtime.observability import metric_labels
from shared.runtime.observability.health import PATIENCE, HealthSnapshot, ServiceSeen, not_live, not_ready
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.processing.reading import FOREIGN

GOOD = ServiceSeen(
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


def _seen(service: ServiceSeen, age: float = 0.0, away: dict[str, float] | None = None) -> HealthSnapshot:
    return HealthSnapshot(time.monotonic() - age, [service], away or {})


def test_who_is_a_member_and_has_recovered_everything_lives_and_is_ready() -> None:
    assert not_live(_seen(GOOD), PATIENCE) == []
    assert not_ready(_seen(GOOD), PATIENCE) == []


def test_a_member_to_whom_the_group_gives_nothing_is_ready() -> None:
    assert not_ready(_seen(replace(GOOD, owned=0, recovered=0)), PATIENCE) == []


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        (replace(GOOD, member=False), "not a member"),
        (replace(GOOD, owned=0, recovered=0, absent=["rapport.activity.v1"]), "rapport.activity.v1 is not there"),
        (replace(GOOD, recovered=11), "1 of 12 partitions are not recovered"),
        (replace(GOOD, recovered=11, uncertain=("Uncertain: store: TimeoutError",)), "Uncertain: store: TimeoutError"),
        (replace(GOOD, recovered=11, refused={7: "another topic"}), "partition 7 is refused: another topic"),
        (
            replace(GOOD, fetches_failing={"rapport.activity.v1/5": "CorruptRecordException"}),
            "fetches of rapport.activity.v1/5 fail: CorruptRecordException",
        ),
        (replace(GOOD, stuck={4: 61.0}), "partition 4 is stuck: the same wake has been due for 61 s"),
    ],
)
def test_each_of_these_makes_a_process_not_ready_and_none_of_them_dead(service: ServiceSeen, reason: str) -> None:
    assert any(reason in one for one in not_ready(_seen(service), PATIENCE))
    assert not_live(_seen(service), PATIENCE) == []


@pytest.mark.parametrize("who", ["kafka", "store"])
def test_an_outage_makes_a_process_not_ready_and_not_dead(who: str) -> None:
    assert not_ready(_seen(GOOD, away={who: 12.0}), PATIENCE) == [f"{who} has not answered for 12 s"]
    assert not_live(_seen(GOOD, away={who: 12.0}), PATIENCE) == []


def test_a_sighting_that_is_too_old_means_that_the_event_loop_stands() -> None:
    old = _seen(GOOD, age=PATIENCE.loop + 1)
    assert not_live(old, PATIENCE) == not_ready(old, PATIENCE) == ["the event loop has stood for 11 s"]
    assert not_live(None, PATIENCE) == ["nothing was seen yet"]


def test_a_poll_loop_that_stands_and_an_owner_that_has_ended_are_not_live() -> None:
    assert not_live(_seen(replace(GOOD, silent=PATIENCE.poll + 1)), PATIENCE) == [
        "invites: the poll loop has stood for 61 s"
    ]
    assert not_live(_seen(replace(GOOD, silent=PATIENCE.poll + 1, member=False)), PATIENCE) == [], "it is joining"
    assert not_live(_seen(replace(GOOD, dead=(3,))), PATIENCE) == ["invites: the owner of partition 3 has ended"]


@pytest.mark.parametrize(
    ("reason", "field", "expected"),
    [
        ("is missing", "id", "envelope"),
        ("is missing", "specversion", "envelope"),
        ("differs from the record's key", "memberid", "envelope"),
        ("is missing: it must be the member's id", "key", "key"),
        ("belongs on partition 3, not on 5: the producer has to ...", "key", "partition"),
        ("record 7: the batch is packed by a codec that is not known (7)", None, "batch"),
        ("records 2 to 7: the batch has a wrong checksum", None, "batch"),
        (FOREIGN, None, "foreign"),
        ("is null", "value", "data"),
        ("is not JSON (EOF)", "data", "data"),
        ("is missing", "data.contact.name", "data"),
        ("a rule failed: KeyError", None, "rule"),
        ("no event that can be read stands there", "offset", "replay"),
        ("can not be read: MemoryError", None, "other"),
        ("stands twice in the headers", "anything", "other"),
    ],
)
def test_reasons_of_dead_letters_fall_into_few_classes(reason: str, field: str | None, expected: str) -> None:
    assert metric_labels.of_dead_letter(reason, field) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("the rule failed: KeyError", "rule-failed"),
        ("woke, said nothing and stays due", "silent-wake"),
        ("asks for more and more items", "asks-too-much"),
        ("has more than 10000 things to say", "says-too-much"),
        ("rapport.digest.prepared is 300000 bytes, 262144 are allowed", "too-large"),
        ("rapport.invite.ignored changes nothing that is known", "changes-nothing"),
        ("anything else", "other"),
    ],
)
def test_reasons_of_parked_items_fall_into_few_classes(reason: str, expected: str) -> None:
    assert metric_labels.of_parked(reason) == expected


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (DigestSent(digest_id="d", period="2026-W10", message_id="<m>"), "sent"),
        (DigestFailed(digest_id="d", period="2026-W10", attempt=1, reason="full", permanent=False), "failed"),
        (DigestFailed(digest_id="d", period="2026-W10", attempt=1, reason="gone", permanent=True), "refused"),
        (DigestUnknown(digest_id="d", period="2026-W10", attempt=1), "unknown"),
        (DigestSkipped(period="2026-W10", why="empty"), "skipped"),
        (MemberErased(), None),
    ],
)
def test_what_became_of_a_mail_has_one_of_five_results(data: EventData, result: str | None) -> None:
    assert metric_labels.mail_result(data) == result
    assert result is None or result in metric_labels.MAIL_RESULTS


_PUSH: Final[dict[str, Any]] = {
    "followup_id": "r/1", "rule": "own_reminder", "due_id": "d", "channel": "ntfy", "attempt": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("data", "result"),
    [
        (PushSent(**_PUSH), "sent"),
        (PushUnknown(**_PUSH), "unknown"),
        (PushFailed(**_PUSH, reason="answers 503", permanent=False), "failed"),
        (PushFailed(**_PUSH, reason="answers 503", permanent=True), "refused"),
        (PushFailed(**_PUSH, reason=f"{reasons.REFUSED}: answers 404", permanent=True, switched_off=True), "refused"),
        (PushFailed(**_PUSH, reason=reasons.NOT_OPENED, permanent=True), "unopened"),
        (PushFailed(**_PUSH, reason=reasons.ENDED, permanent=True), "withheld"),
        (PushFailed(**_PUSH, reason=reasons.QUIET, permanent=True), "withheld"),
        (DigestUnknown(digest_id="d", period="2026-W10", attempt=1), None),
    ],
)
def test_what_became_of_a_push_has_one_of_six_results(data: EventData, result: str | None) -> None:
    assert metric_labels.push_result(data) == result
    assert result is None or result in metric_labels.PUSH_RESULTS


def test_an_event_without_a_rule_is_counted_under_none() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    data = FollowupDue(followup_id="c/thank/1", rule="thank", attempt=1, due_at=noon, push=True)
    assert metric_labels.rule_of(Event("1", "ada", noon, noon, data)) == "thank"
    assert metric_labels.rule_of(Event("1", "ada", noon, noon, MemberErased())) == metric_labels.NO_RULE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ProducerFenced", UncertainKind.LOG_FENCED),
        ("InvalidProducerEpoch", UncertainKind.LOG_FENCED),
        ("CommitFailedError", UncertainKind.GROUP),
        ("UnknownMemberIdError", UncertainKind.GROUP),
        ("KafkaConnectionError", UncertainKind.KAFKA_UNREACHABLE),
        ("RequestTimedOutError", UncertainKind.KAFKA_UNREACHABLE),
        ("MessageSizeTooLargeError", UncertainKind.OTHER),
    ],
)
def test_errors_of_the_kafka_client_have_a_kind(name: str, kind: UncertainKind) -> None:
    from aiokafka import errors

    assert kind_of_kafka(getattr(errors, name)()) is kind


def test_a_client_that_waited_too_long_could_not_reach_kafka() -> None:
    assert kind_of_kafka(TimeoutError()) is UncertainKind.KAFKA_UNREACHABLE

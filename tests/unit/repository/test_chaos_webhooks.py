"""What the judge of a chaos run says of webhooks: what is lost, invented, changed or out of order, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.contracts import ACTIVITY, FOLLOWUPS, INVITES
from shared.runtime.ports.interfaces import Record
from tests.chaos.driven import digest_of
from tests.chaos.plan import Fault, schedule
from tests.chaos.receiving import DECK, FAULTS_MIN, SECONDS
from tests.chaos.webhook_check import said_in, webhooks_against
from tests.e2e.outside import Records


def _record(topic: str, place: int, identity: str, kind: str, member: str = "ada") -> Record:
    headers = (("ce_id", identity.encode()), ("ce_type", kind.encode()), ("ce_memberid", member.encode()))
    return Record(topic, 0, place, member.encode(), b'{"text": "Call"}', headers, 0)


RECORDS: Records = {
    (FOLLOWUPS, 0): [_record(FOLLOWUPS, 0, "f/1", "due"), _record(FOLLOWUPS, 1, "f/2", "due"),
                     _record(FOLLOWUPS, 2, "f/3", "lapsed"), _record(FOLLOWUPS, 3, "f/4", "due", "bob")],
    (INVITES, 0): [_record(INVITES, 0, "i/1", "due")],
    (ACTIVITY, 0): [_record(ACTIVITY, 0, "a/1", "due")],
}  # fmt: skip
ALL = ("f/1", "f/2", "f/4", "i/1")


def _taken(identity: str, **other: str) -> Mapping[str, str]:
    member = "bob" if identity == "f/4" else "ada"
    data = digest_of({"text": "Call"})
    return {"id": identity, "header": identity, "type": "due", "memberid": member, "data": data, **other}


def _found(*taken: Mapping[str, str]) -> list[str]:
    return list(webhooks_against(said_in(RECORDS, lambda kind: kind == "due"), taken))


def test_all_that_was_chosen_in_order_of_each_member_and_topic_is_well() -> None:
    assert not _found(*map(_taken, ALL))
    assert not _found(*map(_taken, ("i/1", "f/4", "f/1", "f/2"))), "members and topics do not wait for each other"


def test_what_comes_again_is_well() -> None:
    assert not _found(*map(_taken, ("f/1", "f/2", "f/1", "f/2", "f/4", "i/1", "f/1")))


def test_what_never_came_is_told() -> None:
    assert _found(*map(_taken, ("f/1", "f/2", "i/1"))) == ["the webhook f/4 of bob never came"]


def test_what_came_too_early_is_told() -> None:
    assert _found(*map(_taken, ("f/2", "f/1", "f/4", "i/1"))) == [
        "the webhook f/2 of ada came before one that was said earlier",
        "the webhook f/1 of ada came before one that was said earlier",
    ]


def test_what_was_not_chosen_and_what_nobody_said_is_told() -> None:
    sign = "came that was not chosen, or that nobody has said"
    assert [sign in told for told in _found(*map(_taken, (*ALL, "f/3", "a/1", "f/9")))] == [True] * 3


@pytest.mark.parametrize("other", [{"data": "x"}, {"memberid": "bob"}, {"type": "lapsed"}, {"header": "f/2"}])
def test_what_is_not_what_was_said_is_told(other: dict[str, str]) -> None:
    taken = [_taken(identity) for identity in ALL[1:]]
    assert _found(_taken("f/1", **other), *taken) == ["the webhook f/1 of ada is not what was said"]


def test_a_signature_that_does_not_hold_is_told() -> None:
    assert _found(*map(_taken, ALL), {"forged": "No matching signature found"}) == [
        "a webhook came with a signature that does not hold: No matching signature found"
    ]


def test_a_run_of_any_seed_deals_as_many_faults_as_it_must_and_each_kind_in_time() -> None:
    for seed in range(50):
        dealt = [one.kind for one in schedule(seed, SECONDS, DECK) if isinstance(one, Fault)]
        assert len(dealt) > FAULTS_MIN
        assert set(dealt) == set(DECK)

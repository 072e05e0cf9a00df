"""Who knows thousands costs no more per event than who knows thirty: the calls of the store, and what they load and write.

CPU is measured by `tests/bench/bench_scale.py`; what is counted here is the same on every machine.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from shared.contracts import Contact, FollowupShown, InviteSent, MemberPreferencesSet
from shared.runtime.ports.limits import COMMIT_ITEMS_MAX
from shared.testing.fakes.fake_store import FakeStore
from tests.bench.crowd import BEGIN, DECIDERS, Crowd, known, live

pytestmark = pytest.mark.deep

FEW, MANY = 30, 1_200
WEEKS = 2
ROOM = 1.25
"""Ids are longer where there are more of them, and the items of old ties are full: eight people each, and no more."""
BESIDE = 4
"""Items that come up beside those that are looked at: habits, proposals, the digest, reminders for a channel."""


def lived(contacts: int, *, resting: bool = False) -> dict[str, Counter[str]]:
    async def life() -> dict[str, Counter[str]]:
        crowd = await known(lambda _: FakeStore(), contacts)
        await live(crowd, WEEKS)
        for days_ago in (24, 12, 0) if resting else ():
            crowd.tell(FollowupShown(followup_id="contact/zed/thank/2026-01-01"), days_ago=days_ago)
        await crowd.settle()
        await crowd.pass_time(BEGIN + timedelta(weeks=WEEKS + 2))
        return {name: store.counts for name, store in crowd.stores.items()}

    return asyncio.run(life())


def test_an_event_costs_the_same_however_many_people_the_member_knows() -> None:
    few, many = lived(FEW), lived(MANY)
    for name, counts in few.items():
        assert counts["commits"] > 0
        for what in (
            "calls",
            "commits",
            "loaded",
            "written",
            "wakes",
            "largest_commit",
            "loaded_bytes",
            "written_bytes",
        ):
            assert many[name][what] <= ROOM * counts[what], f"{name}: {what}"


def test_a_rule_that_goes_quiet_has_each_item_looked_at_once_in_a_few_commits() -> None:
    few, many = (lived(contacts, resting=True)["followups"] for contacts in (FEW, MANY))
    assert MANY - FEW <= many["wakes"] - few["wakes"] <= ROOM * (MANY - FEW), "one rule went quiet, once"
    assert many["commits"] - few["commits"] <= MANY / COMMIT_ITEMS_MAX + 1
    assert many["largest_commit"] <= COMMIT_ITEMS_MAX + BESIDE


async def invited() -> tuple[Crowd, Counter[str]]:
    crowd = Crowd(lambda _: FakeStore())
    await crowd.begin()
    crowd.tell(MemberPreferencesSet.model_validate({"retraction": {"policy": "never"}}))
    for name in ("zoe", "max"):
        crowd.tell(InviteSent(invite_id=f"i-{name}", contact=Contact(id=name, name=name)))
    await crowd.settle()
    told = Counter(crowd.stores["followups"].counts)
    await crowd.pass_time(BEGIN + timedelta(days=89))
    crowd.restart_counts()
    await crowd.pass_time(BEGIN + timedelta(days=91))
    return crowd, told


def test_an_event_and_a_wake_load_once_for_each_commit() -> None:
    """What nearly every rule reads is loaded with what is applied or wakes, not once it is found to be missing."""
    crowd, told = asyncio.run(invited())
    assert told["loads"] == told["commits"] - 1 > 0, "the recovery commits, too"
    woken = crowd.stores["invites"].counts
    assert woken["loads"] == woken["commits"] - 1 > 0, "one commit passes over what *digest* says each week"


async def changed(wish: MemberPreferencesSet) -> Crowd:
    crowd = await known(lambda _: FakeStore(), MANY, cadence=True)
    crowd.tell(wish)
    await crowd.settle()
    return crowd


@pytest.mark.parametrize(
    ("wish", "looking"),
    [
        ({"zone": "America/New_York"}, {"followups"}),
        ({"rules": {"thank": {"offsets_days": [3]}}}, {"followups"}),
        ({"digest": {"time": "18:00"}}, {"followups"}),
        ({"retraction": {"policy": "auto"}}, set()),
        ({"locale": "fr"}, {"followups"}),
    ],
)
def test_a_changed_preference_walks_only_what_it_can_move(wish: dict[str, object], looking: set[str]) -> None:
    """Only *followups* has something to say of a contact; that the digest's time counts there, is `say_why`'s doing.

    A language moves nothing, but is kept with what does.
    """
    crowd = asyncio.run(changed(MemberPreferencesSet.model_validate(wish)))
    for decider in DECIDERS:
        counts = crowd.stores[decider.name].counts
        assert counts["largest_commit"] <= COMMIT_ITEMS_MAX + BESIDE
        if decider.name in looking:
            assert counts["wakes"] >= MANY
            assert counts["commits"] >= MANY / COMMIT_ITEMS_MAX
        else:
            assert counts["wakes"] <= BESIDE, f"{decider.name} has nothing to look at"

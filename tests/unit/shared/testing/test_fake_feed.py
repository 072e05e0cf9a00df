"""The feed in memory says what the real one says of the same things (`test_kafka_feed.py`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.runtime.ports.clock import VirtualClock
from shared.runtime.ports.interfaces import Batch, Message, Uncertain
from shared.runtime.ports.limits import INBOX_BATCHES_MAX
from shared.testing.fakes.fake_cluster import FakeCluster
from shared.testing.fakes.fake_feed import FakeFeed, FakeGroup

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster(["a", "b"])


@pytest.fixture
def group() -> FakeGroup:
    return FakeGroup()


@pytest.fixture
def feed(cluster: FakeCluster, group: FakeGroup) -> FakeFeed:
    return FakeFeed(cluster, group, ["a", "b"], 0, clock=VirtualClock(START))


def say(cluster: FakeCluster, topic: str, *texts: bytes, commit: bool = True) -> None:
    transaction = cluster.begin()
    cluster.append(topic, 0, [Message(b"k", text, [], 1) for text in texts], transaction)
    cluster.finish(transaction, commit=commit)


def offsets(batches: list[Batch]) -> list[tuple[str, int]]:
    return [(topic, each.offset) for batch in batches for topic, found in batch.records.items() for each in found]


def test_nothing_is_handed_out_before_the_owner_says_from_where(cluster: FakeCluster, feed: FakeFeed) -> None:
    say(cluster, "a", b"0", b"1", b"2")
    assert not feed.fetch(10)
    assert feed.reached() is None
    feed.resume({"a": 1, "b": 0})
    assert feed.poll(10)
    assert offsets(feed.take()) == [("a", 1), ("a", 2)]


def test_positions_count_control_records_once_what_came_before_is_applied(cluster: FakeCluster, feed: FakeFeed) -> None:
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", b"0", b"1")
    say(cluster, "b", b"never", commit=False)
    assert feed.poll(10)
    feed.fetch(10)
    assert feed.reached() == {"a": 0, "b": 0}, "handed out, but not applied"
    feed.done(feed.take())
    assert feed.reached() == {"a": 3, "b": 2}
    assert not feed.behind


def test_a_batch_is_as_large_as_asked_and_knows_the_positions_of_its_moment(
    cluster: FakeCluster, feed: FakeFeed
) -> None:
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", b"0", b"1", b"2")
    say(cluster, "b", b"0")
    assert feed.poll(2)
    assert feed.poll(2)
    first, second = feed.take()
    assert (offsets([first]), first.positions) == ([("a", 0), ("a", 1)], {"a": 2, "b": 0})
    assert (offsets([second]), second.positions) == ([("a", 2), ("b", 0)], {"a": 4, "b": 1})
    feed.done([first, second])
    assert feed.behind
    assert not feed.poll(2)
    assert not feed.poll(2)
    assert feed.reached() == {"a": 4, "b": 2}


def test_an_open_transaction_holds_back_what_stands_behind_it(cluster: FakeCluster, feed: FakeFeed) -> None:
    feed.resume({"a": 0, "b": 0})
    transaction = cluster.begin()
    cluster.append("a", 0, [Message(b"k", b"open", [], 1)], transaction)
    cluster.append_plain("a", 0, Message(b"k", b"behind", [], 1))
    assert not feed.poll(10)
    cluster.finish(transaction, commit=True)
    assert feed.poll(10)
    assert offsets(feed.take()) == [("a", 0), ("a", 1)]


async def test_what_is_in_flight_when_the_owner_seeks_is_dropped(cluster: FakeCluster, feed: FakeFeed) -> None:
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", b"0", b"1")
    assert feed.fetch(10)
    feed.pause()
    feed.resume({"a": 0, "b": 0})
    assert not feed.deliver()
    assert feed.take() == []
    assert feed.poll(10)
    assert offsets(feed.take()) == [("a", 0), ("a", 1)]


async def test_without_that_the_position_tells_it_is_stale_and_it_proves_nothing(
    cluster: FakeCluster, feed: FakeFeed
) -> None:
    feed.drops_stale = False
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", b"0", b"1")
    assert feed.fetch(10)
    feed.pause()
    assert feed.fetch(10), "one poll loop has one batch on its way"
    feed.resume({"a": 0, "b": 0})
    assert feed.deliver()
    [stale] = feed.take()
    assert await feed.position("a") <= stale.records["a"][-1].offset


def test_what_was_taken_before_a_recovery_proves_nothing_after_it(cluster: FakeCluster, feed: FakeFeed) -> None:
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", b"0", b"1")
    assert feed.poll(10)
    taken = feed.take()
    feed.pause()
    feed.resume({"a": 0, "b": 0})
    feed.done(taken)
    assert feed.reached() == {"a": 0, "b": 0}


def test_the_consumer_waits_for_an_owner_that_has_enough(cluster: FakeCluster, feed: FakeFeed) -> None:
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", *[b"x"] * (INBOX_BATCHES_MAX + 1))
    assert [feed.poll(1) for _ in range(INBOX_BATCHES_MAX + 1)] == [True] * INBOX_BATCHES_MAX + [False]
    feed.done(feed.take())
    assert feed.poll(1)


def test_a_position_outside_of_the_log_begins_anew(cluster: FakeCluster, feed: FakeFeed) -> None:
    say(cluster, "a", b"0", b"1", b"2")
    cluster.trim("a", 0, 2)
    feed.resume({"a": 0, "b": 0})
    assert feed.poll(10)
    assert offsets(feed.take()) == [("a", 2)]


async def test_the_group_refuses_a_sleeper_that_was_never_told(cluster: FakeCluster, group: FakeGroup) -> None:
    sleeper = FakeFeed(cluster, group, ["a", "b"], 0, clock=VirtualClock(START))
    await sleeper.commit_group({"a": 1, "b": 0})
    successor = FakeFeed(cluster, group, ["a", "b"], 0, clock=VirtualClock(START))
    with pytest.raises(Uncertain, match="member"):
        await sleeper.commit_group({"a": 2, "b": 0})
    await successor.commit_group({"a": 3, "b": 0})
    assert group.committed["a", 0] == 3


async def test_who_was_told_that_a_partition_is_gone_gets_uncertain_outcomes(feed: FakeFeed, group: FakeGroup) -> None:
    feed.revoke()
    for call in (feed.pause, lambda: feed.resume({"a": 0, "b": 0})):
        with pytest.raises(Uncertain, match="another member"):
            call()
    with pytest.raises(Uncertain):
        await feed.commit_group({"a": 0, "b": 0})
    assert not group.owners


async def test_a_wait_is_ended_by_what_happened_meanwhile(cluster: FakeCluster, group: FakeGroup) -> None:
    clock = VirtualClock(START)
    feed = FakeFeed(cluster, group, ["a", "b"], 0, clock=clock)
    later = START + timedelta(hours=1)
    assert not await feed.wait(later, 1.0)
    clock.advance_to(later)
    assert await feed.wait(later, 1.0)
    feed.ring()
    assert await feed.wait(None, 1.0)
    assert not await feed.wait(None, 1.0)
    feed.resume({"a": 0, "b": 0})
    say(cluster, "a", b"0")
    await feed.wait(None, 1.0)
    feed.poll(1)
    assert await feed.wait(None, 1.0)

"""Attempts and their order, on a clock that moves when everybody waits."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from rapport.webhooks.delivering import delivery as delivery_module
from rapport.webhooks.delivering.delivery import Delivery, Removed
from rapport.webhooks.delivering.failure import GIVE_UP_AFTER, DeliveryFailure, kept, read_back
from rapport.webhooks.delivering.gate import AT_ONCE_MAX, RETRY_SECONDS, Gate
from shared.delivery.http_post import GONE
from shared.delivery.outcome import Delivered, Rejected
from tests.unit.rapport.webhooks.delivery_world import BEGIN, DUE, World, delivered, messages

LOOK = 900.0
NO = Rejected("answers 500")


@pytest.fixture(autouse=True)
def _rare_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days of looking every second are long, even on a clock that moves by itself."""
    monkeypatch.setattr(delivery_module, "LOOK_SECONDS", LOOK)


def paused(delivery: Delivery) -> bool:
    """Ask anew: what a property was a moment ago says nothing."""
    return delivery.paused


async def test_each_members_events_come_in_order_and_nobody_waits_for_another() -> None:
    world = World(
        lambda message, at: NO if message.id == "ada/1" and at < BEGIN + timedelta(minutes=1) else Delivered()
    )
    await delivered(world, messages("ada/1", "bob/1", "ada/2", "bob/2", "ada/3"))
    assert world.taken == ["bob/1", "bob/2", "ada/1", "ada/2", "ada/3"]
    assert world.kept == [DeliveryFailure("ada/1", BEGIN, "answers 500"), None], (
        "since when it fails is kept, and forgotten"
    )


async def test_a_type_that_is_not_wanted_is_left_out() -> None:
    world = World(lambda message, at: Delivered())
    assert world.endpoint is not None
    world.endpoint = world.endpoint.model_copy(update={"types": (DUE,)})
    await delivered(world, [*messages("ada/1"), *messages("ada/2", kind="rapport.followup.lapsed")])
    assert world.taken == ["ada/1"]


async def test_some_are_under_way_at_once() -> None:
    world = World(lambda message, at: Delivered())
    await delivered(world, messages(*(f"m{number}/1" for number in range(50))))
    assert world.most == AT_ONCE_MAX


async def test_one_event_that_fails_is_tried_after_longer_and_longer_waits() -> None:
    end = BEGIN + timedelta(hours=4)
    world = World(lambda message, at: Delivered() if message.member != "ada" or at > end else NO)
    good = iter(range(10_000))
    delivery = world.delivery()

    async def both() -> None:  # others are taken all the while, so the endpoint is not taken for one that is away
        one = asyncio.ensure_future(delivery.run(messages("ada/1"), None))
        while not one.done():
            await delivery._until_taken(messages(f"bob/{next(good)}")[0])
            await world.sleep(4.0 if world.at < BEGIN + timedelta(minutes=1) else 60.0)
        await one

    await world.until(asyncio.ensure_future(both()))
    tries = world.attempts["ada/1"]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(tries)]
    assert gaps[: len(RETRY_SECONDS)] == list(RETRY_SECONDS)
    assert set(gaps[len(RETRY_SECONDS) :]) == {RETRY_SECONDS[-1]}


async def test_a_receiver_that_asks_to_be_left_alone_is() -> None:
    world = World(lambda message, at: Delivered() if at > BEGIN else Rejected("answers 429", wait_seconds=900.0))
    await delivered(world, messages("ada/1"))
    assert world.attempts["ada/1"] == [BEGIN, BEGIN + timedelta(seconds=900)]


async def test_a_receiver_that_is_away_is_tried_now_and_then_by_one() -> None:
    back = BEGIN + timedelta(days=1)
    world = World(lambda message, at: Delivered() if at >= back else NO)
    await delivered(world, messages(*(f"m{number}/1" for number in range(40))))
    tries = sorted(at for some in world.attempts.values() for at in some if at < back)
    assert len(tries) < 50, "forty members that wait do not knock forty times"
    assert len(world.taken) == 40
    late = max(at for some in world.attempts.values() for at in some)
    assert late - back <= timedelta(seconds=RETRY_SECONDS[-1] + 2 * LOOK)


async def test_after_three_days_nothing_is_posted_until_somebody_says_so() -> None:
    back = BEGIN + timedelta(days=10)
    world = World(lambda message, at: Delivered() if at >= back else NO)
    delivery = world.delivery()
    task = asyncio.ensure_future(delivery.run(messages("ada/1", "bob/1"), None))
    await world.until(task, BEGIN + timedelta(days=11))
    assert paused(delivery)
    assert world.taken == []
    assert max(at for some in world.attempts.values() for at in some) < BEGIN + GIVE_UP_AFTER
    assert world.endpoint is not None
    world.endpoint = world.endpoint.model_copy(update={"resumed": world.at})
    assert not paused(delivery)
    resumed = world.at
    await world.until(task)
    assert sorted(world.taken) == ["ada/1", "bob/1"]
    assert world.at - resumed <= timedelta(seconds=2 * LOOK)


async def test_whoever_resumes_a_receiver_that_is_still_away_gives_it_three_days_more() -> None:
    world = World(lambda message, at: NO)
    delivery = world.delivery()
    task = asyncio.ensure_future(delivery.run(messages("ada/1"), None))
    await world.until(task, BEGIN + timedelta(days=4))
    assert paused(delivery)
    assert world.endpoint is not None
    world.endpoint = world.endpoint.model_copy(update={"resumed": world.at})
    await world.until(task, BEGIN + timedelta(days=6))
    assert not paused(delivery)
    await world.until(task, BEGIN + timedelta(days=8))
    assert paused(delivery)
    assert [one.since >= BEGIN + timedelta(days=4) for one in world.kept if one is not None] == [False, True]
    task.cancel()


async def test_a_receiver_that_wants_no_more_is_left_alone_at_once() -> None:
    world = World(lambda message, at: Rejected(GONE, permanent=True))
    delivery = world.delivery()
    task = asyncio.ensure_future(delivery.run(messages("ada/1"), None))
    await world.until(task, BEGIN + timedelta(days=1))
    assert paused(delivery)
    assert world.attempts["ada/1"] == [BEGIN]
    assert world.kept == [DeliveryFailure("ada/1", BEGIN, GONE, gone=True)]
    task.cancel()


async def test_three_days_are_counted_over_a_restart() -> None:
    world = World(lambda message, at: NO)
    failure = read_back(kept(DeliveryFailure("ada/1", BEGIN - GIVE_UP_AFTER, "answers 500")))
    delivery = world.delivery()
    task = asyncio.ensure_future(delivery.run(messages("ada/1"), failure))
    await world.until(task, BEGIN + timedelta(hours=1))
    assert world.attempts == {}
    assert paused(delivery)
    task.cancel()


async def test_an_endpoint_that_is_removed_ends_what_waits() -> None:
    world = World(lambda message, at: NO)
    delivery = world.delivery()
    task = asyncio.ensure_future(delivery.run(messages("ada/1", "bob/1"), None))
    await world.until(task, BEGIN + timedelta(minutes=5))
    world.endpoint = None
    with pytest.raises(Removed):
        await world.until(task)


async def test_a_failure_that_was_mended_counts_no_more() -> None:
    """The next batch of the partition, days later, has three days of its own."""
    world = World(lambda message, at: Delivered() if at > BEGIN else NO)
    gate = Gate(world.now)
    await world.until(asyncio.ensure_future(world.delivery(gate).run(messages("ada/1"), None)))
    assert world.kept[-1] is None
    world.at = BEGIN + timedelta(days=4)
    failed_once = iter([NO])
    world.receiver = lambda message, at: next(failed_once, Delivered())
    await world.until(asyncio.ensure_future(world.delivery(gate).run(messages("bob/1"), None)))
    assert world.taken == ["ada/1", "bob/1"]
    assert world.at - BEGIN < timedelta(days=4, minutes=1)


async def test_a_blip_under_load_costs_seconds() -> None:
    """Eight attempts that were under way together fail together: that is one failure of the endpoint, not eight."""
    world = World(lambda message, at: Delivered() if at > BEGIN else NO)
    await delivered(world, messages(*(f"m{number}/1" for number in range(40))))
    assert world.at - BEGIN <= timedelta(seconds=2 * LOOK)


async def test_one_event_that_is_never_taken_shuts_nobody_out() -> None:
    """Also in quiet hours, when nothing is taken between its attempts."""
    world = World(lambda message, at: NO if message.member == "ada" else Delivered())
    gate = Gate(world.now)
    bad = asyncio.ensure_future(world.delivery(gate).run(messages("ada/1"), None))
    await world.until(bad, BEGIN + timedelta(hours=10))
    began = world.at
    good = asyncio.ensure_future(world.delivery(gate).run(messages("bob/1"), None))
    await world.until(good, began + timedelta(seconds=1))
    assert world.taken == ["bob/1"]
    bad.cancel()


async def test_while_a_receiver_is_tried_now_and_then_a_new_event_goes_first() -> None:
    world = World(lambda message, at: NO if message.member != "zoe" else Delivered())
    gate = Gate(world.now)
    bad = asyncio.ensure_future(world.delivery(gate).run(messages(*(f"m{number}/1" for number in range(5))), None))
    await world.until(bad, BEGIN + timedelta(hours=10))
    good = asyncio.ensure_future(world.delivery(gate).run(messages("zoe/1"), None))
    await world.until(good)
    assert world.at - BEGIN < timedelta(hours=11, minutes=1)
    bad.cancel()


async def test_an_event_that_somebody_lets_go_holds_nobody() -> None:
    world = World(lambda message, at: NO if message.id == "ada/1" else Delivered())
    task = asyncio.ensure_future(world.delivery().run(messages("ada/1", "ada/2"), None))
    await world.until(task, BEGIN + timedelta(hours=1))
    assert world.endpoint is not None
    world.endpoint = world.endpoint.model_copy(update={"skipped": ("ada/1",)})
    await world.until(task)
    assert world.taken == ["ada/2"]
    assert world.kept[-1] is None


async def test_what_is_changed_is_noticed_in_the_middle_of_a_long_wait() -> None:
    world = World(lambda message, at: Rejected("answers 429", wait_seconds=3600.0) if at == BEGIN else Delivered())
    task = asyncio.ensure_future(world.delivery().run(messages("ada/1"), None))
    await world.until(task, BEGIN + timedelta(seconds=1))
    assert world.endpoint is not None
    world.endpoint = world.endpoint.model_copy(update={"resumed": world.at})
    await world.until(task)
    assert world.at - BEGIN <= timedelta(seconds=2 * LOOK)


@pytest.mark.parametrize("metadata", [None, "", "somebody else's", '{"since": 1}'])
def test_what_somebody_else_has_kept_there_is_nothing(metadata: str | None) -> None:
    assert read_back(metadata) is None


def test_what_is_kept_fits_into_kafka() -> None:
    assert len(kept(DeliveryFailure("i" * 256, BEGIN, "ä" * 200, gone=True)).encode()) < 4096

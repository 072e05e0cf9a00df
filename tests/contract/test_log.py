"""The log's contract, kept by Kafka and by the fake alike."""

from __future__ import annotations

import time

import pytest

from shared.runtime.kafka import log as kafka_log
from shared.runtime.kafka.producer import TRANSACTION_TIMEOUT_MS
from shared.runtime.ports.interfaces import Bounds, Message, Uncertain
from tests.contract.log_bed import (
    Bed,
    any_bed,  # noqa: F401 - the fixture `bed`
    everything,
    message,
    say,
    texts,
)


async def test_the_end_after_a_commit_is_the_last_offset_and_two(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    assert await say(writer, bed.own, "a", "b", "c") == 0
    assert await say(writer, bed.own, "d") == 4
    await log.read(bed.own, 0, 0, 6, 10)  # a commit is acknowledged before its control record stands in the log
    assert await log.ends([bed.own, bed.other], 0) == {bed.own: 6, bed.other: 0}
    assert await log.bounds([bed.own, bed.other], 0) == {bed.own: Bounds(0, 6), bed.other: Bounds(0, 0)}
    assert await log.ends([bed.own], 1) == {bed.own: 0}


async def test_what_was_committed_lies_below_the_next_end_and_a_recovery_finds_its_control_record(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    for number in range(5):
        await say(writer, bed.own, "a")
        assert (await log.ends([bed.own], 0))[bed.own] > 2 * number
    await log.fence(0)
    assert (await log.ends([bed.own], 0))[bed.own] == 10


async def test_a_seal_is_one_control_record_and_nothing_to_read(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await say(writer, bed.own, "a")
    await writer.seal(bed.own)
    assert await say(writer, bed.own, "b") == 3
    records, position = await log.read(bed.own, 0, 0, 5, 10)
    assert ([record.value for record in records], position) == ([b"a", b"b"], 5)


async def test_a_large_append_is_whole_and_in_order(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(1)
    await writer.begin()
    large = [Message(b"k", bytes([number]) * 200_000, [], number) for number in range(8)]
    assert await writer.append(bed.own, large) == 0
    await writer.commit()
    records, after = await log.read(bed.own, 1, 0, 9, 100)
    assert [(record.offset, record.value) for record in records] == [(n, large[n].value) for n in range(8)]
    assert after == 9


async def test_nothing_to_append_is_a_mistake(bed: Bed) -> None:
    writer = await (await bed.log()).fence(0)
    await writer.begin()
    with pytest.raises(ValueError, match="messages"):
        await writer.append(bed.own, [])


async def test_a_record_comes_back_as_it_was_written(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    headers = [("ce_id", b"\xff\xfe"), ("empty", b""), ("ce_id", b"twice")]
    await writer.begin()
    await writer.append(bed.own, [Message(None, b"", headers, 1), Message("ä".encode(), None, [], 1_700_000_000_123)])
    await writer.commit()
    records, after = await log.read(bed.own, 0, 0, 3, 10)
    assert [(each.key, each.value, list(each.headers), each.logged_ms) for each in records] == [
        (None, b"", headers, 1),
        ("ä".encode(), None, [], 1_700_000_000_123),
    ]
    assert [(each.topic, each.partition, each.offset) for each in records] == [(bed.own, 0, 0), (bed.own, 0, 1)]
    assert after == 3


async def test_two_topics_are_seen_together(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await writer.begin()
    await writer.append(bed.own, [message("event")])
    await writer.append(bed.other, [message("dead")])
    await writer.append(bed.own, [message("event too")])
    assert await log.ends([bed.own, bed.other], 0) == {bed.own: 2, bed.other: 1}
    await writer.commit()
    assert await everything(log, bed.own) == ["event", "event too"]
    assert await everything(log, bed.other) == ["dead"]


async def test_what_was_aborted_is_passed_over(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await say(writer, bed.own, "before")
    await writer.begin()
    assert await writer.append(bed.own, [message("never"), message("ever")]) == 2
    await writer.abandon()
    writer = await log.fence(0)
    assert await say(writer, bed.own, "after") == 5
    assert await everything(log, bed.own) == ["before", "after"]
    assert await log.read(bed.own, 0, 2, 5, 10) == ([], 5)


async def test_what_is_abandoned_stays_open_until_the_next_fence_and_sends_nothing_more(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    await say(writer, bed.own, "said")
    began = time.monotonic()
    await writer.begin()
    await writer.append(bed.own, [message("open")])
    await writer.abandon()
    await writer.abandon()
    with pytest.raises(Uncertain, match="abandoned"):
        await writer.commit()
    stable = await log.stable(bed.own, 0)
    assert stable == 2 or time.monotonic() - began > TRANSACTION_TIMEOUT_MS / 1000, "by then, the broker itself ends it"
    await (await bed.log()).fence(0)
    assert await log.stable(bed.own, 0) == 4
    assert await everything(log, bed.own) == ["said"]


async def test_a_newer_producer_shuts_out_the_one_that_has_something_open(bed: Bed) -> None:
    sleeper, owner = await bed.log(), await bed.log()
    late = await sleeper.fence(0)
    await late.begin()
    await late.append(bed.own, [message("too late")])
    writer = await owner.fence(0)
    with pytest.raises(Uncertain):
        await late.commit()
    assert (await owner.ends([bed.own], 0))[bed.own] == 2
    assert await say(writer, bed.own, "said") == 2
    assert await everything(owner, bed.own) == ["said"]


async def test_a_newer_producer_shuts_out_the_one_that_sleeps_between_transactions(bed: Bed) -> None:
    sleeper, owner = await bed.log(), await bed.log()
    late = await sleeper.fence(0)
    await say(late, bed.own, "first")
    writer = await owner.fence(0)
    await late.begin()
    with pytest.raises(Uncertain):
        await late.append(bed.own, [message("too late")])
    await late.abandon()
    await say(writer, bed.own, "second")
    assert await everything(owner, bed.own) == ["first", "second"]


async def test_partitions_have_producers_of_their_own(bed: Bed) -> None:
    log = await bed.log()
    writers = [await log.fence(0), await log.fence(1)]
    for writer in writers:
        assert await say(writer, bed.own, "here") == 0


async def test_a_read_is_bounded_by_records_and_by_its_end(bed: Bed) -> None:
    log = await bed.log()
    writer = await log.fence(0)
    for text in ("a", "b", "c"):
        await say(writer, bed.own, text, text + "'")
    first, after = await log.read(bed.own, 0, 0, 9, 3)
    assert texts(first) == ["a", "a'", "b"]
    assert 4 <= after <= 5
    rest, after = await log.read(bed.own, 0, after, 9, 100)
    assert (texts(rest), after) == (["b'", "c", "c'"], 9)
    short, after = await log.read(bed.own, 0, 0, 4, 100)
    assert (texts(short), after) == (["a", "a'", "b"], 4)
    assert await log.read(bed.own, 0, 9, 9, 100) == ([], 9)


async def test_an_open_transaction_holds_readers_but_not_the_ends(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_log, "READ_STANDSTILL_SECONDS_MAX", 0.3)
    log = await bed.log()
    await bed.plain(bed.other, message("stable"))
    commit = await bed.open(bed.other, message("open"))
    await bed.plain(bed.other, message("behind it"))
    assert await log.ends([bed.other], 0) == {bed.other: 3}
    assert await log.stable(bed.other, 0) == 1, "the first offset of what is open"
    with pytest.raises(Uncertain, match="open transaction"):
        await log.read(bed.other, 0, 0, 3, 100)
    records, after = await log.read(bed.other, 0, 0, 1, 100)
    assert (texts(records), after) == (["stable"], 1)
    await commit()
    assert await everything(log, bed.other) == ["stable", "open", "behind it"]


async def test_what_was_deleted_is_not_read_as_if_it_had_never_been(bed: Bed) -> None:
    log = await bed.log()
    for text in ("a", "b", "c"):
        await bed.plain(bed.other, message(text))
    await bed.trim(bed.other, 2)
    assert await log.bounds([bed.other], 0) == {bed.other: Bounds(2, 3)}
    with pytest.raises(Uncertain):
        await log.read(bed.other, 0, 0, 3, 100)
    records, _ = await log.read(bed.other, 0, 2, 3, 100)
    assert texts(records) == ["c"]


async def test_a_topic_made_again_has_another_identity(bed: Bed) -> None:
    log = await bed.log()
    before = await log.identity([bed.own, bed.other])
    assert before == await (await bed.log()).identity([bed.own, bed.other])
    assert before[bed.own] != before[bed.other]
    await bed.recreate(bed.other)
    after = await log.identity([bed.own, bed.other])
    assert after[bed.own] == before[bed.own]
    assert after[bed.other] != before[bed.other]
    assert after[bed.other].split("/")[0] == before[bed.other].split("/")[0]


async def test_a_topic_that_is_not_there_is_uncertain(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_log, "ASK_SECONDS_MAX", 0.3)
    log = await bed.log()
    with pytest.raises(Uncertain):
        await log.bounds(["missing"], 0)
    with pytest.raises(Uncertain):
        await log.ends(["missing"], 0)

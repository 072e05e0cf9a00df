"""What a consumer reads of batches that are packed, damaged, or of a size that no memory holds."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.memory_records import _MemoryRecordsPy
from aiokafka.record.util import calc_crc32c

from shared.runtime.kafka.fetching import fetched_batches, unpacked_bytes, unpacking
from shared.runtime.kafka.fetching.fetched_batches import (
    CHECKSUM_TRIES,
    POLL,
    RAW_BYTES_MAX,
    Budget,
    UnreadableBatch,
    Walk,
)
from shared.runtime.kafka.fetching.unpacked_bytes import BUDGET

HEAD = unpacking.HEAD_BYTES
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def batch(*values: bytes, codec: int = 0, base: int = 0) -> bytes:
    """Return a batch as a broker stores it, with offsets from `base`."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 10_000_000)
    for number, value in enumerate(values):
        assert builder.append(number, 1_000 + number, b"key", value, [("name", b"text")])
    return struct.pack(">q", base) + bytes(builder.build())[8:]


def sealed(head_and_records: bytes, attributes: int | None = None) -> bytes:
    """Return the batch with its length and checksum made anew."""
    made = bytearray(head_and_records)
    if attributes is not None:
        struct.pack_into(">h", made, 21, attributes)
    struct.pack_into(">i", made, 8, len(made) - 12)
    struct.pack_into(">I", made, 17, calc_crc32c(bytes(made[21:])))
    return bytes(made)


def read(fetched: bytes) -> Iterator[Any]:
    """Read as consumers do: fetch, read batch by batch, and fetch again from where that ended, as long as it gets on."""
    position, moved = -1, True
    while moved:
        moved = False
        for one in fetch(fetched, position):
            for record in one if not one.is_control_batch else ():
                if record.offset >= position:
                    yield record
            position, moved = one.next_offset, True


def fetch(fetched: bytes, position: int = -1) -> Iterator[Any]:
    """Yield the batches of one fetch, as a broker answers it: from the batch on that holds the position."""
    at = 0
    while at < len(fetched) and DefaultRecordBatch(fetched[at:]).next_offset <= position:
        at += 12 + struct.unpack_from(">i", fetched, at + 8)[0]
    walk = Walk(_MemoryRecordsPy(fetched[at:]))
    while walk.has_next():
        one = walk.next_batch()
        assert one is not None
        assert one.validate_crc()
        yield one


@pytest.mark.parametrize("codec", CODECS.values(), ids=list(CODECS))
def test_every_codec_of_kafka_is_read(codec: int) -> None:
    values = [b"%d" % number * 50 for number in range(300)]
    found = list(read(batch(*values, codec=codec, base=40)))
    assert [record.value for record in found] == values
    assert [record.offset for record in found] == list(range(40, 340))
    assert (found[7].timestamp, found[7].key, found[7].headers) == (1_007, b"key", [("name", b"text")])


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_what_unpacks_to_more_than_the_limit_is_one_gap_at_its_last_offset(
    codec: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = batch(bytes(6_000), bytes(6_000), codec=codec, base=5)
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES_MAX", 10_000)
    gap, after = read(large + batch(b"after", base=7))
    assert (gap.offset, after.offset, after.value) == (6, 7, b"after")
    assert isinstance(gap.value, UnreadableBatch)
    assert gap.value.first == 5
    assert "to more than 10,000 bytes" in gap.value.reason
    assert "records 5 to 6" in gap.value.reason


def test_the_limit_itself_is_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = batch(bytes(6_000), codec=4)
    monkeypatch.setattr(unpacking, "UNPACKED_BYTES_MAX", len(bytes(unpacking.plain(one))) - HEAD)
    assert [record.value for record in read(one)] == [bytes(6_000)]


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_damaged_data_is_a_gap_and_its_neighbours_are_read(codec: int) -> None:
    good = batch(b"a" * 500, codec=codec, base=2)
    bad = sealed(good[:HEAD] + b"\x00" + good[HEAD + 1 : -3])
    before, gap, after = read(batch(b"b", base=1) + bad + batch(b"c", base=3))
    assert (before.value, gap.offset, after.value) == (b"b", 2, b"c")
    assert "damaged" in gap.value.reason or "length" in gap.value.reason


def test_a_codec_that_kafka_does_not_have_is_a_gap() -> None:
    [gap] = read(sealed(batch(b"a"), attributes=7))
    assert "not known (7)" in gap.value.reason
    assert len(gap.value) <= RAW_BYTES_MAX


def test_records_before_the_malformed_one_are_read() -> None:
    whole = batch(b"first", b"second", b"third")
    first, second, gap = read(sealed(whole[:-4]))
    assert (first.value, second.value) == (b"first", b"second")
    assert (gap.offset, gap.value.first) == (2, 2)
    assert "malformed" in gap.value.reason


def test_what_stands_behind_the_last_record_is_nobody_s_loss() -> None:
    assert [record.value for record in read(sealed(batch(b"one", b"two") + b"rest"))] == [b"one", b"two"]


def test_a_wrong_checksum_is_fetched_anew_before_it_is_believed() -> None:
    made = bytearray(batch(b"ab", b"cd", base=9))
    made[-3] ^= 0xFF
    fetched = batch(b"before", base=8) + bytes(made) + batch(b"behind", base=11)
    for _ in range(CHECKSUM_TRIES - 1):
        assert [one.base_offset for one in fetch(fetched)] == [8], "the fetch ends before it"
    before, gap, behind = read(fetched)
    assert (before.offset, gap.offset, gap.value.first, behind.offset) == (8, 10, 9, 11)
    assert "checksum" in gap.value.reason


@pytest.mark.parametrize(
    ("place", "form", "value"),
    [(23, ">i", 5), (23, ">i", -4), (57, ">i", 0)],
    ids=["more than its count", "before its begin", "no records"],
)
def test_a_damaged_batch_whose_extent_is_not_plain_is_never_passed_over(place: int, form: str, value: int) -> None:
    made = bytearray(batch(b"ab", b"cd", base=9))
    struct.pack_into(form, made, place, value)
    for _ in range(CHECKSUM_TRIES - 1):
        assert not list(fetch(bytes(made)))
    for _ in range(3):
        with pytest.raises(CorruptRecordException, match="does not say where it ends"):
            list(fetch(bytes(made)))
    behind = bytes(made) + batch(b"behind", base=11)
    damaged = next(fetch(behind))
    assert damaged.next_offset == 11, "the batch behind it tells"
    [gap] = damaged
    assert (gap.offset, gap.value.first) == (10, 9)


def test_a_damaged_batch_is_no_control_batch_whatever_its_head_says() -> None:
    made = bytearray(batch(b"ab"))
    struct.pack_into(">h", made, 21, 0x30)  # transactional and control: it would be passed over in silence
    for _ in range(CHECKSUM_TRIES - 1):
        assert not list(fetch(bytes(made)))
    assert [gap.offset for gap in read(bytes(made))] == [0]


def test_wrong_checksums_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = fetched_batches._WrongSums()
    monkeypatch.setattr(fetched_batches, "_WRONG", wrong)
    for base in range(fetched_batches.WRONG_REMEMBERED_MAX + 10):
        made = bytearray(batch(b"ab", base=base))
        made[-2] ^= 0xFF
        assert not list(fetch(bytes(made)))
    assert len(wrong._fetches) == fetched_batches.WRONG_REMEMBERED_MAX


def test_snappy_in_blocks_as_java_writes_it_and_raw_as_librdkafka_does() -> None:
    import cramjam

    plain = batch(b"value" * 100)
    records = plain[HEAD:]
    raw = bytes(cramjam.snappy.compress_raw(records))
    blocks = [bytes(cramjam.snappy.compress_raw(part)) for part in (records[:200], records[200:])]
    blocked = (
        b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(one)) + one for one in blocks)
    )
    for packed in (raw, blocked):
        assert [record.value for record in read(sealed(plain[:HEAD] + packed, attributes=2))] == [b"value" * 100]


def test_gzip_from_another_maker_is_read() -> None:
    plain = batch(b"value")
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = packed.compress(plain[HEAD:]) + packed.flush()
    assert [record.value for record in read(sealed(plain[:HEAD] + body, attributes=1))] == [b"value"]


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_streams_one_behind_the_other_are_read(codec: int) -> None:
    """gzip, lz4, zstd and snappy-java all say that this is one stream; a producer that flushes may write it."""
    whole = batch(b"value" * 100)
    encode = {1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}[codec]
    packed = encode(whole[HEAD : HEAD + 70]) + encode(whole[HEAD + 70 :])
    assert [record.value for record in read(sealed(whole[:HEAD] + packed, attributes=codec))] == [b"value" * 100]


@pytest.mark.parametrize("codec", [1, 2, 3, 4])
def test_a_batch_that_outgrows_its_first_room_is_read(codec: int) -> None:
    """It packs far better than the first guess says, and is within the limit."""
    assert [record.value for record in read(batch(bytes(3_000_000), codec=codec))] == [bytes(3_000_000)]


def test_a_fetch_ends_when_enough_of_it_is_unpacked_and_goes_on_by_its_place() -> None:
    fetched = b"".join(batch(bytes(3_000_000), codec=4, base=base) for base in range(9))
    assert len(fetched) < 10_000
    assert [one.base_offset for one in fetch(fetched) if list(one)] == [0, 1, 2]
    assert [record.offset for record in read(fetched)] == list(range(9))


def test_a_poll_of_many_partitions_unpacks_no_more_than_one_of_one() -> None:
    fetched = batch(bytes(3_000_000), codec=4)
    token = POLL.set(Budget())
    try:
        read_now = [len(list(one)) for _ in range(9) for one in fetch(fetched)]
    finally:
        POLL.reset(token)
    assert read_now == [1, 1, 1]


def test_a_process_holds_so_much_of_batches_that_are_read_in_parts_and_goes_on_where_one_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many consumers that each stand in the middle of a batch; readers of their own take what they ask for."""
    monkeypatch.setattr(unpacked_bytes, "UNPACKED_BYTES_RESERVED_MAX", 5_000_000)
    fetched, before = batch(bytes(3_000_000), b"rest", codec=4), BUDGET.bytes
    opened = [iter(next(fetch(fetched))) for _ in range(2)]
    for one in opened:
        assert len(next(one).value) == 3_000_000
    assert 6_000_000 < BUDGET.bytes - before < 6_001_000
    token = POLL.set(Budget())
    try:
        assert list(fetch(fetched)) == [], "it is left for the next fetch"
        assert [record.value for record in opened.pop()] == [b"rest"], "what is open goes on"
        assert len(list(fetch(fetched))) == 1
    finally:
        POLL.reset(token)
    del opened
    assert BUDGET.bytes == before
    assert len([record for one in [*fetch(fetched), *fetch(fetched), *fetch(fetched)] for record in one]) == 6


def test_records_are_made_as_they_are_asked_for() -> None:
    """A batch within the limit may hold a million small ones."""
    [one] = fetch(batch(*[b""] * 50_000, codec=4))
    tracemalloc.start()
    try:
        for record in one:
            assert record.value == b""
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000, "fifty thousand records at once would be 10 MB and more"

"""When a stream ends: with its incarnation, its key, its process, its topics, and a client that does not keep up."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from services.gateway.api.access.keys import create_key, revoke_key
from services.gateway.api.routes import stream
from services.gateway.api.stream import streams
from services.gateway.api.stream.recent import after
from shared.runtime.processing.member.runtime_meta import RuntimeMeta
from tests.unit.services.gateway.api.stream_bed import ADA, STAMP, applied_up_to, logged, process
from tests.unit.services.gateway.api.test_api_stream import DONE, ids, mine, stored
from tests.unit.services.gateway.members import NOW, due
from tests.unit.services.gateway.reading.test_reader import STRANGER


def test_a_stream_that_is_open_tells_of_one_incarnation_alone() -> None:
    """A service that lags may say something of before an erasure; what is said after the next one ends the stream."""
    records = logged([replace(due(0, what=what), incarnation=number) for what, number in (("now", 11), ("before", 0))])
    frames = stream.EventFrames(STAMP, (0, 0), 11, lambda event: event.incarnation < 11)
    said = frames.of(records)
    assert b"now" in said
    assert b"before" not in said
    assert frames.offsets == after((0, 0), records[-1]), "it is passed over"
    assert not frames.over
    assert frames.of(logged([replace(due(0), incarnation=12)])) == b""
    assert frames.over


async def test_an_id_of_before_an_erasure_begins_anew_and_an_erasure_ends_a_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    records = logged([due(-1)])
    store = await stored(records)
    async with process(store) as here:
        here.reads(records)
        before = await here.open()
        await before.until(lambda one: len(one.told()) > 0)
        last = before.last_id()
        await applied_up_to(store, [ADA], [], RuntimeMeta(incarnation=11, joined_at=NOW))
        await before.until(lambda one: one.ended)
        again = await here.open(last)
        await again.until(lambda one: len(one.told()) > 0)
        assert again.told()[0].name == "reset"


async def test_there_are_so_many_streams_of_a_member_a_key_and_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS_OF_A_MEMBER_MAX", 2)
    async with process(await stored([]), most=3) as here:
        here.reads([])
        others = [create_key(here.api.keys, f"other{n}", ("read",), NOW)[1] for n in range(2)]
        first = await here.open()
        assert (await here.open()).status == 200
        assert (await here.open()).status == 429
        assert (await here.open(key=others[0])).status == 200
        assert (await here.open(key=others[0])).status == 503
        await first.leave()
        assert (await here.open()).status == 200, "its room is free again"
        monkeypatch.setattr(streams, "STREAMS_OF_A_KEY_MAX", 0)
        assert (await here.open(key=others[1])).status == 429


async def test_at_the_end_of_a_process_all_streams_end_at_once_and_none_begins() -> None:
    async with process(await stored([])) as here:
        here.reads([])
        clients = [await here.open() for _ in range(3)]
        await here.streams.stop()
        for client in clients:
            await client.until(lambda one: one.ended)
        assert (await here.open()).status == 503


async def test_a_client_that_does_not_keep_up_is_ended_and_takes_up_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "WAITING_MAX", 5)
    records = logged([due(n / 24, f"contact/zoe/thank/{n}") for n in range(20)])
    async with process(await stored([])) as here:
        here.reads([])
        client = await here.open()
        client.reads.clear()
        here.hears(records)
        client.reads.set()
        await client.until(lambda one: one.ended)
        again = await here.open(client.last_id())
        assert ids(client) + ids(again) == mine(records)


async def test_a_sign_of_life_moves_the_id_and_a_key_that_was_revoked_ends_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.01)
    records = logged([replace(due(n / 24), member=STRANGER) for n in range(3)])
    async with process(await stored([])) as here:
        here.reads([])
        made, key = create_key(here.api.keys, "for a while", ("read",), NOW)
        client = await here.open(key=key)
        before = client.last_id()
        here.hears(records)
        await client.until(lambda one: one.last_id() != before)
        assert client.last_id() == "0123abcd.6.0"
        assert [one.name for one in client.told()] == ["reset"]
        assert client.blocks()[-1].startswith(":\n"), "a comment, which every client passes over"
        revoke_key(here.api.keys, made.id, NOW)
        await client.until(lambda one: one.ended)


async def test_topics_that_are_made_again_end_all_streams_and_an_error_of_the_reader_none() -> None:
    records = logged([due(0), DONE])
    async with process(await stored([])) as here:
        here.reads([])
        client = await here.open()
        here.hears(records[:1])
        here.streams.begin("0123abcd", dict(here.streams.recent.ends()))
        here.hears(records[1:])
        await client.until(lambda one: len(ids(one)) == 2)
        assert not client.ended, "the reader has begun anew after its error, with the same topics"
        here.reads([], stamp="ffffffff")
        await client.until(lambda one: one.ended)
        assert len(ids(client)) == 2

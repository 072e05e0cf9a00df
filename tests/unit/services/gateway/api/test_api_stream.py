"""Streams: what changes is told the moment it does, once, and whoever comes back is told what they missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import Random

import pytest
from msgspec.structs import replace

from services.gateway.api.stream.recent import TOPICS, Recent
from shared.contracts import Event
from shared.runtime.ports.interfaces import Loaded, Record
from shared.runtime.processing.member.runtime_meta import RuntimeMeta
from shared.testing.fakes.fake_store import FakeStore
from tests.depth import blocks
from tests.unit.services.gateway.api.stream_bed import (
    ADA,
    SECONDS_MAX,
    Client,
    applied_up_to,
    event_of,
    logged,
    process,
)
from tests.unit.services.gateway.members import MEMBER, NOW, THANK, due, said
from tests.unit.services.gateway.reading.test_reader import STRANGER

BECAUSE = {"id": "x", "type": "rapport.followup.done"}
DONE = said(0, "followup.completed", followup_id=THANK, rule="thank", because=BECAUSE)


def story(rng: Random, length: int) -> list[Event]:
    """Return what services say of the member and of somebody else on the same partition, one thing an hour."""
    told: list[Event] = []
    for hour in range(length):
        key = f"contact/zoe/thank/{rng.randint(1, 4)}"
        event = rng.choice(
            [
                due(hour / 24, key, text=f"Thank her: {hour}"),
                said(hour / 24, "followup.completed", followup_id=key, rule="thank", because=BECAUSE),
                said(hour / 24, "invite.ignored", invite_id=f"i{hour}", contact_id="ben", age_days=30),
            ]
        )
        told.append(replace(event, id=f"e{hour}", member=rng.choice([MEMBER, MEMBER, STRANGER])))
    return told


async def stored(records: list[Record]) -> FakeStore:
    store = FakeStore()
    await applied_up_to(store, [ADA], records)
    return store


def ids(client: Client) -> list[str]:
    """Return the events that a client was told of, without the agenda."""
    return [one.data["id"] for one in client.told() if one.name != "reset"]


def mine(records: list[Record]) -> list[str]:
    return [event.id for event in map(event_of, records) if event.member == MEMBER]


async def test_a_reminder_is_shown_the_moment_it_is_due_and_taken_away_when_it_is_answered() -> None:
    records = logged(
        [due(-1, "contact/zoe/thank/1", text="Thank Zoé"), due(0, what="First line.\n\nid: 9\r\nSecond."), DONE]
    )
    async with process(await stored(records[:1])) as here:
        here.reads(records[:1])
        client = await here.open()
        assert client.headers["content-type"].startswith("text/event-stream")
        assert client.headers["cache-control"] == "no-store"
        [began] = client.told()
        assert began.name == "reset"
        assert [(one["id"], one["text"]) for one in began.data["entries"]] == [("contact/zoe/thank/1", "Thank Zoé")]
        for record, name in zip(records[1:], ("rapport.followup.due", "rapport.followup.completed"), strict=True):
            count = len(client.told())
            here.hears([record])
            await client.until(lambda one, count=count: len(one.told()) > count)
            told = client.told()[-1]
            assert (told.name, told.data["type"], told.data["memberid"]) == (name, name, MEMBER)
            assert told.data["data"]["followup_id"] == THANK
        assert client.told()[1].data["data"]["what"].startswith("First line.\n\nid: 9"), (
            "a line of a text is none of the stream"
        )
        assert here.listening == 1


@pytest.mark.parametrize("seed", blocks(12))
async def test_whoever_comes_back_is_told_what_follows_once_and_in_order(seed: int) -> None:
    """By the same process, by one that has begun to read elsewhere, and by one that starts anew.

    Broken on purpose (an id is the place of its event and not the one behind it; the topics are mixed in `since`; what waits
    is not taken before what is told first), it fails.
    """
    rng = Random(seed)
    *records, end = logged([*story(rng, 30), replace(due(9), id="the end")])
    cut, later = sorted(rng.sample(range(31), 2))
    store = await stored(records[:cut])
    async with process(store) as here, process(store) as there:
        here.reads(records[:cut])
        first = await here.open()
        here.hears(records[cut:later])
        meanwhile, missed = mine(records[cut:later]), mine(records[later:])
        await first.until(lambda one: len(ids(one)) == len(meanwhile))
        assert ids(first) == meanwhile
        await first.leave()
        last = first.last_id()
        once_while_loading(store, lambda: here.hears(records[later:]))
        there.reads(records, start=rng.choice([0, max(0, min(int(one) for one in last.split(".")[1:]) - 4)]))
        for one in (here, there):
            again = await one.open(last)
            one.hears([end])
            await again.until(lambda one: "the end" in ids(one))
            assert sorted(ids(again)[:-1]) == sorted(missed)
            assert [one.name for one in again.told()].count("reset") == 0
            for topic in TOPICS:
                own = mine([one for one in records[later:] if one.topic == topic])
                assert [one for one in ids(again) if one in own] == own


@pytest.mark.parametrize("seed", blocks(12))
async def test_an_agenda_and_what_follows_it_are_all_that_was_said_each_once(seed: int) -> None:
    """However far the projection and the reader of the topics have come when a stream begins.

    Broken on purpose (what the agenda knows is told again; what it does not know is not told; nobody waits for the reader),
    it fails.
    """
    rng = Random(seed)
    records = logged(story(rng, 24))
    applied, read = rng.randint(0, 24), rng.randint(0, 24)
    store, older = await stored(records[:applied]), await stored(records[: rng.randint(0, applied)])
    async with process(store) as here:
        here.reads(records[:read])
        cursors_of_once(store, older)
        opening = asyncio.create_task(here.open())
        if read < applied:
            await _until(lambda: here.streams.awaited)
            here.hears(records[read:applied])
        client = await asyncio.wait_for(opening, SECONDS_MAX)
        here.hears(records[max(read, applied) :])
        new = mine(records[applied:])
        await client.until(lambda one: len(ids(one)) >= len(new))
        assert sorted(ids(client)) == sorted(new)
        again = await here.open(client.told()[0].id)
        await again.until(lambda one: len(ids(one)) >= len(new))
        assert sorted(ids(again)) == sorted(new), "the id of the agenda stands for what it knows"


@pytest.mark.parametrize(
    ("last", "known"),
    [
        ("{stamp}.{one}.{other}", True), ("{stamp}.0.{other}", False), ("{stamp}.{one}.0", False),
        ("ffffffff.{one}.{other}", False), ("{stamp}.{one}9.{other}", False), ("{stamp}.{one}.{other}9", False),
        ("{stamp}.{one}", False), ("", False), ("{stamp}.-1.{other}", False), ("9" * 2000, False),
    ],
    ids=["the last", "old", "old, too", "of others", "ahead", "ahead, too", "short", "empty", "negative", "long"],
)  # fmt: skip
async def test_an_id_from_which_nothing_is_known_any_more_begins_anew(last: str, known: bool) -> None:
    """Broken on purpose (an id beyond the end, before what is kept, or of other topics is taken), it fails."""
    records = logged(story(Random(1), 40))
    async with process(await stored(records), Recent(records_max=10)) as here:
        here.reads(records)
        stamp, one, other = (await here.open()).last_id().split(".")
        client = await here.open(last.format(stamp=stamp, one=one, other=other))
        assert [one.name for one in client.told()] == ([] if known else ["reset"])


async def test_a_projection_that_is_behind_all_that_is_kept_is_waited_for() -> None:
    records = logged(story(Random(2), 40))
    async with process(await stored(records[:5]), Recent(records_max=10)) as here:
        here.reads(records)
        client = await here.open()
        assert (client.status, int(client.headers["retry-after"]) > 0) == (503, True)
        assert len(here.streams) == 0


async def test_of_whom_nothing_is_known_there_is_no_stream() -> None:
    async with process(await stored([])) as here:
        here.reads(logged([replace(due(0), member=STRANGER)]))
        assert (await here.open(member=STRANGER)).status == 404
        assert (await here.open("0123abcd.0.0", member=STRANGER)).status == 404
        assert len(here.streams) == 0


async def test_what_was_said_before_an_erasure_is_not_told_to_who_is_back() -> None:
    """Broken on purpose (what is of an earlier incarnation is told), it fails."""
    old, new = (due(n, f"contact/zoe/thank/{n}") for n in (1, 2))
    records = logged([old, replace(new, incarnation=7)])
    store = FakeStore()
    await applied_up_to(store, [ADA], [], RuntimeMeta(incarnation=7, joined_at=NOW, erased_at=NOW))
    async with process(store) as here:
        here.reads(records)
        for last in (None, "0123abcd.0.0"):
            assert ids(await here.open(last)) == [new.id]


def once_while_loading(store: FakeStore, act: Callable[[], None]) -> None:
    """Have something happen while a store is asked for a member, the next time."""
    load = store.load

    async def loading(partition: int, wanted: Mapping[str, Sequence[str]]) -> Loaded:
        store.load = load  # type: ignore[method-assign]
        act()
        return await load(partition, wanted)

    store.load = loading  # type: ignore[method-assign]


def cursors_of_once(store: FakeStore, older: FakeStore) -> None:
    """Have a store tell once the cursors of an older one: it goes on before it is asked for a member."""
    meta = store.meta

    async def before(partition: int) -> Mapping[str, str]:
        store.meta = meta  # type: ignore[method-assign]
        return await older.meta(partition)

    store.meta = before  # type: ignore[method-assign]


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110 - what is waited for rings nobody
            await asyncio.sleep(0)

"""Any process reads any member, in one atomic load, and who has just written sees it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from services.gateway.projection.decider import PROJECTION, STATE_VERSION
from services.gateway.projection.model.people import Item, Profile
from services.gateway.reading import agenda
from shared.contracts import partition_for
from shared.decider import View
from shared.runtime.ports.interfaces import Changes, Loaded, MemberChange, Uncertain
from shared.runtime.processing.member.member_state import NOTES, PROFILE
from shared.runtime.processing.member.runtime_meta import RuntimeMeta, stored_of
from shared.runtime.reader import LOOK_SECONDS, VISIBLE_SECONDS_MAX, NotVisible, Reader, UnknownMember
from shared.testing.fakes.fake_store import FakeStore
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, applied, due, said, stored

ZOE = said(-9, "contact.connected", contact={"id": "zoe", "name": "Zoé"})

STRANGER = next(
    name for name in map(str, range(99)) if partition_for(name, PARTITIONS) == partition_for(MEMBER, PARTITIONS)
)
"""Of whom nothing is known, on the member's own partition."""


class Clock:
    """Seconds that pass by sleeping alone; `on_sleep` is what happens meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps = 0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps += 1

    def monotonic(self) -> float:
        return self.now


def reader_of(store: FakeStore, clock: Clock | None = None) -> Reader[Profile, Item]:
    clock = clock or Clock()
    return Reader(PROJECTION, store, PARTITIONS, clock.sleep, clock.monotonic)


async def test_what_an_answer_asks_for_is_loaded_with_all_the_rest_anew() -> None:
    store = await stored([ZOE, due(-1)])
    loads: list[list[str]] = []
    load = store.load

    async def noting(partition: int, wanted: dict[str, list[str]]) -> Loaded:
        loads.append(list(wanted[MEMBER]))
        return await load(partition, wanted)

    store.load = noting  # type: ignore[method-assign,assignment]
    found = await reader_of(store).read(MEMBER, lambda view: agenda.answer(view, NOW))
    assert [(one.id, one.who.name if one.who else None) for one in found.entries] == [
        ("contact/zoe/thank/2026-11-20", "Zoé")
    ]
    assert all(set(before) < set(after) for before, after in pairwise(loads))
    assert len(loads) == 3, "the profile, what an agenda is made of, and the people whom it names"


async def test_a_read_waits_until_what_was_written_is_applied() -> None:
    store, clock = await stored([ZOE], cursor=5), Clock()

    async def catching_up(seconds: float) -> None:
        await Clock.sleep(clock, seconds)
        if clock.sleeps == 3:
            await applied(store, 8)

    reader = Reader(PROJECTION, store, PARTITIONS, catching_up, clock.monotonic)
    assert await reader.read(MEMBER, lambda view: view.member, after=4) == MEMBER
    assert clock.sleeps == 0, "what stands below the cursor is applied"
    assert await reader.read(MEMBER, lambda view: view.member, after=7) == MEMBER
    assert clock.sleeps == 3


async def test_a_read_waits_two_seconds_at_most() -> None:
    store, clock = await stored([ZOE], cursor=5), Clock()
    with pytest.raises(NotVisible):
        await reader_of(store, clock).read(MEMBER, lambda view: view.member, after=5)
    assert VISIBLE_SECONDS_MAX <= clock.now <= VISIBLE_SECONDS_MAX + 2 * LOOK_SECONDS
    assert clock.sleeps <= 12, "anybody may name a write that was never made: the store is not asked two hundred times"


async def test_nothing_is_said_of_whom_nobody_knows() -> None:
    with pytest.raises(UnknownMember) as unknown:
        await reader_of(await stored([ZOE])).read(STRANGER, lambda view: view.member)
    assert unknown.value.incarnation == 0


async def test_of_an_erased_member_it_is_said_since_when() -> None:
    """An import that began before it must not be taken for one of somebody whom nobody has known yet."""
    store, partition = await stored([]), partition_for(MEMBER, PARTITIONS)
    erased = MemberChange(puts={NOTES: stored_of(RuntimeMeta(incarnation=7, erased_at=NOW), b"")})
    await store.commit(partition, "a:1", "a:2", Changes(members={MEMBER: erased}))
    with pytest.raises(UnknownMember) as unknown:
        await reader_of(store).read(MEMBER, lambda view: view.member)
    assert unknown.value.incarnation == 7


@pytest.mark.parametrize("version", [STATE_VERSION - 1, STATE_VERSION + 1])
async def test_a_store_of_another_version_does_not_tell_who_is_unknown(version: int) -> None:
    """Without a look at the version, whoever is not read again yet is taken for one whom nobody knows."""
    with pytest.raises(Uncertain, match=f"version {version}"):
        await reader_of(await stored([ZOE], version=version)).read(STRANGER, lambda view: view.member)


async def test_a_store_that_is_new_or_being_wiped_does_not_tell_who_is_unknown() -> None:
    with pytest.raises(Uncertain):
        await reader_of(FakeStore()).read(MEMBER, lambda view: view.member)
    store = await stored([ZOE])
    reader = reader_of(store)
    fencing_token = (await store.meta(reader.partition_of(MEMBER)))["head"]
    await store.commit(reader.partition_of(MEMBER), fencing_token, "b:0", Changes(wipe=True))
    with pytest.raises(Uncertain):
        await reader.read(MEMBER, lambda view: view.member)


@pytest.mark.parametrize("value", [b"\x93\x01\x02\x03", b"\xc1\x08\x00\x00\x00\xff\xff\xff"])
async def test_bytes_of_another_version_are_uncertain(value: bytes) -> None:
    """One is MessagePack of another form, one is nothing that is compressed."""
    store = await stored([ZOE])
    partition = partition_for(MEMBER, PARTITIONS)
    fencing_token = (await store.meta(partition))["head"]
    await store.commit(partition, fencing_token, "b:0", Changes(members={MEMBER: MemberChange(puts={PROFILE: value})}))
    with pytest.raises(Uncertain):
        await reader_of(store).read(MEMBER, lambda view: view.member)


async def test_a_question_without_an_end_is_ended() -> None:
    asked = iter(range(10_000))

    def more(view: View[Profile, Item]) -> None:
        view.item(f"c/{next(asked)}")

    with pytest.raises(RuntimeError, match="more and more"):
        await reader_of(await stored([ZOE])).read(MEMBER, more)


def test_two_seconds_are_what_is_promised() -> None:
    assert timedelta(seconds=VISIBLE_SECONDS_MAX) == timedelta(seconds=2)

"""Laws of *invites* over random histories: late, early, repeated and reordered events, outages, changed preferences.

A history is drawn from a seed. It is lived through in the order of its log; what was said is then judged from outside.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from msgspec.structs import replace

from services.invites.rules import proposals as gathering
from shared.contracts import (
    ContactConnected,
    DigestFailed,
    DigestSent,
    Event,
    EventData,
    InviteAnswered,
    InviteExpired,
    InviteIgnored,
    InviteKept,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    MemberJoined,
    MemberPreferencesSet,
)
from tests.depth import blocks
from tests.unit.services.invites.invites_history import BLOCK, BLOCKS, END, FATES, INVITES, draw_history
from tests.unit.services.invites.invites_world import (
    day,
)
from tests.unit.services.invites.mailed import InvitesLoop


@dataclass(frozen=True, slots=True)
class Life:
    """A history that was lived through."""

    inputs: Sequence[Event]
    loop: InvitesLoop

    def said(self, *kinds: type[EventData]) -> list[Event]:
        return [event for event in self.loop.published if isinstance(event.data, kinds)]

    def about(self, invite: str, *kinds: type[EventData]) -> list[Event]:
        return [event for event in self.said(*kinds) if getattr(event.data, "invite_id", None) == invite]

    def is_about(self, answer: Event, invite: str) -> bool:
        """Say whether an answer concerns an invite: by its id, or by that of a proposal that has listed it."""
        assert isinstance(answer.data, InviteKept | InviteRetractionApproved)
        listed = [
            [one.invite_id for one in event.data.invites] + [*(event.data.more or ())]
            for event in self.loop.published
            if isinstance(event.data, InviteRetractionProposed) and event.data.proposal_id == answer.data.proposal_id
        ]
        return invite in (answer.data.invite_ids or ()) or any(invite in ids for ids in listed)

    def counts_from(self, answer: Event, invite: str) -> datetime | None:
        """Return when an answer became one to the invite: when it came, or the proposal that it names listed the invite."""
        data = data_of(answer)
        if data.invite_ids is not None:
            return answer.logged if invite in data.invite_ids else None
        listed = [
            event.time
            for event in self.loop.published
            if isinstance(event.data, InviteRetractionProposed)
            and event.data.proposal_id == data.proposal_id
            and invite in {*(one.invite_id for one in event.data.invites), *(event.data.more or ())}
        ]
        return max(answer.logged, min(listed)) if listed else None

    def known(self, at: datetime, *kinds: type[EventData]) -> list[Event]:
        """What had been applied for sure when something was said at that instant."""
        return [event for event in self.inputs if event.logged < at and isinstance(event.data, kinds)]

    def between(self, before: datetime, after: datetime, *kinds: type[EventData]) -> list[Event]:
        return [event for event in self.inputs if before <= event.logged <= after and isinstance(event.data, kinds)]


def live(seed: int) -> Life:
    rng = random.Random(seed)
    history = draw_history(rng)
    loop = InvitesLoop(items_max=rng.choice([1, 2, 500]), fate=lambda due: rng.choice(FATES))
    waiting = list(history)
    while waiting:
        batch = [waiting.pop(0)]
        while waiting and (waiting[0].logged == batch[0].logged or rng.random() < 0.2):
            batch.append(waiting.pop(0))  # a batch may hold what was logged later: the service was down until then
        if rng.random() < 0.7:
            loop.run_until(batch[0].logged)
        else:
            loop.sleep_until(batch[-1].logged)
        loop.apply(*batch)
        loop.assert_settled()
    loop.run_until(day(END * 3))
    return Life([*history, *loop.mails], loop)


@pytest.fixture(scope="module", autouse=True)
def small_backlog() -> Iterator[None]:
    """Two are a backlog here, so that short histories have some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "BACKLOG_INVITES_MIN", 2)
        yield


LIVES: dict[int, Life] = {}


def lives(block: int) -> Iterator[tuple[int, Life]]:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        if seed not in LIVES:
            LIVES[seed] = live(seed)
        yield seed, LIVES[seed]


def answers(events: Sequence[Event], invite: str) -> list[Event]:
    return [
        event
        for event in events
        if (isinstance(event.data, InviteAnswered) and event.data.invite_id == invite)
        or (isinstance(event.data, ContactConnected) and event.data.via_invite == invite)
    ]


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_neither_order_nor_repetition_of_outside_events_matters(block: int) -> None:
    for seed, life in lives(block):
        rng = random.Random(seed)
        ends: list[object] = []
        for order in (list(life.inputs), [*life.inputs, *life.inputs], list(life.inputs)[::-1]):
            if ends:
                rng.shuffle(order)
            loop = InvitesLoop()
            for event in order:
                loop.take(event)
            ends.append((loop.items, loop.profile))
        assert ends[0] == ends[1] == ends[2], seed


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_own_events_may_be_applied_before_or_after_later_outside_events(block: int) -> None:
    for seed, life in lives(block):
        for order in ([*life.loop.published, *life.inputs], [*life.inputs, *life.loop.published]):
            loop = InvitesLoop()
            for event in order:
                loop.take(event)
            assert (loop.items, loop.profile) == (life.loop.items, life.loop.profile), seed


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_in_the_end_there_is_silence_even_when_all_is_told_again(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        life = live(seed)
        said = len(life.loop.published)
        assert not life.loop.wakes, seed
        life.loop.apply(*(replace(event, logged=day(END * 3 + 1)) for event in life.inputs))
        life.loop.assert_settled()
        life.loop.run_until(day(END * 4))
        assert len(life.loop.published) == said, seed


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_nothing_is_said_against_an_answer_that_was_known(block: int) -> None:
    kinds = (InviteIgnored, InviteExpired, InviteRetracted, InviteRetractionNoticed, InviteRetractionProposed)
    for seed, life in lives(block):
        for event in life.said(*kinds):
            data = event.data
            if isinstance(data, InviteRetractionProposed):
                ids = [one.invite_id for one in data.invites]
            else:
                ids = [getattr(data, "invite_id", "")]
            for invite in ids:
                assert not answers(life.known(event.time, EventData), invite), (seed, event)
                gone = life.about(invite, InviteRetracted, InviteExpired)
                assert all(one.number >= event.number for one in gone if one.number and event.number), (seed, event)


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_nothing_is_said_twice_for_one_reason(block: int) -> None:
    for seed, life in lives(block):
        for invite in INVITES:
            for kind in (InviteRetracted, InviteExpired, InviteReinviteAllowed):
                assert len(life.about(invite, kind)) <= 1, (seed, kind)
            for before, after in itertools.pairwise(life.about(invite, InviteIgnored)):
                heard = [life.counts_from(event, invite) for event in life.inputs if isinstance(event.data, InviteKept)]
                assert any(at is not None and before.time <= at <= after.time for at in heard), seed
            for before, after in itertools.pairwise(life.about(invite, InviteRetractionNoticed)):
                told = life.between(
                    before.time, after.time, InviteKept, MemberPreferencesSet, MemberJoined, DigestFailed
                )
                assert told or unnamed(life, before, after.time), seed


def unnamed(life: Life, notice: Event, at: datetime) -> bool:
    """Say whether the day of a notice is over at an instant, and no mail has named it."""
    data = notice.data
    assert isinstance(data, InviteRetractionNoticed)
    return data.retract_at <= at and not any(
        day >= data.retract_at for taken, day in named_in_mails(life, data.invite_id) if notice.time <= taken <= at
    )


def named_in_mails(life: Life, invite: str) -> list[tuple[datetime, datetime]]:
    """Return when a mail was taken that said of an invite when it will be pulled back, and that day."""
    return [
        (event.time, one.retract_at)
        for event in life.loop.mails
        if isinstance(event.data, DigestSent)
        for one in event.data.retractions
        if one.invite_id == invite
    ]


def data_of(event: Event) -> InviteKept | InviteRetractionApproved:
    assert isinstance(event.data, InviteKept | InviteRetractionApproved)
    return event.data


@pytest.mark.deep
def test_the_histories_reach_every_event_that_can_be_said() -> None:
    reached = {type(event.data) for block in range(BLOCKS) for _, life in lives(block) for event in life.loop.published}
    assert reached == {
        InviteIgnored, InviteExpired, InviteRetracted, InviteRetractionNoticed, InviteRetractionProposed,
        InviteReinviteAllowed,
    }  # fmt: skip

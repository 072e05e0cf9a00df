"""Laws of *invites* over random histories: late, early, repeated and reordered events, outages, changed preferences.

A history is drawn from a seed. It is lived through in the order of its log; what was said is then judged from outside.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from services.invites import proposals as gathering
from services.invites.notices import no_mail
from shared.contracts import (
    ContactConnected,
    ContactNamed,
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
    InviteSent,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.preference_names import DIGEST_RULE
from tests.depth import blocks
from tests.unit.invites.invites_world import (
    DAY,
    accepted,
    answered_all,
    approved,
    connected,
    day,
    declined,
    given_up,
    imported,
    joined,
    kept,
    named,
    person,
    policy,
    removed,
    reported,
    sent,
    wish,
    withdrawn,
)
from tests.unit.invites.mailed import InvitesLoop

BLOCKS = 6
BLOCK = 60
INVITES = "abcd"
END = 1200
FATES = (timedelta(), timedelta(), timedelta(minutes=3), timedelta(hours=20), None)
"""How much later than it is due a digest is taken by the mail server; None: never."""


def draw_event(rng: random.Random) -> Event:
    at = rng.randint(0, 500) + rng.choice([0, 0.25, 0.5])
    invite = rng.choice(INVITES)
    proposal = f"proposal/{rng.randint(1, 3)}"
    some = sorted(set(rng.choices(INVITES, k=rng.randint(1, 3))))
    kinds: list[Callable[[], Event]] = [
        lambda: kept(at, *some, days=rng.choice([None, 1, 30, 200])),
        lambda: approved(at, *some, again=rng.random() < 0.5),
        lambda: answered_all(InviteKept, at, proposal, for_days=rng.choice([None, 1, 30, 200])),
        lambda: answered_all(InviteRetractionApproved, at, proposal, try_again=rng.random() < 0.5),
        lambda: withdrawn(invite, at, again=rng.random() < 0.6),
        lambda: rng.choice([accepted, declined, reported])(invite, at),
        lambda: connected(invite, at, via=rng.random() < 0.5),
        lambda: removed(invite, at),
        lambda: named(invite, at, rng.choice(["Ada", "Bea", "Cleo"])),
        lambda: imported(at, import_id=f"import{at}"),
        lambda: wish(at, paused_until=day(at + rng.choice([-5, 20, 120])).isoformat()),
        lambda: wish(at, rules={rng.choice(["expire", "retract_stale", "reinvite"]): {"on": rng.random() < 0.7}}),
        lambda: wish(at, retraction={rng.choice(["after_days", "notice_days"]): rng.choice([1, 7, 40, 150])}),
        lambda: wish(at, digest={"every": rng.choice(["off", "daily", "weekly"]), "time": "07:00"}),
        lambda: wish(at, rules={DIGEST_RULE: {"on": rng.random() < 0.5}}),
        lambda: joined(at, email=rng.choice([None, "ada@example.org"])),
        lambda: given_up(at),
    ]
    policies: list[Callable[[], Event]] = [lambda: policy(at, rng.choice(["ask", "auto", "auto", "never"]))] * 3
    sendings: list[Callable[[], Event]] = [lambda: sent(invite, at - rng.choice([0, 0, 30, 400]))] * 4
    return rng.choice([*kinds, *policies, *sendings])()


def draw_history(rng: random.Random) -> list[Event]:
    """Events in the order of the log: some at once, some months late, some twice and far apart."""
    events = [sent(invite, rng.randint(0, 200)) for invite in INVITES if rng.random() < 0.8]
    events += [joined()] * (rng.random() < 0.9)
    events += [draw_event(rng) for _ in range(rng.randint(0, 10))]
    unique = {event.id: event for event in events}.values()
    arrivals = [replace(event, logged=event.time + rng.choice([0, 0, 0, 0.001, 1, 60, 300]) * DAY) for event in unique]
    # No two instants meet by accident: whether a record of the same instant was known is the shell's to say.
    arrivals = [
        replace(event, logged=max(event.logged, day(0)) + timedelta(milliseconds=rng.randint(1, 9_999_999)))
        for event in arrivals
    ]
    arrivals += [
        replace(event, logged=event.logged + rng.choice([1, 100]) * DAY) for event in arrivals if rng.random() < 0.3
    ]
    return sorted(arrivals, key=lambda event: event.logged)


@dataclass(frozen=True, slots=True)
class Life:
    """A history that was lived through."""

    inputs: Sequence[Event]
    loop: InvitesLoop

    def said(self, *kinds: type[EventData]) -> list[Event]:
        return [event for event in self.loop.said if isinstance(event.data, kinds)]

    def about(self, invite: str, *kinds: type[EventData]) -> list[Event]:
        return [event for event in self.said(*kinds) if getattr(event.data, "invite_id", None) == invite]

    def is_about(self, answer: Event, invite: str) -> bool:
        """Say whether an answer concerns an invite: by its id, or by that of a proposal that has listed it."""
        assert isinstance(answer.data, InviteKept | InviteRetractionApproved)
        listed = [
            [one.invite_id for one in event.data.invites] + [*(event.data.more or ())]
            for event in self.loop.said
            if isinstance(event.data, InviteRetractionProposed) and event.data.proposal_id == answer.data.proposal_id
        ]
        return invite in (answer.data.invite_ids or ()) or any(invite in ids for ids in listed)

    def counts_from(self, answer: Event, invite: str) -> datetime | None:
        """Return when an answer became one to the invite: when it came, or the proposal that it names listed the invite."""
        data = _data(answer)
        if data.invite_ids is not None:
            return answer.logged if invite in data.invite_ids else None
        listed = [
            event.time
            for event in self.loop.said
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
        for order in ([*life.loop.said, *life.inputs], [*life.inputs, *life.loop.said]):
            loop = InvitesLoop()
            for event in order:
                loop.take(event)
            assert (loop.items, loop.profile) == (life.loop.items, life.loop.profile), seed


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_in_the_end_there_is_silence_even_when_all_is_told_again(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        life = live(seed)
        said = len(life.loop.said)
        assert not life.loop.wakes, seed
        life.loop.apply(*(replace(event, logged=day(END * 3 + 1)) for event in life.inputs))
        life.loop.assert_settled()
        life.loop.run_until(day(END * 4))
        assert len(life.loop.said) == said, seed


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
                assert told or _unnamed(life, before, after.time), seed


def _unnamed(life: Life, notice: Event, at: datetime) -> bool:
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


def _without_spared(words: Sequence[Event]) -> list[Event]:
    """Leave out each yes to a whole proposal that was said while the invite was kept by its own id."""
    own = max((one for one in words if _data(one).invite_ids), key=lambda one: (one.time, one.id), default=None)
    if own is None or not isinstance(own.data, InviteKept):
        return list(words)
    until = None if own.data.for_days is None else own.time + own.data.for_days * DAY
    return [
        one
        for one in words
        if _data(one).invite_ids or isinstance(one.data, InviteKept) or (until is not None and one.time >= until)
    ]


def _data(event: Event) -> InviteKept | InviteRetractionApproved:
    assert isinstance(event.data, InviteKept | InviteRetractionApproved)
    return event.data


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_every_retraction_was_allowed_by_the_member(block: int) -> None:
    for seed, life in lives(block):
        for event in life.said(InviteRetracted):
            assert isinstance(event.data, InviteRetracted)
            known = [one for one in life.inputs if one.logged <= event.time]
            invite = event.data.invite_id
            words = [
                one
                for one in known
                if isinstance(one.data, InviteKept | InviteRetractionApproved) and life.is_about(one, invite)
            ]
            last = max(_without_spared(words), key=lambda one: (one.time, one.id), default=None)
            if event.data.by == "member":
                assert last is not None, seed
                assert isinstance(last.data, InviteRetractionApproved), seed
                continue
            loop = InvitesLoop()
            for one in known:
                loop.take(one)
            assert loop.profile.preferences.policy == "auto", seed
            notice = life.about(invite, InviteRetractionNoticed)[-1]
            assert isinstance(notice.data, InviteRetractionNoticed)
            assert notice.time + DAY <= notice.data.retract_at <= event.time, seed
            assert no_mail(loop.profile) is None, seed
            whole = event.time - loop.profile.preferences.notice
            mails = [mail for mail in named_in_mails(life, invite) if mail[0] >= notice.time]
            assert any(taken <= whole and day <= event.time for taken, day in mails), seed
            if last is not None:
                assert isinstance(last.data, InviteKept), seed
                assert last.data.for_days is not None, seed
                assert last.time + last.data.for_days * DAY <= notice.time, seed


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_proposals_are_seldom(block: int) -> None:
    for seed, life in lives(block):
        proposals = [(event, event.data) for event in life.said(InviteRetractionProposed)]
        for (before, first), (after, second) in itertools.pairwise(proposals):
            assert isinstance(first, InviteRetractionProposed)
            assert isinstance(second, InviteRetractionProposed)
            backlog = after.causation is not None
            assert backlog or after.time - before.time >= gathering.EVERY, seed
            if second.attempt == 2:
                assert second.proposal_id == first.proposal_id, seed
                assert after.time - before.time >= gathering.REPEAT_AFTER, seed
                assert {one.invite_id for one in second.invites} <= {one.invite_id for one in first.invites}, seed
        for invite in INVITES:
            asked = [
                event
                for event, data in proposals
                if isinstance(data, InviteRetractionProposed)
                and data.attempt == 1
                and not event.causation
                and invite in {one.invite_id for one in data.invites}
            ]
            assert len(asked) <= len(life.about(invite, InviteIgnored)), seed


@pytest.mark.deep
def test_the_histories_reach_every_event_that_can_be_said() -> None:
    reached = {type(event.data) for block in range(BLOCKS) for _, life in lives(block) for event in life.loop.said}
    assert reached == {
        InviteIgnored, InviteExpired, InviteRetracted, InviteRetractionNoticed, InviteRetractionProposed,
        InviteReinviteAllowed,
    }  # fmt: skip


def test_a_proposal_calls_everybody_by_the_last_name_that_was_told() -> None:
    """Fails where a proposal keeps the names by which people were invited, or takes one that is older than the invite."""
    renamed = 0
    for block in range(BLOCKS):
        for seed, life in lives(block):
            for event in life.said(InviteRetractionProposed):
                for one in _proposed(event).invites:
                    before, with_its_instant = (
                        last_name(life, one.invite_id, event.time + later)
                        for later in (timedelta(), timedelta.resolution)
                    )
                    assert one.contact.name in {before, with_its_instant}, (seed, event)
                    renamed += before == with_its_instant != person(one.invite_id)["name"]
    assert renamed


def last_name(life: Life, invite: str, at: datetime) -> str:
    who = person(invite)
    sendings = (event.time for event in life.known(at, InviteSent) if _sent(event).invite_id == invite)
    told = [
        (event.time, event.id, event.data.name)
        for event in life.known(at, ContactNamed)
        if isinstance(event.data, ContactNamed) and event.data.contact_id == who["id"]
    ]
    return max([(min(sendings), "~", who["name"]), *told])[2]


def _sent(event: Event) -> InviteSent:
    assert isinstance(event.data, InviteSent)
    return event.data


def _proposed(event: Event) -> InviteRetractionProposed:
    assert isinstance(event.data, InviteRetractionProposed)
    return event.data

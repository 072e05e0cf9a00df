"""Laws of the digest over random histories: whatever happens in whatever order, these hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.digest import delivery_errors
from services.digest.content.build import content, tells_nothing
from services.digest.decider import DECIDER
from services.digest.evaluate import running_of
from services.digest.model.state import DIGEST, LETTING_GO, MEETINGS, OPEN, REASONS
from services.digest.rules import ATTEMPTS_MAX, OUTCOME_AFTER
from shared.calendar import instant, iso_week, local
from shared.contracts import (
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    DigestUnknown,
    Event,
    HelpReceived,
    IntroductionMade,
    InviteAccepted,
    InviteKept,
    InviteWhyGiven,
)
from shared.testing.loop import Loop
from tests.depth import examples
from tests.unit.services.digest.digest_world import DAY, World, accepted, lost, of, refused

ZONES = (
    "UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana",
    "Africa/Casablanca", "Asia/Kathmandu",
)  # fmt: skip
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAILINGS = (
    accepted, lost, refused(delivery_errors.UNREACHABLE), refused(delivery_errors.FULL),
    refused(delivery_errors.REJECTED, permanent=True), refused(delivery_errors.BOUNCED, permanent=True),
)  # fmt: skip

clocks = st.sampled_from(("00:00", "00:30", "02:30", "08:00", "23:30"))
keys = st.sampled_from("abcdef")
told = st.one_of(
    st.tuples(st.just("plan"), keys, st.integers(0, 60)),
    st.tuples(st.sampled_from(("complete", "propose", "answer", "keep")), keys, st.just(0)),
    st.tuples(st.just("meet"), keys, st.integers(0, 2)),
    st.tuples(st.sampled_from(("agree", "move")), keys, st.integers(0, 30)),
    st.tuples(st.sampled_from(("call off", "quiet")), keys, st.just(0)),
    st.tuples(st.just("note"), keys, st.integers(0, 2)),
    st.tuples(st.sampled_from(("why", "asked", "given", "help", "helped")), keys, st.integers(0, 2)),
    st.tuples(st.just("due"), keys, st.integers(0, 20)),
    st.tuples(st.just("every"), st.sampled_from(("off", "daily", "weekly")), st.just(0)),
    st.tuples(st.just("time"), clocks, st.just(0)),
    st.tuples(st.just("weekday"), st.sampled_from(WEEKDAYS), st.just(0)),
    st.tuples(st.just("zone"), st.sampled_from(ZONES), st.just(0)),
    st.tuples(st.just("pause"), st.just(""), st.integers(0, 20)),
)
steps = st.one_of(
    told,
    st.tuples(st.just("mailing"), st.just(""), st.integers(0, len(MAILINGS) - 1)),
    st.tuples(st.just("outage"), st.just(""), st.integers(1, 30)),
    st.tuples(st.just("live"), st.just(""), st.integers(0, 15 * 24 * 4)),
)
histories = st.lists(steps, max_size=25)
quick = settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def day_of(world: World, days: int) -> str:
    return (world.now + days * DAY).strftime("%Y-%m-%d %H:%M")


TOLD: dict[str, Callable[[World, str, int], Event]] = {
    "plan": lambda world, key, amount: world.plan(key, day_of(world, amount)),
    "complete": lambda world, key, _: world.complete(key),
    "propose": lambda world, key, _: world.propose(key, "z"),
    "answer": lambda world, key, _: world.tell(InviteAccepted(invite_id=key, contact_id="c")),
    "keep": lambda world, key, _: world.tell(InviteKept(invite_ids=(key,))),
    "every": lambda world, key, _: world.prefer(digest={"every": key}),
    "time": lambda world, key, _: world.prefer(digest={"time": key}),
    "weekday": lambda world, key, _: world.prefer(digest={"weekday": key}),
    "zone": lambda world, key, _: world.prefer(zone=key),
    "pause": lambda world, _, amount: world.prefer(paused_until=(world.now + amount * DAY).isoformat()),
    "meet": lambda world, key, amount: world.meet(key, f"Name {amount}"),
    "agree": lambda world, key, amount: world.agree(key, day_of(world, amount), "a", "b"),
    "move": lambda world, key, amount: world.agree(key, day_of(world, amount), moved=True),
    "call off": lambda world, key, _: world.call_off(key),
    "quiet": lambda world, key, amount: world.go_quiet(f"rule_{key}", again=amount % 3 == 0),
    "back": lambda world, key, _: world.come_back(f"rule_{key}"),
    "note": lambda world, key, amount: world.note(key, f"Note {amount}"),
    "why": lambda world, key, amount: world.meet(key, f"Name {amount}", why=f"Why {amount}"),
    "asked": lambda world, key, amount: world.invited(key, f"Name {amount}", why=f"Why {amount}"),
    "given": lambda world, key, amount: world.tell(InviteWhyGiven(invite_id=f"i-{key}", why=f"Why {amount}")),
    "help": lambda world, key, amount: world.tell(HelpReceived(contact_id=key, what=f"Help {amount}")),
    "helped": lambda world, key, amount: world.tell(IntroductionMade(contact_id=key, what=f"Help {amount}")),
    "due": lambda world, key, amount: world.fall_due(key, day_of(world, -amount), "another_rule", f"Text {amount}"),
}


def play(history: list[tuple[str, str, int]]) -> World:
    world = World("2026-10-12 00:00")
    world.join(zone="Europe/Paris")
    for what, key, amount in history:
        if what in TOLD:
            TOLD[what](world, key, amount)
        elif what == "mailing":
            world.mailing = MAILINGS[amount]
        elif what == "outage":
            world.now += amount * DAY
        else:
            world.until(world.now + timedelta(minutes=15 * amount))
    world.until(world.now + 10 * DAY)
    return world


def closed(world: World) -> list[Any]:
    return of(world.said, DigestPrepared) + of(world.said, DigestSkipped)


@quick
@given(histories)
def test_no_period_is_closed_twice(history: list[tuple[str, str, int]]) -> None:
    periods = [one.period for one in closed(play(history))]
    assert len(periods) == len(set(periods))


@quick
@given(histories)
def test_every_attempt_is_announced_once_and_has_one_end_at_most(history: list[tuple[str, str, int]]) -> None:
    world = play(history)
    begun = [(one.period, one.attempt) for one in of(world.said, DigestSending)]
    assert len(begun) == len(set(begun))
    assert all(1 <= attempt <= ATTEMPTS_MAX for _, attempt in begun)
    ended: dict[str, list[bool]] = {}
    for event in world.said:
        if isinstance(event.data, DigestSent | DigestUnknown | DigestFailed):
            final = not isinstance(event.data, DigestFailed) or event.data.permanent
            assert True not in ended.setdefault(event.data.period, []), "nothing is said after the end"
            ended[event.data.period].append(final)
    for prepared in of(world.said, DigestPrepared)[:-1]:
        assert ended[prepared.period][-1], "every digest comes to an end before the next one"


@quick
@given(histories)
def test_asking_again_is_answered_with_silence(history: list[tuple[str, str, int]]) -> None:
    world = play(history)
    assert not DECIDER.evaluate(world.view(), DIGEST, world.now).publish
    assert not DECIDER.evaluate(world.view(), DIGEST, None).publish
    wake = world.wake_at()
    assert wake is None or wake > world.now


@settings(quick, max_examples=examples(25))
@given(st.sampled_from(ZONES), clocks, st.sampled_from((None, *range(7))), st.integers(0, 40))
def test_a_digest_comes_at_the_member_s_wall_time_through_every_change_of_clocks(
    zone: str, clock: str, weekday: int | None, day: int
) -> None:
    world = World("2026-01-01 00:00")
    world.now += day * DAY
    world.join(zone=zone)
    digest = {"every": "daily"} if weekday is None else {"every": "weekly", "weekday": WEEKDAYS[weekday]}
    world.prefer(digest={**digest, "time": clock})
    world.plan("f", "2026-01-01 00:00")
    world.until(world.now + 330 * DAY)
    came = [(event.time, event.data) for event in world.said if isinstance(event.data, DigestPrepared)]
    days = [local(at, zone).date() for at, _ in came]
    assert all((b - a).days == (1 if weekday is None else 7) for a, b in pairwise(days))
    assert len(days) >= (329 if weekday is None else 46)
    for (at, prepared), on in zip(came, days, strict=True):
        assert at == prepared.due_at == instant(datetime.fromisoformat(f"{on}T{clock}"), zone)
        assert prepared.period == (on.isoformat() if weekday is None else iso_week(on))


@quick
@given(histories, st.integers(0, 400), st.integers(1, 60))
def test_a_digest_never_belongs_to_a_time_before_the_member_s_last_word_about_it(
    history: list[tuple[str, str, int]], backlog_days: int, outage_days: int
) -> None:
    world = play(history)
    world.mailing = accepted
    world.until(world.now + DAY)
    before = len(closed(world))
    set_at = world.now
    world.tell(world.join().data, time=set_at, logged=set_at + backlog_days * DAY)
    world.prefer(digest={"every": "weekly"}, paused_until=set_at.isoformat())
    world.now += outage_days * DAY
    world.wake()
    new = [event for event in world.said if isinstance(event.data, DigestPrepared | DigestSkipped)][before:]
    assert len(new) <= 1, "an outage is made up for by one digest"
    assert all(event.data.due_at > set_at for event in new if isinstance(event.data, DigestPrepared))


@quick
@given(histories, st.sampled_from(("2026-W48", "2026-11-23")))
def test_what_tells_nothing_is_a_digest_that_is_empty(history: list[tuple[str, str, int]], period: str) -> None:
    world = play(history)
    view = world.view()
    running = running_of(view)
    if running is not None:
        assert tells_nothing(view, running, period, world.now) == content(view, running, period, world.now).empty


@quick
@given(histories)
def test_off_is_off(history: list[tuple[str, str, int]]) -> None:
    world = play(history)
    world.prefer(digest={"every": "off"})
    world.until(world.now + 2 * DAY)
    said = len(closed(world))
    world.until(world.now + 100 * DAY)
    assert len(closed(world)) == said
    assert world.wake_at() is None


@settings(quick, max_examples=examples(200))
@given(st.data())
def test_what_is_known_from_outside_depends_on_neither_order_nor_repetition(data: st.DataObject) -> None:
    world = World()
    events: list[Event] = []
    for what, key, amount in data.draw(st.lists(told, max_size=12)):
        world.now += timedelta(minutes=1)
        events.append(TOLD[what](world, key, amount))
    other = World()
    order = data.draw(st.permutations(events))
    again = data.draw(st.lists(st.sampled_from(events), max_size=10)) if events else []
    for event in [*order, *again]:
        other.apply(event)
    assert other.profile == world.profile
    assert {key: item for key, item in other.items.items() if item} == {k: i for k, i in world.items.items() if i}


@quick
@given(st.lists(told, max_size=12), st.integers(0, 30))
def test_the_decider_keeps_the_rules_that_the_shell_relies_on(history: list[tuple[str, str, int]], days: int) -> None:
    """`Loop` fails when a wake says nothing, when an event changes nothing, and when a wake is not what it should be."""
    world, loop = World("2026-10-12 00:00"), Loop(DECIDER, "m")
    loop.apply(world.join(zone="Europe/Paris"))
    for what, key, amount in history:
        world.now += days * DAY / 4
        loop.run_until(world.now)
        loop.apply(TOLD[what](world, key, amount))
        loop.assert_settled()
    loop.run_until(world.now + 30 * DAY)
    loop.assert_settled()
    sending = {(one.digest_id, one.attempt) for one in loop.heard(DigestSending)}
    loop.run_until(world.now + 30 * DAY + OUTCOME_AFTER)
    unknown = {(one.digest_id, one.attempt) for one in loop.heard(DigestUnknown)}
    assert sending <= unknown, "nobody reports what became of the mails"


def test_the_histories_reach_what_the_laws_speak_of() -> None:
    """Were they all silence, the laws above would hold for the wrong reason."""
    history = [("plan", "a", 0), ("mailing", "", 3), ("live", "", 1200), ("propose", "b", 0), ("mailing", "", 0)]
    world = play(
        [*history, ("agree", "a", 3), ("why", "a", 0), ("help", "a", 0), ("every", "daily", 0), ("live", "", 1200)]
    )
    assert {DIGEST, OPEN, LETTING_GO, MEETINGS, REASONS} <= set(world.items)
    for kind in (DigestPrepared, DigestSending, DigestFailed, DigestSent):
        assert of(world.said, kind), kind

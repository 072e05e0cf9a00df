"""Laws of when *followups* speaks, in every zone: nothing is pushed in quiet hours, and each step of a cycle comes once.

The member travels, changes hours and offsets, is away for a while, and the service sleeps through some of it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar import in_quiet, instant, local
from shared.contracts import (
    ContactConnected,
    Event,
    EventData,
    FollowupDone,
    FollowupDue,
    FollowupRequested,
    FollowupScheduled,
    FollowupSnoozed,
    MeetingRescheduled,
    MeetingScheduled,
    MemberPreferencesSet,
)
from tests.depth import examples
from tests.unit.services.followups.followups_world import FollowupsLoop, member
from tests.unit.shared.zones import DAY, everywhere, moments_near_changes

quick = settings(max_examples=examples(100), deadline=None)
quiet = st.sampled_from(
    (("21:00", "08:00"), ("00:00", "06:30"), ("12:00", "13:00"), ("01:00", "02:30"), ("08:00", "21:00"))
)
days = st.integers(0, 9)
clock = st.sampled_from(("00:30", "02:30", "07:00", "12:30", "20:00", "23:30"))
what = st.one_of(
    st.tuples(st.just("remind"), days, clock, st.sampled_from((None, 1, 3))),
    st.tuples(st.just("meet"), days, clock, everywhere),
    st.tuples(st.just("move"), days, clock, everywhere),
    st.tuples(st.just("connect"), st.sampled_from("abc")),
    st.tuples(st.just("snooze"), st.integers(0, 72)),
    st.tuples(st.just("done"), st.just("")),
    st.tuples(st.just("travel"), everywhere),
    st.tuples(st.just("quiet"), quiet),
    st.tuples(st.just("pause"), days),
    st.tuples(st.just("offsets"), st.sets(st.integers(0, 6), min_size=1, max_size=3)),
    st.tuples(st.just("sleep"), st.integers(1, 40)),
)
histories = st.lists(st.tuples(st.integers(1, 30), what), min_size=3, max_size=14)


class Life:
    """A member whose every push is looked at when it is said."""

    def __init__(self, zone: str, begin: datetime) -> None:
        self.loop: FollowupsLoop = member()
        self.now = begin
        self.zone = zone
        self.hours = (datetime.min.time(), datetime.min.time())
        self.looked_at = 0
        self.told = 0
        self.pushes = 0
        self.keep_quiet("21:00", "08:00")
        self.tell(
            MemberPreferencesSet.model_validate({"zone": zone, "per_day": 50, "rules": {"thank": {"push": True}}})
        )

    def keep_quiet(self, begin: str, end: str) -> None:
        self.hours = (
            datetime.fromisoformat(f"2026-01-01T{begin}").time(),
            datetime.fromisoformat(f"2026-01-01T{end}").time(),
        )
        self.tell(MemberPreferencesSet.model_validate({"quiet_hours": {"from": begin, "to": end}}))

    def tell(self, data: EventData) -> None:
        self.told += 1
        self.loop.apply(Event(f"f{self.told}", "m1", self.now, self.now, data))

    def until(self, instant: datetime) -> None:
        self.now = instant
        self.loop.run_until(instant)
        for said in self.loop.published[self.looked_at :]:
            if isinstance(said.data, FollowupDue) and said.data.push:
                shown = local(said.time, self.zone)
                assert not in_quiet(said.time, self.zone, *self.hours), f"{said.data.followup_id} is pushed at {shown}"
                self.pushes += 1
        self.looked_at = len(self.loop.published)

    def wall(self, day: int, hours: str) -> str:
        return f"{local(self.now, self.zone).date() + day * DAY}T{hours}"

    def do(self, act: tuple[object, ...]) -> None:
        match act:
            case ("remind", int(day), str(hours), every):
                words = {"followup_id": f"r{day}", "what": "Call", "due": self.wall(day, hours), "every_days": every}
                self.tell(FollowupRequested.model_validate(words))
            case ("meet" | "move" as how, int(day), str(hours), str(zone)):
                kind = MeetingScheduled if how == "meet" else MeetingRescheduled
                words = {"meeting_id": "k", "contact_ids": ["a"], "kind": "lunch", "minutes": 60}
                self.tell(kind.model_validate({**words, "starts": self.wall(day, hours), "zone": zone}))
            case ("connect", str(contact)):
                self.tell(ContactConnected.model_validate({"contact": {"id": contact, "name": contact}}))
            case ("snooze", int(hours)) if (last := self.last()) is not None:
                self.tell(FollowupSnoozed(followup_id=last, until=self.now + timedelta(hours=hours)))
            case ("done", _) if (last := self.last()) is not None:
                self.tell(FollowupDone(followup_id=last))
            case ("travel", str(zone)):
                self.zone = zone
                self.tell(MemberPreferencesSet(zone=zone))
            case ("quiet", (str(begin), str(end))):
                self.keep_quiet(begin, end)
            case ("pause", int(day)):
                self.tell(MemberPreferencesSet(paused_until=self.now + day * DAY))
            case ("offsets", set() as offsets):
                rule = {"offsets_days": sorted(offsets)}
                self.tell(MemberPreferencesSet.model_validate({"rules": {"thank": rule, "own_reminder": rule}}))
            case ("sleep", int(hours)):
                self.now += timedelta(hours=hours)
                self.loop.sleep_until(self.now)
            case _:
                pass  # there is nothing to answer yet

    def last(self) -> str | None:
        dues = self.loop.heard(FollowupDue)
        return dues[-1].followup_id if dues else None


@quick
@given(moments_near_changes(), histories)
def test_nothing_is_pushed_in_quiet_hours_and_no_step_of_a_cycle_comes_twice(
    near: tuple[str, datetime], history: list[tuple[int, tuple[object, ...]]]
) -> None:
    zone, moment = near
    life = Life(zone, moment - 2 * DAY)
    for hours, act in history:
        life.until(life.now + timedelta(hours=hours))
        life.do(act)
    life.until(life.now + 40 * DAY)
    life.loop.assert_settled()
    steps = Counter((due.followup_id, due.attempt) for due in life.loop.heard(FollowupDue))
    assert set(steps.values()) <= {1}, "a step was said twice"
    cycles = Counter(one.followup_id for one in life.loop.heard(FollowupScheduled))
    assert set(cycles.values()) <= {1}, "a cycle was begun twice"
    at_once = Counter(
        (said.time, said.data.followup_id) for said in life.loop.published if isinstance(said.data, FollowupDue)
    )
    assert set(at_once.values()) <= {1}, "two steps of a cycle at one instant"


@quick
@given(moments_near_changes(), clock, st.sampled_from((1, 2, 7)))
def test_a_series_of_reminders_keeps_its_wall_time_over_every_change_of_clocks(
    near: tuple[str, datetime], hours: str, every: int
) -> None:
    zone, moment = near
    life = Life(zone, moment - 3 * DAY)
    life.keep_quiet("12:00", "12:00")
    first = life.wall(1, hours)
    words = {"followup_id": "r", "what": "Call", "due": first, "every_days": every}
    life.tell(FollowupRequested.model_validate(words))
    due = datetime.fromisoformat(first)
    for number in range(8):
        meant = instant(due + number * every * DAY, zone)
        life.until(meant)
        said = life.loop.published[-1] if life.loop.published else None
        assert said is not None
        assert isinstance(said.data, FollowupDue), f"{due + number * every * DAY} in {zone}"
        assert said.time == said.data.due_at == meant
        life.now += timedelta(minutes=1)
        life.do(("done", ""))


def test_the_lives_reach_what_the_laws_speak_of() -> None:
    """Were nothing pushed, the first law would hold for the wrong reason."""
    life = Life("Europe/Paris", datetime.fromisoformat("2026-03-27T06:00:00+00:00"))
    for act in (
        ("remind", 1, "12:30", 1),
        ("connect", "a"),
        ("meet", 3, "12:30", "Pacific/Chatham"),
        ("travel", "Pacific/Chatham"),
    ):
        life.until(life.now + timedelta(hours=5))
        life.do(act)
    life.until(life.now + 20 * DAY)
    assert {due.rule for due in life.loop.heard(FollowupDue) if due.push} >= {"own_reminder", "thank", "meeting_today"}
    assert life.pushes > 5

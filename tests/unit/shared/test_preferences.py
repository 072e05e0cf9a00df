"""Preferences: each is a register of its own, and what was never set has a default."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import Event, EventData, InviteSent, MemberJoined, MemberPreferencesSet
from shared.preference_names import PAUSE, RETRACTION, of_rules
from shared.preferences import Preferences, evolve_preferences

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def event(data: EventData, day: float = 0, event_id: str = "f") -> Event:
    return Event(id=event_id, member="m1", time=T0 + day * DAY, logged=T0 + 400 * DAY, data=data)


def wish(day: float = 0, event_id: str = "f", **part: object) -> Event:
    return event(MemberPreferencesSet.model_validate(part), day, event_id)


def after(*events: Event) -> Preferences:
    preferences = Preferences()
    for one in events:
        preferences = evolve_preferences(preferences, one)
    return preferences


def test_what_was_never_set_has_the_default() -> None:
    none = Preferences()
    assert (none.zone, none.locale, none.quiet) == ("UTC", "en", (time(21), time(8)))
    assert (none.digest_every, none.digest_weekday, none.digest_time) == ("weekly", 0, time(8))
    assert (none.policy, none.stale_after, none.notice) == ("ask", 90 * DAY, 7 * DAY)
    assert (none.per_day, none.paused_until, none.policy_set_at) == (3, None, None)
    assert (none.name, none.email, none.rule("thank")) == (None, None, (None,) * 4)


def test_a_part_leaves_the_rest_as_it_was() -> None:
    both = after(
        wish(1, "a", zone="Europe/Paris", digest={"weekday": "fri"}, retraction={"policy": "auto"}),
        wish(
            2,
            "b",
            digest={"time": "07:30"},
            retraction={"after_days": 30},
            rules={"thank": {"offsets_days": [2, 5], "offsets_hours": [3], "push": True}},
        ),
        wish(3, "c", rules={"thank": {"on": False}}, quiet_hours={"to": "06:15"}, per_day=0),
    )
    assert (both.zone, both.digest_weekday, both.digest_time) == ("Europe/Paris", 4, time(7, 30))
    assert (both.policy, both.policy_set_at, both.stale_after) == ("auto", T0 + DAY, 30 * DAY)
    assert both.rule("thank") == (False, (2 * DAY, 5 * DAY), (DAY / 8,), True)
    assert (both.quiet, both.per_day) == ((time(21), time(6, 15)), 0)


def test_who_joins_gives_name_address_and_zone() -> None:
    joined = MemberJoined(name="Ada", email="ada@example.org", zone="Asia/Kathmandu", locale="de")
    known = after(wish(2, "b", zone="Europe/Paris"), event(joined, 1, "a"))
    assert (known.name, known.email, known.zone, known.locale) == ("Ada", "ada@example.org", "Europe/Paris", "de")


def test_any_other_event_and_an_older_wish_return_the_same_object() -> None:
    known = after(wish(2, "b", per_day=5))
    sent = InviteSent.model_validate({"invite_id": "i", "contact": {"id": "c", "name": "Cy"}})
    assert evolve_preferences(known, event(sent, 3)) is known
    assert evolve_preferences(known, wish(1, "z", per_day=9)) is known
    assert evolve_preferences(known, wish(2, "b", per_day=5)) is known


def test_a_decider_keeps_only_what_it_reads() -> None:
    only = RETRACTION | PAUSE | of_rules(["expire"])
    part = wish(
        1, zone="Europe/Paris", per_day=9, retraction={"policy": "never"}, paused_until="2026-02-01T00:00:00.123Z",
        rules={"expire": {"on": True}, "thank": {"on": False}},
    )  # fmt: skip
    kept = evolve_preferences(Preferences(), part, only)
    assert (kept.zone, kept.policy, kept.rule("expire").on, kept.rule("thank").on) == (
        "Europe/Paris",
        "never",
        True,
        None,
    )
    assert kept.per_day == 3, "set, and not kept"
    assert kept.paused_until == datetime(2026, 2, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    assert evolve_preferences(kept, wish(2, "c", per_day=1), only) is kept


WISHES = st.fixed_dictionaries(
    {},
    optional={
        "zone": st.sampled_from(["Europe/Paris", "America/Havana", "UTC"]),
        "quiet_hours": st.fixed_dictionaries({}, optional={"from": st.just("22:00"), "to": st.sampled_from(["07:00"])}),
        "digest": st.fixed_dictionaries({}, optional={"every": st.sampled_from(["off", "daily"])}),
        "retraction": st.fixed_dictionaries(
            {}, optional={"policy": st.sampled_from(["ask", "auto", "never"]), "after_days": st.integers(1, 200)}
        ),
        "rules": st.dictionaries(
            st.sampled_from(["thank", "expire"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "on": st.booleans(),
                    "offsets_days": st.just([2, 5]),
                    "offsets_hours": st.just([3]),
                    "push": st.booleans(),
                },
            ),
            max_size=2,
        ),
        "paused_until": st.sampled_from(["2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z"]),
    },
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """Events in one order, and the same in another order with some of them repeated."""
    parts = draw(st.lists(st.tuples(st.integers(0, 3), WISHES), min_size=1, max_size=6))
    events = [wish(day, f"id{number}", **part) for number, (day, part) in enumerate(parts)]
    events.append(event(MemberJoined(name="Ada", zone="Asia/Kathmandu"), draw(st.integers(0, 3)), "joined"))
    again: Sequence[Event] = draw(st.permutations([*events, *draw(st.lists(st.sampled_from(events), max_size=4))]))
    return events, list(again)


@settings(max_examples=50)
@given(histories())
def test_neither_order_nor_repetition_matters(both: tuple[list[Event], list[Event]]) -> None:
    first, second = (after(*events) for events in both)
    assert first == second
    assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second)


@settings(max_examples=50)
@given(histories())
def test_what_is_stored_is_read_back_as_it_was(both: tuple[list[Event], list[Event]]) -> None:
    known = after(*both[0])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(known), type=Preferences) == known

"""What the digest keeps and lists: each limit at its number and one beyond it, and the order in which it cuts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from services.digest import decider, rules
from services.digest.apply.merge import follow
from services.digest.content import build, model, monthly_review
from services.digest.content.model import WHOLE_MAX
from services.digest.model.meeting import Company, Meeting
from services.digest.model.state import (
    ENDED_FOLLOWUPS_MAX,
    MEETING_PEOPLE_MAX,
    MEETINGS,
    OPEN,
    Meetings,
    OpenFollowups,
)
from shared.contracts import DigestItem, MeetingHeld, MeetingRescheduled
from shared.texts.sentences import SOMEBODY
from tests.unit.services.digest.digest_world import World, utc


def world() -> World:
    made = World("2026-11-20 00:00")
    made.join()
    return made


def open_of(made: World) -> OpenFollowups:
    known = made.items[OPEN]
    assert isinstance(known, OpenFollowups)
    return known


def moved(starts: str) -> MeetingRescheduled:
    """Another hour of a meeting, by who does not say again with whom it is."""
    return MeetingRescheduled(
        meeting_id="m", kind="lunch", starts=datetime.fromisoformat(starts), zone="UTC", minutes=60
    )


def test_of_what_has_ended_the_last_five_hundred_are_remembered_and_nothing_that_waits_is_lost_for_them() -> None:
    made = world()
    made.plan("waits", "2026-12-01 00:00")
    known, ended = open_of(made), made.complete("f000")
    for number in range(ENDED_FOLLOWUPS_MAX):
        known = follow(known, replace(ended, data=ended.data.model_copy(update={"followup_id": f"f{number:03}"})))
    assert len(known.by_id) == ENDED_FOLLOWUPS_MAX + 1
    known = follow(known, replace(ended, data=ended.data.model_copy(update={"followup_id": "last"})))
    assert "f000" not in known.by_id, "of those that ended together the first by its name is forgotten"
    assert {"f001", "last", "waits"} <= set(known.by_id)
    assert len(known.by_id) == ENDED_FOLLOWUPS_MAX + 1


def test_the_same_number_is_the_same_word_and_an_older_one_says_nothing() -> None:
    made = world()
    planned = made.plan("f", "2026-12-01 00:00")
    ended = made.complete("f")
    before = made.items[OPEN]
    assert not made.apply(ended)
    assert not made.apply(planned)
    assert made.items[OPEN] == before


def test_a_meeting_of_which_nobody_said_with_whom_it_is_is_with_one_whose_name_is_not_known() -> None:
    nobody = Meeting(utc("2026-11-20 00:00"), "e", utc("2026-11-20 00:00"))
    assert (nobody.contact_ids, nobody.count) == ((), 0)
    made = world()
    made.tell(moved("2026-11-24 12:30"))
    (told,) = made.content().meetings
    assert (told.contact_id, told.names, told.count, told.prepare) == ("", (str(SOMEBODY),), 1, False)
    (item,) = made.content().items()
    assert item == DigestItem(kind="meeting", meeting_id="m", contact_id=None, name=str(SOMEBODY), at=told.at)


@pytest.mark.parametrize("people", [MEETING_PEOPLE_MAX, MEETING_PEOPLE_MAX + 1])
def test_a_meeting_keeps_the_first_people_and_how_many_there_are(people: int) -> None:
    ids = tuple(f"c{number}" for number in range(people))
    made = world()
    made.agree("m", "2026-11-24 12:30", *ids)
    known = made.items[MEETINGS]
    assert isinstance(known, Meetings)
    meeting = known.by_id["m"]
    assert isinstance(meeting.company, Company)
    assert (meeting.contact_ids, meeting.count) == (ids[:MEETING_PEOPLE_MAX], people)


def test_with_whom_a_meeting_is_stays_known_after_a_word_that_names_nobody() -> None:
    made = world()
    made.agree("m", "2026-11-24 12:30", "c1", "c2")
    made.now += timedelta(hours=1)
    made.tell(moved("2026-11-25 12:30"))
    known = made.items[MEETINGS]
    assert isinstance(known, Meetings)
    assert (known.by_id["m"].contact_ids, known.by_id["m"].count) == (("c1", "c2"), 2)
    assert known.by_id["m"].starts == utc("2026-11-25 12:30").replace(tzinfo=None)
    made.tell(MeetingHeld(meeting_id="m", contact_ids=("c3",)))
    known = made.items[MEETINGS]
    assert isinstance(known, Meetings)
    assert (known.by_id["m"].contact_ids, known.by_id["m"].starts) == (("c3",), None)


@pytest.mark.parametrize("number", [build.SHOWN_MAX, build.SHOWN_MAX + 1])
def test_what_is_due_names_five_and_counts_the_others_where_there_are_any(number: int) -> None:
    made = world()
    for one in range(number):
        made.plan(f"f{one}", "2026-11-20 00:00", contact_id=None if one == 0 else f"c{one}")
    made.meet("c1", "Grace Hopper")
    told = made.content()
    items = told.items()
    assert (items[0].contact_id, items[0].name) == (None, None), "a reminder about nobody has neither id nor name"
    assert (items[1].contact_id, items[1].name, items[1].at) == ("c1", "Grace Hopper", utc("2026-11-20 00:00"))
    assert [item.kind for item in items] == ["due"] * build.SHOWN_MAX + ["due_more"] * (number > build.SHOWN_MAX)
    assert (told.due_more, len(told.due_rest)) == (number - build.SHOWN_MAX,) * 2


@pytest.mark.parametrize("number", [WHOLE_MAX, WHOLE_MAX + 1])
def test_meetings_and_what_is_coming_are_listed_up_to_twelve(number: int) -> None:
    made = world()
    for one in range(number):
        made.agree(f"m{one:02}", f"2026-11-24 {one:02}:30", f"c{one}")
        made.plan(f"f{one:02}", f"2026-11-25 {one:02}:00", rule="own_reminder", contact_id=None)
    told = made.content()
    assert [one.meeting_id for one in told.meetings] == [f"m{one:02}" for one in range(WHOLE_MAX)]
    assert [one.followup_id for one in told.coming] == [f"f{one:02}" for one in range(WHOLE_MAX)]
    assert (told.meetings_more, told.coming_more) == (number - WHOLE_MAX,) * 2
    more = {item.kind: item.count for item in told.items() if item.kind.endswith("_more")}
    assert more == ({"meeting_more": 1, "coming_more": 1} if number > WHOLE_MAX else {})


def test_a_mail_without_links_shows_twelve_of_what_is_due() -> None:
    made = world()
    for one in range(WHOLE_MAX + 1):
        made.plan(f"f{one:02}", "2026-11-20 00:00", contact_id=None)
    told = made.content()
    assert len(told.shown_due(linked=True)) == build.SHOWN_MAX
    assert [one.followup_id for one in told.shown_due(linked=False)] == [f"f{one:02}" for one in range(WHOLE_MAX)]


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (decider, "RULES_VERSION"), (decider, "TZDATA"), (rules, "OUTCOME_AFTER"), (rules, "EXPIRES_AFTER"),
        (rules, "ATTEMPTS_MAX"), (rules, "BACKOFF"), (rules, "BACKOFF_LAST"), (rules, "REFUSALS_MAX"), (build, "SHOWN_MAX"),
        (model, "WHOLE_MAX"), (build, "COMING_DAYS"), (build, "DATED"), (monthly_review, "THEMES_MAX"),
        (monthly_review, "NAMES_MAX"),
    ],
)  # fmt: skip
def test_whoever_changes_a_limit_changes_the_digest_of_the_rules(
    where: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what an older version decided would be taken for decided by this one."""
    before = decider._rules_digest()
    assert before == decider.DECIDER.rules
    monkeypatch.setattr(where, name, () if isinstance(getattr(where, name), frozenset) else "another")
    assert decider._rules_digest() != before

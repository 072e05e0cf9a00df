"""What a product shows: topics joined, so that a member's own word shows at once, and a service's when it comes."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.followups.engine.schedule import deferred
from services.gateway.reading import agenda, contact, invite_states, meetings, open_followups, wishes
from services.gateway.reading.forms.pages import BadCursor
from shared.contracts import Event
from shared.contracts.limits import REOPEN_DAYS_MAX
from tests.unit.services.gateway.members import NOW, THANK, due, planned, said, seen

ZOE = said(-9, "contact.connected", contact={"id": "zoe", "name": "Zoé"})
PARIS = said(-9, "member.joined", name="Ada", zone="Europe/Paris")


def states(*events: Event) -> list[tuple[str, str]]:
    return [(one.state, one.id) for one in agenda.answer(seen(*events), NOW).entries]


def test_what_fell_due_before_today_is_overdue_by_the_members_calendar() -> None:
    at_night = due(-10 / 24, "contact/ben/thank/1")  # 23:00 the day before in UTC, 0:00 of today in Paris
    assert states(due(-3), at_night, due(-0.1, "contact/cyd/thank/1")) == [
        ("overdue", THANK), ("overdue", "contact/ben/thank/1"), ("due", "contact/cyd/thank/1"),
    ]  # fmt: skip
    assert ("due", "contact/ben/thank/1") in states(PARIS, at_night)


def test_the_earliest_comes_first_and_meetings_stand_among_what_comes() -> None:
    lunch = said(
        -2, "meeting.scheduled", meeting_id="k1", contact_ids=["zoe"], kind="lunch", starts="2026-11-26T12:30",
        zone="Europe/Paris", minutes=60, place="Chez Paul",
    )  # fmt: skip
    later = planned(5, "contact/zoe/stay_in_touch/1")
    sooner = planned(1, "contact/zoe/first_question/1")
    found = agenda.answer(seen(ZOE, later, lunch, sooner), NOW).entries
    assert [one.id for one in found] == ["contact/zoe/first_question/1", "k1", "contact/zoe/stay_in_touch/1"]
    assert found[1].place == "Chez Paul"
    assert found[1].who is not None
    assert found[1].who.name == "Zoé"
    assert states(lunch, said(-1, "meeting.cancelled", meeting_id="k1")) == []


@pytest.mark.parametrize("how", ["done", "dismissed"])
def test_an_answer_takes_it_away_before_the_service_follows(how: str) -> None:
    answer = said(-0.5, f"followup.{how}", followup_id=THANK)
    assert states(due(-1), answer) == []
    assert states(answer, due(-0.1)) == [("due", THANK)], "it fell due again after the answer"


def test_put_off_it_comes_when_the_member_said_and_then_as_the_service_says() -> None:
    snoozed = said(-0.5, "followup.snoozed", followup_id=THANK, until="2026-11-30T09:00:00Z")
    entry = agenda.answer(seen(due(-1), snoozed), NOW).entries[0]
    assert (entry.state, f"{entry.at:%m-%d %H}") == ("coming", "11-30 09")
    again = planned(6, THANK, of=-0.4)
    assert states(due(-1), snoozed, again) == [("coming", THANK)]


def test_a_reminder_of_ones_own_shows_before_it_is_planned_and_once() -> None:
    asked = said(-0.2, "followup.requested", followup_id="rem-1", what="Ask how it went.", due="2026-12-01T09:00")
    entry = agenda.answer(seen(PARIS, asked), NOW).entries[0]
    assert (entry.state, entry.what, entry.rule) == ("coming", "Ask how it went.", "own_reminder")
    assert f"{entry.at:%d %H}" == "01 08", "by the member's clocks"
    plan = planned(7, "reminder/rem-1/own_reminder/2026-12-01", of=-0.1)
    assert states(asked, plan) == [("coming", "reminder/rem-1/own_reminder/2026-12-01")]
    end = said(0, "followup.lapsed", followup_id="reminder/rem-1/own_reminder/2026-12-01", rule="own_reminder")
    assert states(asked, plan, end) == [], "the service has spoken of it last"
    fell_due = due(-0.1, "reminder/rem-1/own_reminder/2026-12-01")
    done = said(-0.05, "followup.done", followup_id="rem-1")
    assert states(asked, plan, fell_due, done) == [], "it may be answered by the product's own id"


def test_what_is_settled_can_be_taken_back_for_a_week_and_until_the_next_turn_has_come_up() -> None:
    done, after = said(-0.5, "followup.done", followup_id=THANK), THANK.rpartition("/")[0] + "/2026-12-01.2"
    end = said(-0.4, "followup.completed", followup_id=THANK, rule="thank", because={"id": "e", "type": done.type})
    back = said(-0.3, "followup.reopened", followup_id=THANK)
    assert set(open_followups.can_be_taken_back(seen(due(-1), done), NOW)) == {THANK}
    assert set(open_followups.can_be_taken_back(seen(due(-1), done, end, planned(6, after, of=-0.3)), NOW)) == {THANK}
    assert not open_followups.can_be_taken_back(seen(due(-1), done, end, due(-0.3, after)), NOW)
    assert not open_followups.can_be_taken_back(seen(due(-1), done, end), NOW + timedelta(days=REOPEN_DAYS_MAX))
    assert not open_followups.can_be_taken_back(seen(due(-1), done, back), NOW)
    assert states(due(-1), done) == []
    assert states(due(-1), done, back) == [("overdue", THANK)], "the service had not followed it yet"


def proposed(*ids: str, day: float = -2) -> Event:
    shown = [
        {"invite_id": one, "contact": {"id": f"p-{one}", "name": one}, "sent_at": "2026-01-01T00:00:00Z"} for one in ids
    ]
    return said(
        day,
        "invite.retraction_proposed",
        proposal_id="proposal/1",
        invites=shown,
        oldest_days=90,
        attempt=1,
        more=["i9"],
    )


def sent(key: str, day: float = -100) -> Event:
    return said(day, "invite.sent", invite_id=key, contact={"id": f"p-{key}", "name": key.upper()})


def invites_of(*events: Event) -> dict[str, str]:
    return {one.id: one.state for one in invite_states.answer(seen(*events), NOW).invites}


def test_invites_stand_as_all_topics_together_say() -> None:
    about = {"contact_id": "p"}
    events = [
        *(sent(f"i{count}") for count in range(9)),
        said(-90, "invite.accepted", invite_id="i0", **about),
        said(-10, "invite.ignored", invite_id="i1", age_days=90, **about),
        said(-10, "invite.ignored", invite_id="i2", age_days=90, **about),
        said(-10, "invite.retracted", invite_id="i3", age_days=90, by="rule", **about),
        said(-5, "invite.retraction_noticed", invite_id="i4", retract_at="2026-11-30T00:00:00Z", **about),
        proposed("i2", "i5", "i6", "i7"),
        said(-1, "invite.kept", invite_ids=["i5"], for_days=30),
        said(-1, "invite.retraction_approved", invite_ids=["i6"]),
    ]
    assert invites_of(*events) == {
        "i0": "accepted", "i1": "ignored", "i2": "proposed", "i3": "retracted", "i4": "noticed", "i5": "kept",
        "i6": "letting_go", "i7": "proposed", "i8": "open",
    }  # fmt: skip
    answer = invite_states.answer(seen(*events), NOW)
    assert answer.counts["proposed"] == 2
    assert answer.proposal is not None
    assert (answer.proposal.invite_ids, answer.proposal.more) == (["i2", "i7"], 1)
    assert [one for one in states(*events) if one[0] == "waiting"] == [("waiting", "i2"), ("waiting", "i7")]


def test_an_answer_to_the_whole_proposal_spares_what_was_kept_by_its_own_id() -> None:
    whole = said(-1, "invite.retraction_approved", proposal_id="proposal/1")
    kept = said(-1.5, "invite.kept", invite_ids=["i2"])
    assert invites_of(sent("i1"), sent("i2"), proposed("i1", "i2"), kept, whole) == {"i1": "letting_go", "i2": "kept"}


def test_pages_neither_repeat_nor_skip_while_entries_come_and_go() -> None:
    plans = [planned(day, f"contact/zoe/thank/{day}") for day in range(1, 8)]
    first = agenda.answer(seen(*plans), NOW, limit=3)
    assert [one.id[-1] for one in first.entries] == ["1", "2", "3"]
    without = [plan for plan in plans if not plan.id.startswith("followup.scheduled") or "thank/2" not in plan.id]
    second = agenda.answer(seen(*without, planned(0.5, "contact/zoe/thank/0")), NOW, limit=3, after=first.next)
    assert [one.id[-1] for one in second.entries] == ["4", "5", "6"]
    last = agenda.answer(seen(*plans), NOW, limit=3, after=second.next)
    assert ([one.id[-1] for one in last.entries], last.next) == (["7"], None)
    with pytest.raises(BadCursor):
        agenda.answer(seen(*plans), NOW, after="nonsense")


def test_a_persons_page_tells_why_what_was_done_and_what_comes() -> None:
    view = seen(
        said(-50, "invite.sent", invite_id="i1", contact={"id": "zoe", "name": "Zoe"}, why="Your talk."),
        ZOE,
        said(-3, "call.held", contact_id="zoe", what="She moves to Lyon."),
        said(-2, "contact.cadence_set", contact_id="zoe", every_days=30),
        said(-2, "contact.date_set", contact_id="zoe", label="Birthday", month=5, day=7),
        said(-2, "promise.made", promise_id="p1", contact_id="zoe", what="Send it.", due="2026-12-01T09:00"),
        planned(5, "contact/zoe/stay_in_touch/1"),
        planned(5, "contact/ben/stay_in_touch/1"),
    )
    found = contact.answer(view, "zoe", NOW)
    assert found is not None
    assert (found.name, found.why, found.connected, found.cadence_days) == ("Zoé", "Your talk.", True, 30)
    assert found.dates == {"Birthday": "05-07"}
    assert [(one.type, one.what) for one in found.lately] == [
        ("rapport.promise.made", "Send it."), ("rapport.call.held", "She moves to Lyon."),
    ]  # fmt: skip
    assert [one.id for one in found.followups] == ["contact/zoe/stay_in_touch/1"]
    assert [one.what for one in found.promises] == ["Send it."]
    assert contact.answer(view, "nobody", NOW) is None


def test_meetings_that_come_stand_first() -> None:
    def at(key: str, starts: str) -> Event:
        return said(
            -9, "meeting.scheduled", meeting_id=key, contact_ids=["zoe"], kind="phone", starts=starts, zone="UTC",
            minutes=20,
        )  # fmt: skip

    past, soon, late = at("k1", "2026-11-01T09:00"), at("k2", "2026-11-25T09:00"), at("k3", "2026-12-25T09:00")
    idea = said(-8, "meeting.proposed", meeting_id="k4", contact_ids=["ben"])
    found = meetings.answer(seen(ZOE, late, past, idea, soon), NOW).meetings
    assert [(one.id, one.status) for one in found] == [
        ("k2", "scheduled"), ("k3", "scheduled"), ("k4", "proposed"), ("k1", "scheduled"),
    ]  # fmt: skip


def test_digests_and_preferences() -> None:
    about = {"digest_id": "d/1", "period": "2026-W48"}
    view = seen(
        PARIS,
        said(-5, "member.preferences_set", per_day=1, rules={"thank": {"on": False, "offsets_days": [1, 4]}}),
        said(-2, "digest.prepared", **about, items=[{"kind": "due"}], due_at="2026-11-23T07:00:00Z"),
        said(-1, "digest.sending", **about, attempt=1),
        said(-1, "digest.failed", **about, attempt=1, reason="no such address", permanent=True, switched_off=True),
    )
    found = wishes.digests_of(view)
    assert [(one.period, one.outcome, one.items, one.reason) for one in found.digests] == [
        ("2026-W48", "failed", 1, "no such address")
    ]
    assert found.given_up_at is not None
    wished = wishes.preferences_of(view)
    assert (wished.zone, wished.per_day, wished.digest_every) == ("Europe/Paris", 1, "weekly")
    assert wished.rules["thank"].model_dump(exclude_none=True) == {"on": False, "offsets_days": [1, 4]}


def test_what_falls_due_in_quiet_hours_or_a_pause_comes_when_they_are_over_as_the_service_says_it() -> None:
    """So nothing that comes has an hour that is past, and a meeting at seven stands before what waits for eight."""
    quiet = said(-8, "member.preferences_set", quiet_hours={"from": "21:00", "to": "08:00"})
    pause = said(-8, "member.preferences_set", paused_until="2026-11-27T10:00")
    tonight, early = (
        planned(-0.2, "contact/ben/thank/1"),
        planned(2, "contact/zoe/thank/1"),
    )  # 5:12 in Paris; on the 26th
    for events, hours in (
        ((PARIS, quiet, tonight), ["24 07:00"]),
        ((PARIS, quiet, pause, tonight, early), ["27 09:00", "27 09:00"]),
        ((PARIS, quiet, due(-0.2)), ["24 04:12"]),
    ):
        view = seen(*events)
        found = agenda.answer(view, NOW).entries
        assert [f"{one.at:%d %H:%M}" for one in found] == hours
        case: Any = SimpleNamespace(wishes=view.profile.preferences, zone="Europe/Paris")
        assert [one.at for one in found if one.state == "coming"] == [
            deferred(case, one.due_at) for one in agenda.followups_of(view, NOW).open if one.state == "coming"
        ]
    run = said(
        -2, "meeting.scheduled", meeting_id="k1", contact_ids=["zoe"], kind="in_person", starts="2026-11-25T07:00",
        zone="Europe/Paris", minutes=30,
    )  # fmt: skip
    assert states(PARIS, quiet, planned(0.8, "contact/ben/thank/1"), run)[0] == ("coming", "k1")

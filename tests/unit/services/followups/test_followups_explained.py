"""How each rule stands with a subject, for whoever asks why: what it will say, what holds it, or that it is over."""

from __future__ import annotations

from services.followups.decider import DECIDER
from shared.contracts import ContactConnected, FollowupDue, FollowupScheduled, InviteSent, MemberPreferencesSet
from shared.decider import Reason, View
from shared.runtime.offline.member_history import Remembered
from tests.unit.services.followups.followups_world import FollowupsLoop, at, connected, hour, member, sent, wishes


def reasons(loop: FollowupsLoop, key: str) -> dict[str, Reason]:
    view = View("m1", loop.profile, Remembered(loop.items))
    return {one.rule: one for one in DECIDER.explain(view, key)}


def loop_with_a_contact() -> FollowupsLoop:
    loop = member()
    loop.apply(connected("ada", 1))
    return loop


def test_of_what_nothing_has_begun_every_rule_is_idle_and_says_nothing() -> None:
    loop = member()
    loop.apply(sent("i1", 0))
    found = reasons(loop, "contact/ada")
    assert "thank" in found
    assert {(one.standing, one.code, one.at, one.says, one.ends) for one in found.values()} == {
        ("idle", "nothing_yet", None, None, ())
    }


def test_what_is_planned_says_when_by_what_way_and_because_of_which_event() -> None:
    loop = loop_with_a_contact()
    one = reasons(loop, "contact/ada")["thank"]
    assert (one.standing, one.code, one.at, one.notes) == ("planned", "due", hour(2, 9), ("pushed",))
    assert one.because.startswith(ContactConnected.TYPE)
    assert one.since == at(1)
    assert isinstance(one.says, FollowupDue)
    assert MemberPreferencesSet.TYPE in one.ends


def test_what_was_said_and_is_open_waits_and_what_was_let_lapse_is_over() -> None:
    loop = loop_with_a_contact()
    loop.run_until(at(3))
    one = reasons(loop, "contact/ada")["thank"]
    assert (one.standing, one.code, one.at, one.notes) == ("waiting", "due", hour(5, 9), ("for_digest",))
    loop.run_until(at(300))
    one = reasons(loop, "contact/ada")["thank"]
    assert (one.standing, one.code, one.at, one.says) == ("over", "lapsed", None, None)


def test_what_has_an_answer_already_and_what_is_switched_off_is_silent_with_the_event_that_says_so() -> None:
    loop = member()
    loop.apply(sent("i1", 0))
    one = reasons(loop, "invite/i1")["say_why"]
    assert (one.standing, one.code) == ("silent", "answered")
    assert one.because.startswith(InviteSent.TYPE)
    loop.apply(wishes(0, rules={"thank": {"on": False}}), connected("ada", 1))
    one = reasons(loop, "contact/ada")["thank"]
    assert (one.standing, one.at, one.says) == ("silent", None, None)
    assert one.because.startswith(MemberPreferencesSet.TYPE)


def test_quiet_hours_and_a_pause_move_the_moment_and_are_named() -> None:
    loop = member()
    loop.apply(sent("i1", 0))
    one = reasons(loop, "invite/i1")["no_answer_yet"]
    assert one.notes == ("quiet_hours", "for_digest")
    loop = loop_with_a_contact()
    loop.apply(wishes(1, paused_until=hour(4, 12)))
    one = reasons(loop, "contact/ada")["thank"]
    assert one.at is not None
    assert one.at >= hour(4, 12)
    assert one.notes[0] == "paused"


def test_whom_to_reconnect_with_is_said_of_those_who_stand_together() -> None:
    loop = loop_with_a_contact()
    (key,) = [key for key in loop.items if key.startswith("ties/")]
    one = reasons(loop, key)["reconnect"]
    assert (one.standing, one.code, one.since) == ("planned", "due", at(1))
    assert isinstance(one.says, FollowupScheduled)
    loop.apply(wishes(2, rules={"reconnect": {"on": False}}))
    one = reasons(loop, key)["reconnect"]
    assert (one.standing, one.at, one.says) == ("idle", None, None)

"""What `rapport agenda` tells: what waits, what comes, day by day, and what becomes of a digest."""

from __future__ import annotations

from typing import Any

from rapport.commands.agenda import as_object
from rapport.inspect.narration import Narrator
from rapport.inspect.upcoming import Agenda, agenda_of
from rapport.terminal.output import Bar
from shared.contracts import (
    INVITES,
    ContactCadenceSet,
    ContactDateSet,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    MemberJoined,
    PromiseMade,
)
from shared.texts.sentences import RESTS
from tests.unit.rapport.inspect.why_world import RESTED, lived, stands
from tests.unit.services.followups.followups_world import (
    cadence,
    connected,
    day_set,
    event,
    planned,
    promised,
    requested,
    sent,
    wishes,
)


def agenda(narrator: Narrator, days: int = 14) -> Agenda:
    return agenda_of(narrator, days, Bar("looking ahead"))


ANNA = event(MemberJoined.model_validate({"name": "Anna", "email": "anna@example.org"}), -1)


def test_the_agenda_says_when_a_rule_goes_quiet_and_when_it_asks_again() -> None:
    """Fails where what is decided of habits is not explained."""
    soon = [(day, one.says) for day, one in _days(agenda(lived(24, *RESTED), 7)) if one.rule == "thank"]
    topic = "thanks for a new connection"
    assert soon == [("2026-03-30", f"{RESTS.format(who='You')}: {topic}")]
    later = [(day, one.says) for day, one in _days(agenda(lived(41, *RESTED), 200)) if one.rule == "thank"]
    assert later == [("2026-09-26", f"This kind of reminder may come up again: {topic}")]


def _days(made: Agenda) -> list[tuple[str, Any]]:
    return [(day.isoformat(), one) for day, of_day in made.days.items() for one in of_day]


def test_the_agenda_holds_what_waits_and_what_comes() -> None:
    reminder, lunch = requested("r1", "2026-03-09T18:00"), planned("k1", 6.5, 2)
    narrator = lived(3, ANNA, connected("ada", 0), cadence("bob", 5, 0), lunch, reminder)
    found = agenda(narrator)
    assert [(one.key, one.says) for one in found.waiting] == [("contact/ada", "A word of thanks to Ada")]
    coming = {(one.kind, one.key, one.rule) for entries in found.days.values() for one in entries}
    assert {("meeting", "meeting/k1", ""), ("reminder", "reminder/r1", "own_reminder"), ("digest", "digest", "weekly_digest"),
            ("reminder", "contact/bob", "stay_in_touch"), ("reminder", "contact/ada", "thank")} <= coming  # fmt: skip
    assert [one.says for entries in found.days.values() for one in entries if one.kind == "meeting"] == [
        "Lunch with Ada"
    ]
    assert all(one.why for entries in found.days.values() for one in entries)
    assert list(found.days) == sorted(found.days)


def test_what_waits_says_to_whom_it_was_promised_and_whose_day_it_is() -> None:
    """Fails where the agenda gives the words of a promise, or the kind of a day, without saying what they are."""
    silent = PromiseMade.model_validate({"promise_id": "p2", "contact_id": "ada", "due": "2026-03-09T12:00"})
    told = [connected("ada", 0), promised("p1", 7), event(silent, 0), day_set(3, 9, 0)]
    found = agenda(lived(7.5, ANNA, *told))
    waiting = {one.says for one in found.waiting if one.rule in ("keep_promise", "remember_date")}
    assert waiting == {"You promised Ada: The book list", "What you promised Ada", "Birthday: Ada"}


def test_each_reminder_says_when_that_is_which_it_is_about() -> None:
    """Waiting or to come, by the names that its events have. Fails where the agenda knows of its own hours alone."""
    told = [
        promised("p1", 7),
        promised("p2", 15),
        day_set(3, 9, 0),
        day_set(3, 29, 0, label="Wedding"),
        planned("k1", 9.5),
    ]
    narrator = lived(7.5, ANNA, connected("ada", 0), *told)
    shown = as_object(narrator, agenda(narrator, 20))
    entries = [*shown["waiting"], *(one for day in shown["days"] for one in day["entries"])]
    about = {
        (one["item"], name, one[name])
        for one in entries
        for name in ("starts_at", "promised_for", "on_day")
        if name in one and one["rule"] != "thank"
    }
    assert about == {
        ("promise/p1", "promised_for", "2026-03-09T00:00:00.000Z"),
        ("promise/p2", "promised_for", "2026-03-17T00:00:00.000Z"),
        ("date/ada/Birthday", "on_day", "2026-03-09"),
        ("date/ada/Wedding", "on_day", "2026-03-29"),
        ("meeting/k1", "starts_at", "2026-03-11T12:00:00.000Z"),
    }


def test_why_a_promise_comes_says_what_was_promised_where_that_was_told() -> None:
    """Fails where the reason of a promise says less than its reminder."""
    silent = PromiseMade.model_validate({"promise_id": "p2", "contact_id": "ada", "due": "2026-03-09T12:00"})
    found = agenda(lived(0.5, ANNA, connected("ada", 0), promised("p1", 7.5), event(silent, 0)))
    why = {one.key: one.why for of_day in found.days.values() for one in of_day if one.rule == "keep_promise"}
    assert why == {
        "promise/p1": "You promised Ada something: The book list, Mon 2 Mar 2026",
        "promise/p2": "You promised Ada something, Mon 2 Mar 2026",
    }


def test_why_something_comes_names_whom_the_member_decided_it_for() -> None:
    told = lived(
        3, ANNA, connected("ada", 0), cadence("ada", 5, 0), requested("r1", "2026-03-09T18:00", contact_id="ada")
    )
    why = {one.rule: one.why for entries in agenda(told).days.values() for one in entries if one.kind == "reminder"}
    assert why["own_reminder"].startswith("You asked to be reminded about Ada: ")
    about: dict[str, Any] = {"contact_id": "ada"}
    day = ContactDateSet(**about, label="Birthday", month=3, day=9)
    for data in (
        ContactCadenceSet(**about),
        day,
        *(kind(**about) for kind in (ContactMuted, ContactUnmuted, ContactRemoved)),
    ):
        for said in (told.happened(data, ""), told.happens(data, "")):
            assert "Ada" in said


def test_the_agenda_goes_by_the_members_own_days() -> None:
    narrator = lived(1, wishes(0, zone="Pacific/Auckland"), requested("r1", "2026-03-05T00:30"))
    found = agenda(narrator)
    days = [day.isoformat() for day, entries in found.days.items() for one in entries if one.kind == "reminder"]
    assert days == ["2026-03-05"]


def test_a_digest_that_is_off_is_told_as_such() -> None:
    found = agenda(lived(1, ANNA, wishes(0, digest={"every": "off"}), connected("ada", 0)))
    assert found.no_digest == "you wish for no digest"


def test_a_digest_without_an_address_says_what_will_be_of_its_day() -> None:
    narrator = lived(1, wishes(0, digest={"every": "daily"}), connected("ada", 0), item="digest")
    reason = stands(narrator, "digest")["weekly_digest"].reason
    assert reason.notes == ("skipped_no_address",)


def test_invites_that_come_up_are_named_with_what_comes_of_them() -> None:
    narrator = lived(85, wishes(-1, retraction={"policy": "auto"}), sent("i1", 0))
    found = [one for entries in agenda(narrator).days.values() for one in entries if one.kind == "invite"]
    assert [(one.key, one.says) for one in found] == [
        ("invite/i1", "Your invite to Ada: the invite has been open for 3 months: time to ask whether to let it go")
    ]
    assert INVITES in narrator.memory.records

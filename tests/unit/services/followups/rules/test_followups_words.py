"""What follow-ups say: kind, concrete, in one line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache

import pytest

from services.followups.engine.lines import LINES
from services.followups.rules.table import RULES
from shared.contracts import (
    AboutContact,
    ContactConnected,
    FollowupDue,
    HelpReceived,
    InviteReceived,
    InviteSent,
    MeetingHeld,
    MeetingMissed,
    MeetingProposed,
    MeetingScheduled,
    PromiseMade,
    PursuitStepTaken,
    ThanksSent,
    limits,
)
from shared.texts.catalogue import rule_text
from shared.texts.language import language
from shared.texts.sentences import SOMEBODY
from shared.texts.translations import LOCALES
from tests.unit.services.followups.followups_world import (
    FollowupsLoop,
    about,
    at,
    attended,
    cadence,
    connected,
    day_set,
    event,
    member,
    met,
    planned,
    promised,
    pursued,
    received,
    sent,
    wishes,
)
from tests.unit.shared.texts.unkind import UNKIND as UNKIND_IN

UNKIND = re.compile(
    r"reject|ignor|fail|overdue|late\b|forgot|neglect|should|shame|sorry|score|streak|rank|points|only you|must|"
    r"you have not|still not|yet to|lazy|bad\b|poor|waste|again and again|[0-9]+ days|!",
    re.IGNORECASE,
)
LONG = "Ada " * 50
OF_OTHERS = ("propose_meeting", "keep_at_it", "after_gathering", "reconnect")


def everything(name: str | None = None, *people: str, locale: str = "en") -> FollowupsLoop:
    """A member for whom every rule but a reminder of their own falls due."""
    loop = member()
    loop.apply(wishes(-1, rules={rule: {"on": True} for rule in RULES}, locale=locale))
    person = people or ("ada",)
    loop.apply(*(connected(one, 0) for one in person), about(ThanksSent, "zed", 0))
    loop.apply(sent("i1", 0, why=None), received("i2", 0, why=None), cadence(person[0], 9, 0))
    loop.apply(met(MeetingProposed, "k1", 0, 0, *person), planned("k2", 5.5, 0, 0, *person))
    each = (kind for rule in RULES.values() if rule.trigger.each for kind in rule.trigger.needs)
    loop.apply(
        *(event(kind.model_validate({"contact_id": person[0]}), 0) for kind in each if issubclass(kind, AboutContact))
    )
    loop.apply(met(MeetingHeld, "k3", 0, 0, "cyd", *person[1:]))
    loop.apply(met(MeetingMissed, "k4", 0, 0, *person))
    loop.apply(promised("p1", 3.5), about(HelpReceived, person[0], -2, 0), about(HelpReceived, person[0], -1, 0))
    loop.apply(pursued(PursuitStepTaken, "s1", 0), attended("g1", 0, 0, "yve", *person[1:]), day_set(3, 20, 0))
    loop.apply(wishes(0, rules={"reconnect": {"offsets_days": [10]}}))
    for known in (person[0], "cyd") if name is not None else ():
        introduced = {"contact": {"id": known, "name": name}}
        loop.apply(event(ContactConnected.model_validate({**introduced, "via_invite": "i0"}), 0.1))
        if known == person[0]:
            loop.apply(event(InviteSent.model_validate({"invite_id": "i1", **introduced}), 0.1))
            loop.apply(event(InviteReceived.model_validate({"invite_id": "i2", **introduced}), 0.1))
    loop.run_until(at(60))
    return loop


@pytest.mark.parametrize("name", [None, LONG, "Zoë \u200b  Ng"])
@pytest.mark.parametrize("people", [(), ("ada", "bob"), tuple("abcdefg")])
def test_every_rule_says_one_kind_line_that_fits(name: str | None, people: tuple[str, ...]) -> None:
    texts = {due.rule: due.text or "" for due in everything(name, *people).heard(FollowupDue)}
    missing = set(RULES) - {"own_reminder", *texts}
    assert missing == set(), f"let `everything` tell of what starts {', '.join(sorted(missing))}"
    assert set(texts) == set(LINES) == set(RULES) - {"own_reminder"}
    for rule, text in texts.items():
        assert not UNKIND.search(text), rule
        assert "{" not in text
        assert text.isprintable()
        assert len(text) <= limits.NAME_CHARS_MAX
        assert text[0].isupper()


def test_a_line_names_who_what_and_when() -> None:
    loop = everything("Ada Lovelace")
    texts = {due.rule: due.text or "" for due in loop.heard(FollowupDue)}
    assert all("Ada Lovelace" in text for rule, text in texts.items() if rule not in OF_OTHERS)
    assert SOMEBODY in texts["propose_meeting"], "of Zed only the id is known"
    assert texts["prepare_questions"].startswith("Lunch with Ada Lovelace tomorrow at 12:00")


@pytest.mark.parametrize(
    ("kind", "place", "text"),
    [
        ("lunch", "Café Luna", "Lunch with Ada today at 13:00: Café Luna"),
        ("phone", None, "Phone call with Ada today at 13:00"),
        ("online", None, "Online chat with Ada today at 13:00"),
        ("in_person", "x" * 200, f"Meeting with Ada today at 13:00: {'x' * 39}…"),
    ],
)
def test_a_meeting_is_told_by_its_kind_hour_and_place_in_the_members_zone(
    kind: str, place: str | None, text: str
) -> None:
    loop = member()
    plan = {"meeting_id": "k1", "contact_ids": ["ada"], "kind": kind, "place": place, "minutes": 30, "zone": "UTC"}
    loop.apply(connected("ada", -30, 0), wishes(0, zone="Europe/Paris"))
    loop.apply(event(MeetingScheduled.model_validate({**plan, "starts": "2026-03-07T12:00"}), 0))
    loop.run_until(at(5.9))
    assert text in {due.text for due in loop.heard(FollowupDue)}


@pytest.mark.parametrize(
    ("kind", "begins", "after"),
    [("lunch", "Lunch", "lunch"), ("phone", "Phone call", "phone call"), ("online", "Online chat", "online chat"),
     ("in_person", "Meeting", "meeting")],
)  # fmt: skip
def test_the_words_before_and_after_a_meeting_fit_its_kind(kind: str, begins: str, after: str) -> None:
    loop = member()
    for meeting in ("k1", "k2"):
        plan = {"meeting_id": meeting, "contact_ids": ["ada"], "kind": kind, "minutes": 30, "zone": "UTC"}
        loop.apply(event(MeetingScheduled.model_validate({**plan, "starts": "2026-03-07T12:00"}), 0))
    loop.apply(connected("ada", -30, 0))
    loop.run_until(at(5.9))
    loop.apply(met(MeetingHeld, "k1", 5.9), met(MeetingMissed, "k2", 5.9))
    loop.run_until(at(7))
    texts = {due.rule: due.text or "" for due in loop.heard(FollowupDue)}
    assert texts["prepare_questions"].startswith(f"{begins} with Ada tomorrow at 12:00: what would you like to ask")
    assert texts["after_meeting"].startswith(f"After your {after} with Ada: say thank you")
    assert texts["another_day"].startswith(f"Your {after} with Ada fell through")


def test_a_day_further_away_is_named() -> None:
    loop = member()
    loop.apply(wishes(-1, rules={"prepare_questions": {"offsets_days": [3]}}), planned("k1", 9 + 23 / 24))
    loop.run_until(at(10.4))
    assert loop.heard(FollowupDue)[-1].text == (
        "Lunch with somebody you know was planned for yesterday at 23:00: did it take place?"
    )
    assert (loop.heard(FollowupDue)[0].text or "").startswith(
        "Lunch with somebody you know on Wednesday, 11 March, at 23:00:"
    )


@pytest.mark.parametrize(
    ("what", "texts"),
    [
        ("send the book.", ["You promised bell hooks: send the book. It is for tomorrow, 12:00.",
                            "You promised bell hooks: send the book. It is for today, 12:00.",
                            "You promised bell hooks: send the book. It was for Monday, 9 March, 12:00."]),
        ("the book!", ["You promised bell hooks: the book! It is for tomorrow, 12:00.",
                       "You promised bell hooks: the book! It is for today, 12:00.",
                       "You promised bell hooks: the book! It was for Monday, 9 March, 12:00."]),
        ("ask Lin?", ["You promised bell hooks: ask Lin? It is for tomorrow, 12:00.",
                      "You promised bell hooks: ask Lin? It is for today, 12:00.",
                      "You promised bell hooks: ask Lin? It was for Monday, 9 March, 12:00."]),
        (None, ["You promised bell hooks something. It is for tomorrow, 12:00.",
                "You promised bell hooks something. It is for today, 12:00.",
                "You promised bell hooks something. It was for Monday, 9 March, 12:00."]),
    ],
)  # fmt: skip
def test_a_promise_says_what_was_promised_and_for_when(what: str | None, texts: list[str]) -> None:
    loop = member()
    loop.apply(event(ContactConnected.model_validate({"contact": {"id": "ada", "name": "bell hooks"}}), 0))
    made = {"promise_id": "p1", "contact_id": "ada", "due": "2026-03-09T12:00", "what": what}
    loop.apply(event(PromiseMade.model_validate(made), 0))
    loop.run_until(at(30))
    said = [due for due in loop.heard(FollowupDue) if due.rule == "keep_promise"]
    assert [due.text for due in said] == texts
    assert {due.promised_for for due in said} == {datetime(2026, 3, 9, 12, tzinfo=UTC)}


SEVEN = tuple("abcdefg")


@cache
def said_in(locale: str) -> dict[str, str]:
    """Return what each rule says of people with long names."""
    return {due.rule: due.text or "" for due in everything(LONG, *SEVEN, locale=locale).heard(FollowupDue)}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_rule_says_one_line_in_the_member_s_language(locale: str) -> None:
    """Leave `locale` out of what is kept, and all of it is English; take away the shares, and a long name has no event."""
    texts, english = said_in(locale), said_in("en")
    assert set(texts) == set(LINES) == set(RULES) - {"own_reminder"}
    assert [rule for rule in texts if texts[rule] == english[rule]] == []
    for text in texts.values():
        assert "{" not in text
        assert len(text) <= limits.NAME_CHARS_MAX
        assert not UNKIND_IN[locale].search(text)
    action = language(locale)(rule_text("after_gathering", "action"))
    assert texts["after_gathering"].endswith(action), "the digest takes it off the line, and says it below"


def test_a_language_that_is_none_of_ours_is_english() -> None:
    assert said_in("tlh") == said_in("en")


def test_a_change_of_language_holds_from_then_on() -> None:
    loop = member()
    loop.apply(wishes(-1, locale="de"), connected("ada", 0))
    loop.run_until(at(2))
    loop.apply(wishes(2.1, locale="fr"), connected("bob", 3))
    loop.run_until(at(5))
    texts = [due.text or "" for due in loop.heard(FollowupDue)]
    assert [text.split()[0] for text in texts[:2]] == ["Sag", "Dites"]

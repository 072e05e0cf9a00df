"""Kind words, everywhere: a test over every text that a member can come to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from services.digest.content.model import DigestContent, Entry, Quiet, RetractionEntry
from services.digest.words import rule_words
from services.digest.words import texts as words
from services.digest.words.render import render
from services.followups.engine import lines as followup_words
from shared.texts.message import Counted
from tests.pictures import AT, DAY, sample

UNKIND = re.compile(
    r"!|reject|ignor|fail|overdue|\blate\b|behind|forg[eo]t|neglect|should have|\bshame|sorry|apolog|guilt|blame|fault"
    r"|scor(e|ing)|streak|\brank|points?\b|badge|\blevel|percent|%|\d+ of \d+|only you|you must|you have to|you need to"
    r"|have(n't| not) |did(n't| not) |never |still no\b|lazy|\bbad\b|poor|waste|disappoint|hurry|last chance|act now"
    r"|immediately|urgent|asap|don't miss|missed|lost|unanswered|no reply|again and again",
    re.IGNORECASE,
)
RULES = [*rule_words.RULES, "some_rule_of_tomorrow"]
ABOUT_NOBODY = ("keep_at_it", "after_gathering")
NAMES = ("Grace Hopper", "")
INVITE = "Invite those you liked, and say why."


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a constant."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, Counted):
        yield from (value.one, value.other)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from texts(part)


def constants(module: Any) -> list[str]:
    return [text for name, value in vars(module).items() if name.isupper() for text in texts(value)]


def templates() -> list[str]:
    """Return what the templates say beside what is put into them."""
    folder = files("services.digest.words.templates")
    sources = (path.read_text("utf-8") for path in folder.iterdir() if path.name.endswith(".j2"))
    return [re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", "", source, flags=re.DOTALL) for source in sources]


@pytest.mark.parametrize("module", [words, rule_words, followup_words], ids=["digest", "rules", "followups"])
def test_no_text_blames_scores_or_shouts(module: Any) -> None:
    said = constants(module)
    assert len(said) > 3
    assert [text for text in said if UNKIND.search(text)] == []


def test_no_template_blames_scores_or_shouts() -> None:
    assert len(templates()) == 2
    assert [text for text in templates() if UNKIND.search(text)] == []


@pytest.mark.parametrize("unkind", ["You failed.", "3 of 7 done", "Overdue", "Do it now!", "You have not answered."])
def test_the_list_of_unkind_words_finds_them(unkind: str) -> None:
    assert UNKIND.search(unkind)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_kind_words_in_a_mail_due_and_coming(rule: str, name: str) -> None:
    for due in (AT - 30 * DAY, AT + DAY):
        one = (Entry("f", rule, "c1" if name else "", name, due),)
        told = DigestContent("Ada", "2026-W48", "UTC", AT, due=one if due < AT else (), coming=() if due < AT else one)
        mail = render(told)
        assert not UNKIND.search(f"{mail.subject}\n{mail.text}")
        assert not re.search(r"[{}]", mail.subject + mail.text)
        assert name in mail.text or rule in ABOUT_NOBODY


def test_no_word_of_a_whole_digest_blames_scores_or_shouts() -> None:
    mail = render(sample())
    assert not UNKIND.search(f"{mail.subject}\n{mail.text}")


def test_every_rule_that_the_digest_knows_says_why_now_and_one_action() -> None:
    for rule in rule_words.RULES:
        said = rule_words.rule_words(rule, "Grace")
        assert re.fullmatch(r"[A-Z].*\.", said.why)
        assert re.fullmatch(r"[A-Z].*\.", said.action)
        assert said.subject[0].isupper() or said.subject.startswith("Grace")
        assert said.topic[0].islower()


def test_every_rule_of_followups_has_words_in_the_digest() -> None:
    from services.followups.rules.table import RULES as FOLLOWUPS

    assert set(FOLLOWUPS) <= set(rule_words.RULES)


@pytest.mark.parametrize(
    "told",
    [
        DigestContent("", "2026-W48", "UTC", AT, proposed=(RetractionEntry("i", "c", "M", AT - DAY),)),
        DigestContent("", "2026-11-24", "UTC", AT, noticed=(RetractionEntry("i", "c", "M", AT + DAY),)),
        DigestContent("", "2026-W48", "UTC", AT, quiet=(Quiet("thank", AT),)),
    ],
    ids=["proposed", "noticed", "quiet"],
)
def test_a_digest_of_little_says_so_kindly_and_greets_who_has_no_name(told: DigestContent) -> None:
    mail = render(told)
    assert mail.text.startswith("Hello,\n\nOnly this, when you have a moment.\n")
    assert not UNKIND.search(f"{mail.subject}\n{mail.text}")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (1, "one day"), (5, "5 days"), (21, "3 weeks"), (90, "3 months"), (300, "10 months"), (400, "over a year"),
        (548, "one and a half years"), (730, "2 years"), (3000, "8 years"),
    ],
)  # fmt: skip
def test_ages_are_said_as_people_say_them(days: int, said: str) -> None:
    assert words.age_in_words(days) == said


@pytest.mark.parametrize(
    ("names", "count", "said"),
    [((), 0, "somebody you know"), (("Ada",), 1, "Ada"), (("Ada", "Ben"), 2, "Ada and Ben"), (("Ada",), 3, "Ada and 2 more"),
     (("Ada", "Ben", "Cleo"), 3, "Ada, Ben and Cleo"), (("Ada", "Ben"), 5, "Ada, Ben and 3 more")],
)  # fmt: skip
def test_people_are_named_and_counted(names: tuple[str, ...], count: int, said: str) -> None:
    assert words.people_in_words(names, count) == said


@pytest.mark.parametrize(
    ("what", "away", "said"),
    [("send the book.", DAY, "You promised them: send the book. It is for tomorrow, "),
     ("", DAY, "You promised them something. It is for "),
     ("send the book", -DAY, "You promised them: send the book. It was for yesterday, "),
     ("ask Lin?", DAY, "You promised them: ask Lin? It is for tomorrow, "),
     ("the book!", -DAY, "You promised them: the book! It was for yesterday, ")],
)  # fmt: skip
def test_a_promise_says_what_was_promised_and_for_when(what: str, away: timedelta, said: str) -> None:
    one = Entry("f", "keep_promise", "c1", "bell hooks", AT - DAY, what, promised_for=AT + away)
    mail = render(DigestContent("Ada", "2026-W48", "UTC", AT, due=(one,)))
    assert said in " ".join(mail.text.split())
    assert mail.text.count("bell hooks") == 1
    assert mail.subject == (f"You promised bell hooks: {what.rstrip('.')}" if what else "What you promised bell hooks")


@pytest.mark.parametrize(("away", "said"), [(0, "today"), (1, "tomorrow"), (3, "Thursday"), (7, "30 November")])
def test_a_day_to_remember_is_named(away: int, said: str) -> None:
    """Fails where the card says that a day is near, and not which."""
    on = (AT + away * DAY).replace(hour=0, minute=0, tzinfo=None)
    one = Entry("f", "remember_date", "c1", "bell hooks", AT, "Birthday", on_day=on)
    mail = render(DigestContent("Ada", "2026-W48", "UTC", AT, due=(one,)))
    assert f"* Birthday\n  bell hooks, {said}\n" in mail.text


@pytest.mark.parametrize("what", ["ask Lin?", "the book!"])
def test_no_comma_follows_the_mark_of_a_promise_in_a_subject(what: str) -> None:
    one = Entry("f", "keep_promise", "c1", "Omar", AT - DAY, what, promised_for=AT)
    told = DigestContent("Ada", "2026-W48", "UTC", AT, due=(one,), due_more=2)
    assert render(told).subject == f"You promised Omar: {what} And 2 more"


@pytest.mark.parametrize(
    ("text", "card"),
    [
        (f"Meetup: you met Omar and one other. {INVITE}", "* Meetup\n  You met Omar and one other.\n  -> {action}\n"),
        (f"Another line about Omar. {INVITE}", "* Meetup\n  Another line about Omar.\n  -> {action}\n"),
        ("", "* Meetup\n  Omar\n  You met new people at a gathering.\n  -> {action}\n"),
    ],
)
def test_of_a_gathering_the_digest_says_whom_the_member_met_and_how_many_others(text: str, card: str) -> None:
    one = Entry("f", "after_gathering", "c1", "Omar", AT - DAY, "Meetup", text)
    assert card.format(action=INVITE) in render(DigestContent("Ada", "2026-W48", "UTC", AT, due=(one,))).text


def test_what_comes_names_what_is_promised_to_whom_and_the_day_that_it_is_for() -> None:
    one = Entry("f", "keep_promise", "c1", "Omar", AT + DAY, "send the book", promised_for=AT + 2 * DAY)
    two = Entry("g", "own_reminder", "c2", "Zoë", AT + DAY, "call about the fair")
    text = render(DigestContent("Ada", "2026-W48", "UTC", AT, coming=(one, two))).text
    assert f"* Wednesday, {AT:%H:%M}: You promised Omar: send the book\n" in text
    assert f"* Tomorrow, {AT:%H:%M}: call about the fair\n  Zoë\n" in text
    assert text.index("Zoë") < text.index("Omar")


@pytest.mark.parametrize("rule", rule_words.RULES)
def test_an_entry_says_the_name_once(rule: str) -> None:
    one = Entry("f", rule, "c1", "Grace Hopper", AT - DAY)
    said = render(DigestContent("Ada", "2026-W48", "UTC", AT, due=(one,))).text
    assert said.count("Grace") == 1


@pytest.mark.parametrize(
    ("days", "said"), [(364, "sent 12 months ago"), (365, "sent in November 2025"), (800, "sent in September 2024")]
)
def test_an_invite_of_more_than_a_year_ago_says_its_month(days: int, said: str) -> None:
    told = DigestContent("Ada", "2026-W48", "UTC", AT, proposed=(RetractionEntry("i", "c", "M", AT - days * DAY),))
    assert said in render(told).text


def test_a_daily_digest_speaks_of_today() -> None:
    one = (Entry("f", "thank", "c1", "Grace", AT - DAY),)
    assert "fit into today may" in render(DigestContent("Ada", "2026-11-24", "UTC", AT, due=one)).text
    assert "fit into this week may" in render(DigestContent("Ada", "2026-W48", "UTC", AT, due=one)).text

"""Every language says all that there is to say, kindly, and a whole digest in it has no word of English."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from rapport.member_texts import declared, english, faults
from services.digest.content.model import DigestContent, Entry, Quiet, RetractionEntry
from services.digest.words import rule_words
from services.digest.words.render import render
from shared.texts.sentences import SOMEBODY
from shared.texts.translations import LOCALES, file_name, translations
from tests.pictures import AT, DAY, LINKS, sample
from tests.unit.shared.texts.unkind import UNKIND

SPOKEN = [tag for tag in LOCALES if translations(tag)]
SAME_IN_ENGLISH = {
    "digest.on_date",
    "digest.moment",
    "digest.day_of",
    "digest.said",
    "digest.meeting_there",
    "rules.meeting_today.line",
}
"""Texts that may read like the English: they have next to no words."""
OWN_WORDS = (
    "Robotics engineer", "Head of data", "Product lead", "Send Lin", "compiler meetup", "Collects clocks", "robotics scene",
    "Moving to Ghent", "like it", "She is looking", "the reading list",
)  # fmt: skip
"""Of lines in the sample that are somebody's own words."""


@pytest.mark.parametrize("tag", SPOKEN)
def test_a_language_says_all_that_english_says(tag: str) -> None:
    """Take a text out of a file, or a place out of a text, and this names it."""
    untold = faults(tag, translations(tag), declared())
    assert untold == [], f"translate it in shared/texts/locales/{file_name(tag)}, after `python -m tests.texts`"


@pytest.mark.parametrize("tag", SPOKEN)
def test_no_text_blames_scores_or_shouts(tag: str) -> None:
    said = [form for one in translations(tag).values() for form in one.forms]
    assert [text for text in said if UNKIND[tag].search(text)] == []


@pytest.mark.parametrize("tag", SPOKEN)
def test_whoever_translates_says_how_members_are_addressed(tag: str) -> None:
    head = files("shared.texts.locales").joinpath(file_name(tag)).read_text("utf-8").partition("msgid")[0]
    assert "addressed" in head


@pytest.mark.parametrize("tag", SPOKEN)
def test_no_text_is_left_as_it_is_in_english(tag: str) -> None:
    texts, said = declared(), translations(tag)
    same = [
        key for key, text in texts.items() if set(english(text)) & set(said[key].forms) and key not in SAME_IN_ENGLISH
    ]
    assert [key for key in same if re.search("[a-z]{3,} [a-z]{3,}", str(said[key].forms))] == []


@pytest.mark.parametrize("tag", SPOKEN)
def test_a_whole_digest_is_in_one_language(tag: str) -> None:
    """Let one sentence of the mail be put together in English, and it is found here."""
    told = replace(sample(), locale=tag)
    mail, ours = render(told, LINKS), render(sample(), LINKS)
    lines = {line.strip() for line in ours.text.splitlines()} & {line.strip() for line in mail.text.splitlines()}
    kept = [line for line in lines if not line.startswith(("https://", "*")) and re.search("[a-z]{3,} [a-z]{3,}", line)]
    assert [line for line in kept if not any(word in line for word in OWN_WORDS)] == []
    assert f'<html lang="{tag}"' in mail.html
    assert not UNKIND[tag].search(f"{mail.subject}\n{re.sub('https?://[^ ]+', '', mail.text)}")


@pytest.mark.parametrize("tag", SPOKEN)
@pytest.mark.parametrize("rule", [*rule_words.RULES, "some_rule_of_tomorrow"])
def test_every_rule_is_said_due_and_coming(tag: str, rule: str) -> None:
    for due in (AT - 30 * DAY, AT + DAY):
        one = (Entry("f", rule, "c1", "Grace Hopper", due),)
        told = DigestContent("Ada", "2026-W48", "UTC", AT, locale=tag)
        mail = render(replace(told, due=one) if due < AT else replace(told, coming=one))
        assert not re.search(r"[{}]", mail.subject + mail.text)
        assert "Grace Hopper" in mail.text or rule in ("keep_at_it", "after_gathering")


@pytest.mark.parametrize("tag", SPOKEN)
@pytest.mark.parametrize("count", [1, 2, 3, 5, 11, 22, 100])
def test_numbers_of_invites_are_said_in_a_subject(tag: str, count: int) -> None:
    told = DigestContent("", "2026-11-24", "UTC", AT, locale=tag, proposed_more=count - 1)
    mail = render(replace(told, proposed=(RetractionEntry("i", "c", "Lin", AT - DAY),)))
    assert ("Lin" in mail.subject) == (count == 1 and tag != "ja"), "one form says all numbers in Japanese"
    assert str(count) in mail.subject or count == 1 or (tag, count) == ("ar", 2)


@pytest.mark.parametrize("tag", SPOKEN)
def test_whoever_has_no_name_is_said_in_the_language(tag: str) -> None:
    one = Entry("f", "thank", "c1", str(SOMEBODY), AT - DAY)
    mail = render(DigestContent("", "2026-W48", "UTC", AT, due=(one,), quiet=(Quiet("thank", AT),), locale=tag))
    assert SOMEBODY not in mail.text.lower()
    assert translations(tag)["somebody"].forms[0][1:] in " ".join(mail.text.split())


def test_every_language_is_there() -> None:
    assert list(LOCALES) == SPOKEN


def test_an_arabic_mail_runs_from_right_to_left_and_names_keep_their_place() -> None:
    """Leave the style sheet as it is, or names bare, and letters stand on the wrong side of their words."""
    mail, ours = render(replace(sample(), locale="ar-EG"), LINKS), render(sample(), LINKS)
    for theirs, left in (
        ('<html lang="ar" dir="rtl">', '<html lang="en">'),
        ("text-align: right", "text-align: left"),
        ("padding: 2px 0 0 14px", "padding: 2px 14px 0 0"),
        ("padding: 32px 40px 36px", "padding: 32px 40px 36px"),
        ("←", "→"),
    ):
        assert theirs in mail.html
        assert left in ours.html
        assert theirs == left or left not in mail.html
    assert "\u2068Zoé Moreau\u2069" in mail.subject
    assert "\u2068" not in ours.subject


def test_of_several_people_a_line_of_the_same_language_is_told_and_one_of_another_is_passed_over() -> None:
    line = translations("de")["rules.after_gathering.action"].forms[0]
    one = Entry(
        "f",
        "after_gathering",
        "c1",
        "Omar",
        AT - DAY,
        "Meetup",
        f"Meetup: Du hast Omar und noch 2 getroffen. {line}",
    )
    told = DigestContent("Ada", "2026-W48", "UTC", AT, due=(one,), locale="de")
    assert "* Meetup\n  Du hast Omar und noch 2 getroffen.\n" in render(told).text
    other = replace(one, text="Meetup: you met Omar and 2 others. Invite those you liked, and say why.")
    assert "you met" not in render(replace(told, due=(other,))).text

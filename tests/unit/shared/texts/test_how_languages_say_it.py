"""What a language has of its own beside its texts: titles after names, the first of a month, cities, blanks and marks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from rapport.preview import words
from services.digest.content.model import Appointment, DigestContent, Entry
from services.digest.words import phrases
from services.digest.words.readable import readable
from services.digest.words.render import render
from services.followups.engine import lines
from shared.texts.language import language
from shared.texts.plain_text import cut_short, one_line
from shared.texts.sentences import SOMEBODY
from shared.texts.translations import LOCALES, translations
from tests.pictures import AT, DAY, sample

FAMILY = "👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ada", "Adaさんとランチ"), ("田中さん", "田中さんとランチ"), ("お知り合いの方", "お知り合いの方とランチ"),
        ("Ada、ほか3名", "Ada、ほか3名とランチ"), ("緒方", "緒方さんとランチ"),
    ],
)  # fmt: skip
def test_nobody_gets_a_second_title_in_japanese(name: str, said: str) -> None:
    """Let `filled` put names as they are, and it says `お知り合いの方さん`."""
    assert language("ja").filled("{name}さんとランチ", name=name) == said


@pytest.mark.parametrize(
    ("tag", "on", "day", "whole"),
    [
        ("fr", date(2026, 12, 1), "1er décembre", "mardi 1er décembre 2026"),
        ("fr", date(2026, 12, 11), "11 décembre", "vendredi 11 décembre 2026"),
        ("pt-BR", date(2026, 12, 1), "1º de dezembro", "terça-feira, 1º de dezembro de 2026"),
        ("es", date(2026, 12, 1), "1 de diciembre", "martes, 1 de diciembre de 2026"),
    ],
)
def test_the_first_of_a_month(tag: str, on: date, day: str, whole: str) -> None:
    assert (language(tag).day_and_month(on), language(tag).full_date(on)) == (day, whole)


@pytest.mark.parametrize(
    ("tag", "city"), [("en", "New York"), ("es", "Nueva York"), ("ar", "نيويورك"), ("ja", "ニューヨーク")]
)
def test_a_city_is_named_as_the_language_does(tag: str, city: str) -> None:
    assert language(tag).city("America/New_York") == city


@pytest.mark.parametrize(
    ("tag", "one", "several"),
    [
        ("en", "It is still open", "These are still open"), ("it", "È ancora aperto", "Sono ancora aperti"),
        ("pl", "Wciąż jest otwarte", "Wciąż są otwarte"), ("es", "Sigue abierta.", "Siguen abiertas."),
    ],
)  # fmt: skip
def test_one_invite_is_told_as_one_in_the_mail(tag: str, one: str, several: str) -> None:
    told = replace(sample(), locale=tag, proposed_more=0, proposed_rest=())
    assert several in render(told).text
    assert one in render(replace(told, proposed=told.proposed[:1])).text


@pytest.mark.parametrize("tag", [tag for tag in LOCALES if tag != "ja"])
def test_one_invite_is_told_as_one_ahead(tag: str) -> None:
    lang = language(tag)
    assert lang.counted(words.ASKED, 1, invites="Ada") != lang.counted(words.ASKED, 5, invites="Ada")
    assert lang.counted(words.FOUND, 1, invites="Ada", age="x") != lang.counted(words.FOUND, 5, invites="Ada", age="x")


@pytest.mark.parametrize(
    ("tag", "label", "said"),
    [
        ("de", "birthday", "Geburtstag"), ("ar", "\u2068Birthday\u2069", "عيد ميلاد"),
        ("ja", "anniversary", "記念日"), ("en", "birthday", "birthday"), ("de", "Erster Tag", "Erster Tag"),
    ],
)  # fmt: skip
def test_a_birthday_out_of_an_address_book_is_called_so_in_each_language(tag: str, label: str, said: str) -> None:
    assert language(tag).day_label(label) == said


def test_people_beside_a_named_one_fit_behind_any_word_in_german() -> None:
    """*mit* asks for another case than the list of names stands in."""
    lang = language("de")
    assert [lang.counted(lines.PEOPLE, count, name="Ada") for count in (1, 2)] == [
        "Ada und noch jemand",
        "Ada und noch 2",
    ]


def test_french_keeps_its_marks_with_their_words() -> None:
    """A plain blank before a mark lets a line end between them, in any mail program."""
    said = [form for one in translations("fr").values() for form in one.forms]
    loose = [form for form in said if re.search(r" [:;?!»]|« |[^\u202f][;?!]|\w:", form)]
    assert loose == [], "U+00A0 stands before a colon and within « », U+202F before ; ? and !"
    lunch = Entry("f", "propose_meeting", "c", "Zoé", AT - DAY)
    told = DigestContent("", "2026-W48", "UTC", AT, due=(lunch,), locale="fr")
    assert render(told).subject.endswith("Zoé\u202f?")
    assert "12:00\u00a0: " in render(replace(sample(), locale="fr")).text


@pytest.mark.parametrize("tag", LOCALES)
def test_a_line_about_a_gathering_ends_with_what_its_card_suggests(tag: str) -> None:
    """Otherwise a mail could not tell whose line is in its language."""
    said = translations(tag)
    assert said["rules.after_gathering.line"].forms[0].endswith(said["rules.after_gathering.action"].forms[0])


def test_whom_an_arabic_line_names_is_told() -> None:
    """What runs against the mail is isolated with its end: look for the suggestion there, and it is missed."""
    action = translations("ar")["rules.after_gathering.action"].forms[0]
    one = Entry(
        "f", "after_gathering", "c", "Omar", AT - DAY, "Meetup", f"Meetup: التقيت \u2068Omar\u2069 وشخص آخر. {action}"
    )
    text = render(DigestContent("", "2026-W48", "UTC", AT, due=(one,), locale="ar")).text
    assert "وشخص آخر." in text
    assert text.count(action) == 1


@pytest.mark.parametrize(("locale", "what"), [("ar", "Send it."), ("en", "أرسل الملف."), ("ja", "資料を送る。")])
def test_no_full_stop_stands_twice_after_somebodys_words(locale: str, what: str) -> None:
    one = Entry("f", "keep_promise", "c", "Lin", AT - DAY, what, promised_for=AT + DAY)
    text = render(DigestContent("", "2026-W48", "UTC", AT, due=(one,), locale=locale)).text
    assert not re.search("[.。]\u2069?[.。]", text)


@pytest.mark.parametrize("tag", ["en", *LOCALES])
def test_whoever_has_no_name_begins_a_subject_as_any_sentence(tag: str) -> None:
    lang = language(tag)
    meeting = Appointment("m", "c", (str(SOMEBODY),), 1, "lunch", AT + DAY, "UTC")
    told = DigestContent("", "2026-W48", "UTC", AT, meetings=(meeting,), locale=tag)
    mail, small = render(told), lang(SOMEBODY)
    assert not (mail.subject.startswith(small) and small[0].islower())
    assert phrases.preheader(readable(told, lang))[0] == lang.sentence(str(SOMEBODY) if lang.english else small)[0]


@pytest.mark.parametrize(
    ("text", "chars_max", "cut"),
    [
        ("Ada", 3, "Ada"), ("Ada B", 4, "Ada…"), ("Zoe\u0308 B", 4, "Zo…"), (f"A{FAMILY}B", 4, "A…"), ("A🇫🇷🇩🇪", 3, "A…"),
        ("A🇫🇷🇩🇪B", 5, "A🇫🇷…"), ("e" + "\u0301" * 9, 4, "e\u0301\u0301…"),
    ],
)  # fmt: skip
def test_a_text_is_cut_between_letters_as_they_are_seen(text: str, chars_max: int, cut: str) -> None:
    """Cut at the number of characters alone, and a letter loses its mark, a family its child, a country its flag."""
    assert cut_short(text, chars_max) == cut


def test_a_line_keeps_blanks_that_hold_words_together() -> None:
    assert one_line("  Une \n invitation\u00a0: la\tvôtre\u202f? ") == "Une invitation\u00a0: la vôtre\u202f?"

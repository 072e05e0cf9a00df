"""Languages: what they say instead of English, how they count and list, and what is taken in English as a whole."""

from __future__ import annotations

from datetime import date
from gettext import c2py  # what reads the rule of such a file elsewhere

import pytest
from babel import Locale

from rapport.member_texts import declared, faults, template
from shared.texts.language import Language, fault, language, tag_of
from shared.texts.message import Counted, Text
from shared.texts.translations import LOCALES, Translation, categories, parsed

THINGS = Counted("things", "one thing for {name}", "{count} things for {name}")
HELLO = Text("hello", "Hello {name}, it is {day}.")
COUNTS = (*range(205), 1000, 1_000_000, 1_000_001, 2_000_000)


def speaks(tag: str, **said: tuple[str, ...]) -> Language:
    """Return a language that says this alone."""
    lang = Language(tag)
    for text, english in ((THINGS, (THINGS.one, THINGS.other)), (HELLO, (str(HELLO),))):
        forms = said.get(text.key, ())
        lang._translated_forms[text.key] = english if fault(tag, forms, english) else forms
    return lang


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("de", "de"), ("de-AT", "de"), ("DE", "de"), ("de-Latn-CH", "de"), ("en-GB", "en"), ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("pt-br", "pt-BR"), ("ar-EG", "ar"), ("ja", "ja"), ("zh-Hant-TW", "en"), ("tlh", "en"), ("x-klingon", "en"),
        ("", "en"),
    ],
)  # fmt: skip
def test_a_locale_leads_to_the_nearest_language_that_there_is(locale: str, tag: str) -> None:
    assert tag_of(locale) == tag


@pytest.mark.parametrize("tag", LOCALES)
def test_the_rule_for_plurals_in_a_file_counts_as_cldr_does(tag: str) -> None:
    """Take a category out of `CATEGORIES`, or leave the rule of French as Babel writes it, and this fails."""
    locale = Locale.parse(LOCALES[tag])
    head = template(tag, {}, {}, "")
    rule = head.decode().partition("plural=")[2].partition(";")[0]
    count = c2py(rule)
    assert [categories(tag)[count(number)] for number in COUNTS] == [locale.plural_form(number) for number in COUNTS]


@pytest.mark.parametrize(("count", "said"), [(1, "eins"), (3, "mało"), (5, "dużo 5"), (22, "mało"), (25, "dużo 25")])
def test_a_number_takes_the_form_of_its_category(count: int, said: str) -> None:
    forms = ("{name}: eins", "{name}: mało", "{name}: dużo {count}", "{name}: {count}")
    assert speaks("pl", things=forms).counted(THINGS, count, name="Ada") == f"Ada: {said}"


@pytest.mark.parametrize(
    ("forms", "wrong"),
    [
        ((), "is missing"), (("",), "is missing"), (("Hallo {name}.",), "names"), (("Hallo {name}, {day}, {who}.",), "names"),
        (("Hallo {name, {day}",), "braces"), (("Hallo {name}, {day}.", "x"), "forms"),
    ],
)  # fmt: skip
def test_what_can_not_be_said_whole_is_said_in_english(forms: tuple[str, ...], wrong: str) -> None:
    """Let `_translated` take whatever there is, and names of places are missing, or stand in the mail as they are."""
    assert wrong in fault("de", forms, (str(HELLO),))
    assert speaks("de", hello=forms)(HELLO, name="Ada", day="{today}") == "Hello Ada, it is {today}."


def test_half_of_the_plural_forms_is_none() -> None:
    assert fault("pl", ("a {count} {name}", "b {count} {name}"), (THINGS.one, THINGS.other)) == "has 2 of 4 forms"
    assert (
        speaks("pl", things=("a {name}", "", "", "")).counted(THINGS, 1, spelled=True, name="Ada")
        == "one thing for Ada"
    )


def test_english_spells_small_numbers_and_others_write_them() -> None:
    assert language("en").counted(THINGS, 2, spelled=True, name="Ada") == "two things for Ada"
    assert (
        speaks("de", things=("eine für {name}", "{count} für {name}")).counted(THINGS, 2, spelled=True, name="A")
        == "2 für A"
    )


@pytest.mark.parametrize(
    ("tag", "names", "said"),
    [
        ("en", ("Ada", "Ben", "Cleo"), "Ada, Ben and Cleo"), ("de", ("Ada", "Ben", "Cleo"), "Ada, Ben und Cleo"),
        ("es", ("Ada", "Ben"), "Ada y Ben"), ("es", ("Ada", "Inés"), "Ada e Inés"), ("es", ("Ada", "Hilda"), "Ada e Hilda"),
        ("es", ("Ada", "Hierro"), "Ada y Hierro"), ("es", ("Ada", "Yolanda"), "Ada y Yolanda"), ("es", ("Ana", "Ben", "Iris"),
        "Ana, Ben e Iris"), ("ja", ("A", "B"), "A、B"), ("sv", ("A", "B", "C"), "A, B och C"),
    ],
)  # fmt: skip
def test_people_are_listed_as_the_language_lists_them(tag: str, names: tuple[str, ...], said: str) -> None:
    assert language(tag).listed(names) == said


@pytest.mark.parametrize(
    ("tag", "parts", "said"),
    [
        ("en", ("you reply", "you meet"), "you reply or you meet"),
        ("es", ("respondes", "lo haces"), "respondes o lo haces"),
        ("es", ("respondes", "os veis"), "respondes u os veis"),
        ("es", ("respondes", "te ves", "hoy termina"), "respondes, te ves u hoy termina"),
        ("it", ("rispondi", "ora finisce"), "rispondi o ora finisce"),
        ("de", (), ""),
    ],
)
def test_one_of_several_is_listed_as_the_language_does(tag: str, parts: tuple[str, ...], said: str) -> None:
    """Babel knows no `u` for `o` in Spanish."""
    assert language(tag).either(parts) == said


@pytest.mark.parametrize(
    ("tag", "full", "day", "month"),
    [
        ("en", "Monday, 23 November 2026", "23 November", "November"),
        ("de", "Montag, 23. November 2026", "23. November", "November"),
        ("pl", "poniedziałek, 23 listopada 2026", "23 listopada", "listopad"),
        ("ja", "2026年11月23日月曜日", "11月23日", "11月"),
    ],
)
def test_days_are_named_by_cldr(tag: str, full: str, day: str, month: str) -> None:
    lang, on = language(tag), date(2026, 11, 23)
    assert (lang.full_date(on), lang.day_and_month(on), lang.month(on)) == (full, day, month)


def test_letters_grow_as_the_language_has_them() -> None:
    assert (language("tr").sentence("iki"), language("tr").upper("iki")) == ("İki", "İKİ")
    assert (language("de").sentence("iki"), language("de").upper("straße")) == ("Iki", "STRASSE")


@pytest.mark.parametrize(
    ("tag", "name", "said"),
    [
        ("en", "Ada", "Ada"), ("en", "ليلى", "\u2068ليلى\u2069"), ("ar", "ليلى", "ليلى"), ("ar", "Ada", "\u2068Ada\u2069"),
        ("ar", "12:30", "12:30"), ("ar", "\u2068Ada\u2069", "\u2068Ada\u2069"),
    ],
)  # fmt: skip
def test_a_name_that_runs_against_the_text_is_set_apart(tag: str, name: str, said: str) -> None:
    assert language(tag).apart(name) == said


def test_a_file_that_is_written_says_what_was_put_into_it() -> None:
    said = {
        "hello": Translation(str(HELLO), ('Hallo {name}, "{day}".',)),
        "things": Translation(THINGS.other, ("eine für {name}", "{count} für {name}")),
    }
    texts: dict[str, Text | Counted] = {"hello": HELLO, "things": THINGS}
    assert parsed("de", template("de", said, texts, "Says du.\nIs kind.")) == said
    assert faults("de", parsed("de", template("de", {}, texts, "")), texts) == [
        "hello: is missing",
        "things: is missing",
    ]


def test_every_text_has_a_key_of_its_own() -> None:
    with pytest.raises(ValueError, match="hello: is the key of two texts"):
        declared([type("Module", (), {"ONE": HELLO, "TWO": Text("hello", "Good day.")})])  # type: ignore[list-item]
    assert len(declared()) > 150

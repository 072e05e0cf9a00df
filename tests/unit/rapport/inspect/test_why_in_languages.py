"""What the API answers to `why`, in the member's language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rapport.inspect import words
from rapport.inspect.item_steps import as_object, steps_of
from rapport.inspect.memory.item_lookup import resolve
from rapport.inspect.narration import Narrator
from shared.contracts import EVENTS, ContactMuted, from_json_line
from shared.texts.language import language
from shared.texts.translations import LOCALES
from tests.unit.rapport.inspect.why_world import lived
from tests.unit.services.followups.followups_world import about, connected, sent, wishes
from tests.unit.shared.texts.unkind import UNKIND

GOLDEN = Path(__file__).parents[3] / "contract" / "golden"


def told(locale: str, item: str) -> list[str]:
    """Return all sentences of an answer about a member who has chosen a language, after half a year."""
    life = [connected("ada", 0), sent("i1", 1), about(ContactMuted, "ben", 0.1), connected("ben", 0.2)]
    narrator = lived(180, *life, wishes(-1, locale=locale), item=item)
    target = resolve(item, narrator.memory)
    found = as_object(narrator.memory, target, steps_of(narrator.memory, target), narrator.memory.locale)
    return [one["says"] for one in (*found["steps"], *found["standing"])]


@pytest.mark.parametrize("tag", LOCALES)
def test_an_answer_is_in_the_members_language(tag: str) -> None:
    """Let the narrator speak English, or one of its texts, and it is found here."""
    for item in ("ada", "i1", "ben"):
        ours, theirs = told("en", item), told(tag, item)
        assert len(ours) == len(theirs) > 4
        for one in theirs:
            assert not UNKIND[tag].search(one), one
            assert not re.search(r"[{}]|\.\.|。。", one), one
        assert not set(ours) & set(theirs)


@pytest.mark.parametrize("tag", LOCALES)
def test_each_event_is_told_as_what_happened_and_as_what_may_come(tag: str) -> None:
    narrator = lived(1, connected("ada", 0), item="ada")
    narrator = Narrator(narrator.memory, language(tag))
    for name in EVENTS:
        data = from_json_line(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))).data
        for said in (narrator.happened(data, "contact/ada"), narrator.happens(data, "contact/ada")):
            assert not re.search("[{}]", said)
            assert "somebody" not in said


@pytest.mark.parametrize("tag", LOCALES)
def test_what_would_end_it_is_listed_as_the_language_does(tag: str) -> None:
    lang = language(tag)
    either = lang.either(["a1", "b2", "c3"])
    assert re.fullmatch(r"a1.+b2.+c3", either)
    assert " or " not in either
    assert lang(words.ENDS, ends=either).count(either) == 1


def test_ends_of_weeks_and_days_are_ours() -> None:
    """Days below two weeks, weeks below two months, then months, then years."""
    assert [language("de").span(days) for days in (1, 13, 14, 59, 60, 364, 730)] == [
        "1 Tag", "13 Tage", "2 Wochen", "8 Wochen", "2 Monate", "12 Monate", "2 Jahre",
    ]  # fmt: skip

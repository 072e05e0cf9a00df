"""The pages behind links and a member's own pages, in each language."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import cast

import pytest
from msgspec.structs import replace as with_fields

from services.gateway import render
from services.gateway.actions import VERBS
from services.gateway.personal import calendar
from services.gateway.personal.content import person, today, wishes
from services.gateway.personal.content.cards import Making
from services.gateway.personal.render import Frame, Pages
from services.gateway.words import TROUBLE
from shared.links import ToRule, Verb
from shared.texts.brand import OURS
from shared.texts.language import asked_for, language
from shared.texts.sentences import NEAR_AT, NEAR_DAYS
from shared.texts.translations import LOCALES
from tests.unit.services.gateway.gateway_world import INVITES, LINKS, NOTICE
from tests.unit.services.gateway.members import NOW, said, seen
from tests.unit.services.gateway.personal.own_pages import a_member
from tests.unit.shared.texts.unkind import UNKIND

NAMES = (
    "Thanks to",
    "Tom &lt;T&gt;",
    "Buy the ticket",
    "Café Luna",
    "the reading list",
    "Ben",
    "talk on",
    cast("ToRule", LINKS["again"]).about,
)
"""Of lines that are somebody's own words, or a name."""


def shown(page: str) -> str:
    """Return what a page says, a line each."""
    return re.sub(r"<style>.*?</style>|<[^>]*>", "\n", page, flags=re.DOTALL)


def lines(page: str) -> set[str]:
    """Return the lines of a page that are sentences in some language of Latin letters, and nobody's own words."""
    said = {line.strip() for line in shown(page).splitlines()}
    return {line for line in said if re.search("[a-z]{3,} [a-z]{2,}", line) and not any(one in line for one in NAMES)}


def own(tag: str) -> dict[str, str]:
    """Return a member's own pages, by their names, in the language of a member who has chosen it."""
    view = seen(*a_member(), said(-1, "member.preferences_set", locale=tag, rules={"calendar": {"on": True}}))
    making = Making(view, NOW, lambda _: "t0k", OURS)
    about = person.page(making, "zoe")
    assert about is not None
    frame, pages = (
        Frame("/me", "/me", "m", "1", "later", late=True, calendars="https://x", lang=making.lang),
        Pages(OURS),
    )
    return {
        "today": pages.today(today.today(making), frame),
        "person": pages.person(about, frame),
        "wishes": pages.wishes(wishes.wishes(making), frame),
        "calendar": calendar.text(calendar.find(view, NOW), NOW, "Rapport").decode().replace("\r\n ", ""),
    }


@pytest.mark.parametrize("tag", LOCALES)
@pytest.mark.parametrize("verb", VERBS)
def test_a_page_behind_a_link_speaks_as_the_mail_did(tag: str, verb: Verb) -> None:
    """Leave the locale out of one link's page, and it is in English."""
    link = with_fields(LINKS[verb], locale=tag)
    ours = lines(render.ask(verb, "t", LINKS[verb])) | lines(render.did(verb, "t", LINKS[verb]))
    assert ours
    for page in (render.ask(verb, "t", link), render.did(verb, "t", link)):
        assert f'<html lang="{tag}"{" dir=" + chr(34) + "rtl" + chr(34) if tag == "ar" else ""}>' in page
        assert not re.search("[{}]", shown(page))
        assert not UNKIND[tag].search(shown(page))
        assert lines(page) & ours == set()


@pytest.mark.parametrize("tag", LOCALES)
def test_pages_of_trouble_speak_as_the_browser_asks(tag: str) -> None:
    look = render.Look(lang=asked_for(f"{tag},en;q=0.8"))
    for status in TROUBLE:
        page = render.trouble(status, look)
        assert f'<html lang="{tag}"' in page
        assert not re.search("[{}]", shown(page))
    assert 'lang="en"' in render.trouble(404)


@pytest.mark.parametrize(
    ("header", "tag"),
    [("", "en"), ("de-CH, de;q=0.9, en;q=0.5", "de"), ("tlh, fr;q=0.5", "fr"), ("en-GB,de", "en"), ("pt", "pt-BR"),
     ("x" * 5_000 + ",de", "en"), (",;,;q=1", "en")],
)  # fmt: skip
def test_a_browser_asks_for_a_language(header: str, tag: str) -> None:
    assert asked_for(header).tag == tag


def test_one_invite_and_several_are_told_apart_in_another_language() -> None:
    assert f"und {497} weitere" in render.ask("let-go", "t", with_fields(INVITES, locale="de"))
    assert "Diese Einladung loslassen?" in render.ask("let-go", "t", with_fields(NOTICE, locale="de"))


@lru_cache(maxsize=1)
def own_in_english() -> dict[str, str]:
    return own("en")


@pytest.mark.parametrize("tag", LOCALES)
def test_own_pages_are_in_the_members_language(tag: str) -> None:
    """Take one text of the pages from `ENGLISH` instead of the member's language, and it is named here."""
    for name, page in own(tag).items():
        found = shown(page) if name != "calendar" else "\n".join(re.findall("SUMMARY:(.*)", page))
        assert not re.search("[{}]", found), name
        assert not UNKIND[tag].search(found), name
        assert lines(found) & lines("\n".join(own_in_english().values())) == set(), name
        if name != "calendar":
            right = ' dir="rtl"' if language(tag).right_to_left else ""
            assert f'<html lang="{tag}"{right}>' in page


def test_another_language_is_another_word_about_all_that_a_calendar_holds() -> None:
    """Without it programs keep the old titles: the number by which they know a newer one stays."""
    events = [*a_member(), said(-1, "member.preferences_set", rules={"calendar": {"on": True}})]
    before, after = (
        calendar.text(calendar.find(seen(*some), NOW), NOW, "R").decode()
        for some in (events, [*events, said(-0.0001, "member.preferences_set", locale="de")])
    )
    assert "SUMMARY:Lunch with" in before
    assert "SUMMARY:Mittagessen mit" in after
    numbers = [[int(one) for one in re.findall(r"SEQUENCE:(\d+)", text)] for text in (before, after)]
    assert all(new > old for old, new in zip(*map(sorted, numbers), strict=True))


@pytest.mark.parametrize(
    ("tag", "said_at"), [("es", "mañana a la 01:00"), ("it", "domani all'01:00"), ("pt-BR", "amanhã à 01:00")]
)
def test_one_oclock_is_singular(tag: str, said_at: str) -> None:
    lang = language(tag)
    near = lang(NEAR_DAYS[1])
    assert lang(NEAR_AT, day=near, clock="01:00") == said_at
    for other in ("00:01", "11:01", "12:30"):
        assert lang(NEAR_AT, day=near, clock=other) == lang.form(NEAR_AT).format(day=near, clock=other)

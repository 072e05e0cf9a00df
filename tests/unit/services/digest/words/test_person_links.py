"""Names lead to the people's own pages, in mails and on pages: once each, and never where others could read along."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from services.digest.content.model import Appointment, DigestContent, Entry, Exchange, Month, RetractionEntry, Theme
from services.digest.words.render import render
from services.digest.words.sealed_links import sealed_links
from services.gateway import render as pages
from shared.links import PROFILES_BYTES_MAX, LinkAddresses, LinkKeys, NamedInvite, ToFollowup, Verb
from shared.texts.person_links import Part, Whose, in_parts

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = LinkKeys(["0123456789abcdef" * 2])
NAMES = ("Ada", "Ben", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo")


def page(name: str) -> str:
    return f"https://people.example/{name.lower()}?a=1&b=2"


def entry(rule: str, name: str, what: str = "", text: str = "") -> Entry:
    promised = AT + DAY if rule == "keep_promise" else None
    return Entry(f"{name}/{rule}", rule, name, name, AT, what, text, profile=page(name), promised_for=promised)


def everybody() -> DigestContent:
    """A digest that names somebody in each of the ways in which one does."""
    met, other = NAMES[5:7]
    theirs = Theme("We like Dee's talks", (NAMES[9],), 1, (page(NAMES[9]),))
    helped = Exchange(NAMES[3], NAMES[3], ("A hint",), (), page(NAMES[3]))
    return DigestContent(
        "Nora", "2026-W48", "UTC", AT,
        due=(
            entry("thank", "Ada"), entry("keep_promise", "Ben", "send the book"), entry("own_reminder", "Cy", "Call Cy"),
            entry("after_gathering", "Eve", "Meetup", "Meetup: you met Eve and one other."),
        ),
        meetings=(Appointment("m", met, (met, other), 2, "lunch", AT + DAY, "UTC", profiles=(page(met), page(other))),),
        coming=(replace(entry("keep_promise", "Jo", "write"), name="Hal", profile=page("Hal")),),
        proposed=(RetractionEntry("i1", "c", "Ida", AT - 100 * DAY, page("Ida")),), proposal_id="p",
        month=Month(AT, (), 0, (theirs,), 0, (helped,), 0),
    )  # fmt: skip


def links_of(html: str) -> list[tuple[str, str]]:
    found = re.findall(r'<a class="whose"[^>]*href="([^"]*)"[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</a>', html)
    return [(unescape(name), unescape(href)) for href, name in found]


def test_wherever_a_digest_names_somebody_the_name_leads_to_their_page_once() -> None:
    """Fails where only the title of a card does."""
    mail = render(everybody())
    assert sorted(links_of(mail.html)) == sorted((name, page(name)) for name in NAMES)
    assert "https://" not in mail.text, "the plain text names no more than before"


def test_without_a_page_a_name_is_a_name() -> None:
    told = everybody()
    bare = replace(
        told, due=tuple(replace(one, profile="") for one in told.due), meetings=(), coming=(), proposed=(), month=None
    )
    assert links_of(render(bare).html) == []


@pytest.mark.parametrize(
    ("text", "people", "parts"),
    [
        ("Lunch with Ada and Al", [("Ada", "https://a"), ("Al", "https://l")],
         [("Lunch with ", ""), ("Ada", "https://a"), (" and ", ""), ("Al", "https://l")]),
        ("Ada Lovelace, Ada", [("Ada", "https://a"), ("Ada Lovelace", "https://b")],
         [("Ada Lovelace", "https://b"), (", ", ""), ("Ada", "https://a")]),
        ("Adam met Ada.", [("Ada", "https://a")], [("Adam met ", ""), ("Ada", "https://a"), (".", "")]),
        ("Ada and Ada", [("Ada", "https://a")], [("Ada", "https://a"), (" and Ada", "")]),
        ("Ada K. or Ada", [("Ada K.", "https://a"), ("Ada", "https://a")], [("Ada K.", "https://a"), (" or Ada", "")]),
        ("Ada", [("Ada", "http://a")], [("Ada", "")]),
        ("Ada", [("Ada", "javascript:alert(1)")], [("Ada", "")]),
        ("Ada", [("", "https://a")], [("Ada", "")]),
        ("", [("Ada", "https://a")], []),
    ],
)  # fmt: skip
def test_a_name_is_linked_where_it_stands_first_as_a_word_of_its_own(
    text: str, people: list[tuple[str, str]], parts: list[tuple[str, str]]
) -> None:
    assert in_parts(text, [Whose(*one) for one in people])[0] == [Part(*one) for one in parts]


def test_what_a_name_or_an_address_holds_is_no_html() -> None:
    name, href = '<b>"Ada"</b>', 'https://people.example/"><script>'
    told = replace(everybody(), due=(replace(entry("thank", "Ada"), name=name, profile=href),))
    html = render(told).html
    assert (name, href) in links_of(html)
    assert not {"script", "b"} & set(tags(html)), "within a quoted attribute a bracket is a letter"
    link = opened(told).answers(told.due[0].followup_id, f"A word of thanks to {name}").done
    named = KEYS.open(link.rpartition("/")[2])
    assert isinstance(named, ToFollowup)
    shown = pages.ask("done", "t", named)
    assert (name, href) in links_of(shown)
    assert not {"script", "b"} & set(tags(shown))


def tags(html: str) -> list[str]:
    found: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            found.append(tag)

    Tags().feed(html)
    return found


def opened(told: DigestContent) -> Any:
    return sealed_links(LinkAddresses("https://h", KEYS), "nora", told)


def token(url: str) -> Any:
    return KEYS.open(url.rpartition("/")[2])


@pytest.mark.parametrize("verb", ["done", "later"])
def test_the_page_of_a_reminder_links_the_name_in_what_it_is_about(verb: Verb) -> None:
    told = everybody()
    answers = opened(told).answers("Ben/keep_promise", "You promised Ben: send the book")
    shown = pages.ask(verb, "t", token(getattr(answers, verb)))
    assert links_of(shown) == [("Ben", page("Ben"))]
    assert '" target="_blank" rel="noopener noreferrer">Ben</a>: send the book' in shown


def test_the_pages_of_lists_link_each_name_and_the_ticks_stay() -> None:
    rest = tuple(entry("thank", name) for name in NAMES[:3])
    invites = tuple(
        RetractionEntry(f"i{n}", "c", name, AT, page(name) if n else "") for n, name in enumerate(NAMES[:3])
    )
    told = replace(everybody(), due_rest=rest, proposed=invites)
    more = token(opened(told).more([(one.followup_id, f"A word of thanks to {one.name}") for one in rest], 0))
    assert links_of(pages.ask("more", "t", more)) == [(one.name, page(one.name)) for one in rest]
    choice = opened(told).invites([(one.invite_id, one.name) for one in invites], "p", 2)
    urls: dict[Verb, str] = {"let-go": choice.let_go, "keep": choice.keep}
    for verb, url in urls.items():
        asked = pages.ask(verb, "t", token(url))
        assert links_of(asked) == [(name, page(name)) for name in NAMES[1:3]]
        assert links_of(pages.did(verb, "t", token(url))) == [(name, page(name)) for name in NAMES[1:3]]
    assert pages.ask("let-go", "t", token(choice.let_go)).count('<input type="checkbox"') == 4


def test_a_link_holds_the_pages_of_those_who_stand_first_and_all_the_names() -> None:
    """A link in a mail stays as short as before, but for so many bytes."""
    long = "https://people.example/" + "x" * (PROFILES_BYTES_MAX // 3)
    invites = tuple(RetractionEntry(f"i{n}", "c", name, AT, long) for n, name in enumerate(NAMES))
    told = replace(everybody(), proposed=invites[:5], proposed_rest=invites[5:])
    named = token(opened(told).invites([(one.invite_id, one.name) for one in invites], "p", 0).keep).named
    assert [one.name for one in named] == list(NAMES)
    assert [bool(one.profile) for one in named] == [True] * 2 + [False] * 8
    assert sum(len(one.profile) for one in named) <= PROFILES_BYTES_MAX


def test_a_link_of_before_that_knows_no_pages_still_opens() -> None:
    bare = msgspec.msgpack.encode(["i1", "Tom"])
    assert msgspec.msgpack.decode(bare, type=NamedInvite) == NamedInvite("i1", "Tom")

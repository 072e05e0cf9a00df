"""The words and the looks of the pages behind links."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from msgspec.structs import replace

from services.gateway import render, words
from services.gateway.actions import VERBS, events
from services.gateway.choice import Choice, choice_of
from shared.contracts import (
    FollowupDone,
    FollowupSnoozed,
)
from shared.links import (
    Verb,
)
from shared.texts.brand import Brand
from tests.unit.services.digest.words.test_digest_words import UNKIND, constants
from tests.unit.services.gateway.gateway_world import AGAIN, AT, INVITES, LINKS, NOTICE, REST

ALL = list(VERBS)


def test_no_text_of_a_page_blames_scores_or_shouts() -> None:
    said = constants(words)
    assert len(said) > 20
    assert [text for text in said if UNKIND.search(text)] == []


@pytest.mark.parametrize("verb", ALL)
def test_a_page_that_asks_has_one_button_that_acts_and_one_that_tells_has_a_way_back_where_there_is_one(
    verb: Verb,
) -> None:
    asks, tells = render.ask(verb, "t0k", LINKS[verb]), render.did(verb, "t0k", LINKS[verb])
    assert re.findall(r'<form method="post" action="([^"]+)">', asks) == [f"../{verb}/t0k"]
    back = words.UNDO.get(verb)
    asking = re.findall(r'<form method="get" action="([^"]+)">', tells)
    assert asking == (["../let-go/t0k"] if verb == "keep" else []), "the way back of what lets go asks first"
    there = ["../more/t0k"] if verb == "more" else [f"../{back}/t0k"] if back else []
    assert re.findall(r'<form method="post" action="([^"]+)">', tells) == there
    for page in (asks, tells):
        assert "{" not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)
        assert "<script" not in page
        assert not re.search(r"(src|href)=", page)
        assert ("Thanks to &lt;Ben&gt;" in page) == (verb in {"done", "later", "more"})
        assert ("Tom &lt;T&gt;" in page) == ("and 497 more" in page) == (verb in {"let-go", "keep"})


def test_the_page_that_lets_go_has_a_tick_for_each_and_the_one_that_keeps_leads_there() -> None:
    asks = render.ask("let-go", "t0k", INVITES)
    assert re.findall(r'<input type="checkbox" name="(\w+)" value="(\w+)" checked>', asks) == [
        ("one", "0"), ("one", "1"), ("one", "2"), ("rest", "1"),
    ]  # fmt: skip
    keeps = render.ask("keep", "t0k", INVITES)
    assert '<button class="quiet">Choose one by one</button>' in keeps
    assert "<input" not in keeps
    assert '<form method="get" action="../let-go/t0k">' in keeps
    assert "one by one" not in render.ask("keep", "t0k", NOTICE)


def test_the_way_back_is_about_those_that_were_let_go_and_nobody_is_said_to_go_who_stays() -> None:
    told = render.did("let-go", "t0k", INVITES, Choice((1,), rest=False))
    assert "Mei" in told
    assert "Tom" not in told
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', told) == [("form", "1"), ("one", "1")]
    nobody = render.did("let-go", "t0k", INVITES, Choice((), rest=False))
    assert "Nobody is let go" in nobody
    assert "497" not in nobody, "nothing was said of the others"


@pytest.mark.parametrize(
    ("verb", "one", "several"),
    [("let-go", "Let this invite go?", "Let these invites go?"),
     ("keep", "Keep this invite open?", "Keep these invites open?")],
)  # fmt: skip
def test_a_page_of_one_invite_speaks_of_one(verb: Verb, one: str, several: str) -> None:
    assert one in render.ask(verb, "t0k", NOTICE)
    assert several in render.ask(verb, "t0k", INVITES)
    for choice in (None, Choice((), rest=False)):
        told = render.did(verb, "t0k", NOTICE, choice)
        assert "this invite " in told.lower()
        assert "these invites" not in told.lower()
    assert "These invites " in render.did(verb, "t0k", INVITES)


def test_the_way_back_and_the_others_of_a_proposal_are_counted() -> None:
    two = replace(INVITES, named=INVITES.named[:1], more=1)
    assert "<bdi>and one more</bdi>" in render.ask("let-go", "t0k", two)
    assert "Let these invites go?" in render.ask("let-go", "t0k", two)
    for choice, said in (
        (Choice((0,), rest=False), "Keep it"),
        (Choice((), rest=True), "Keep it"),
        (None, "Keep them"),
    ):
        assert f"{said}</button>" in render.did("let-go", "t0k", two, choice)


def test_the_policy_of_a_page_allows_its_own_style_and_nothing_else() -> None:
    style = re.findall(r"<style>(.*)</style>", render.trouble(404), re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in render.content_security_policy()


def test_the_page_of_what_a_mail_only_counts_answers_each_on_its_own() -> None:
    """Fails where a form without ticks would be taken for all of them."""
    asks = render.ask("more", "t0k", REST)
    assert re.findall(r'<input type="checkbox" name="(\w+)" value="(\w+)">', asks) == [
        ("one", str(n)) for n in range(3)
    ]
    assert "3 others wait beside these" in asks
    assert '<button class="quiet" name="later" value="1">Later</button>' in asks
    done = events("more", "t", REST, AT, choice_of("more", b"form=1&one=2&one=0", REST))
    assert [event.data for event in done] == [FollowupDone(followup_id=key) for key in ("c/ben/thank/1", "c/z")]
    later = events("more", "t", REST, AT, choice_of("more", b"form=1&one=1&later=1", REST))
    assert [event.data for event in later] == [FollowupSnoozed(followup_id="r/1", until=AGAIN)]
    assert events("more", "t", REST, AT, choice_of("more", b"form=1&one=0", REST))[0].id == done[0].id
    assert not events("more", "t", REST, AT)


def test_what_was_answered_on_the_page_of_the_rest_is_gone_from_it() -> None:
    told = render.did("more", "t0k", REST, Choice((1,), rest=False))
    assert "It is noted" in told
    assert "Buy the ticket" not in told
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', told) == [("form", "1"), ("gone", "1")]
    last = render.did("more", "t0k", REST, choice_of("more", b"form=1&gone=1&one=0&one=2", REST))
    assert "That was all of it." in last
    assert "<form" not in last
    assert "What else waits for you" in render.did("more", "t0k", REST, Choice((), rest=False))


def test_the_pages_bear_the_products_name_colour_footer_and_preferences() -> None:
    """As the mails do; without them a member would land with somebody unknown."""
    brand = Brand("Verein", "#123456", "Verein e. V., Berlin", "https://v.example/me")
    for page in (
        *(render.ask(verb, "t0k", LINKS[verb], render.Look(brand)) for verb in ALL),
        *(render.did(verb, "t0k", LINKS[verb], look=render.Look(brand)) for verb in ALL),
        render.trouble(404, render.Look(brand)),
    ):
        assert "Rapport" not in page
        assert '<p class="mark">Verein</p>' in page
        assert "#123456" in page
        assert "#2b6350" not in page
        assert "#8fcab2" not in page
        assert '<a href="https://v.example/me">Your preferences</a>' in page
        assert "Verein e. V., Berlin" in page
    style = re.findall(r"<style>(.*)</style>", render.trouble(404, render.Look(brand)), re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert digest in render.content_security_policy(brand)
    assert digest not in render.content_security_policy()

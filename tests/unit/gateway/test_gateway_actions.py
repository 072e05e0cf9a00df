"""What a press says, and the words of the pages."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from services.gateway import render, words
from services.gateway.actions import VERBS, WEEK, back_at, events
from services.gateway.choice import BadChoice, Choice, choice_of, page_of
from shared.contracts import (
    DigestPreferences,
    Event,
    FollowupDone,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
    MemberPreferencesSet,
    RulePreferences,
    decode,
    encode,
)
from shared.contracts.topic_names import ACTIVITY
from shared.links import (
    Link,
    NamedFollowup,
    NamedInvite,
    ToDigest,
    ToFollowup,
    ToFollowups,
    ToInvites,
    ToRule,
    Verb,
)
from shared.texts.brand import Brand
from tests.unit.digest.test_digest_words import UNKIND, constants

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
AGAIN = AT + WEEK
DIGEST = ToDigest("ada", "2026-11-23", "daily")
FOLLOWUP = ToFollowup("ada", "c/ben/thank/1", "Thanks to <Ben>", int(AT.timestamp()), int(AGAIN.timestamp()))
INVITES = ToInvites(
    "ada",
    (NamedInvite("i1", "Tom <T>"), NamedInvite("i2", "Mei"), NamedInvite("i3", "Jo")),
    "proposal/1",
    497,
    int(AT.timestamp()),
)
NOTICE = ToInvites("ada", (NamedInvite("i1", "Tom"),), "", 0, int(AT.timestamp()))
REST = ToFollowups(
    "ada",
    (
        NamedFollowup("c/ben/thank/1", "Thanks to <Ben>"),
        NamedFollowup("r/1", "Buy the ticket"),
        NamedFollowup("c/z", "Z"),
    ),
    3,
    int(AT.timestamp()),
    int(AGAIN.timestamp()),
)
RULE = ToRule("ada", "thank", "Thanks for a new connection", int(AT.timestamp()))
LINKS: dict[Verb, Link] = {
    "unsubscribe": DIGEST, "subscribe": DIGEST, "done": FOLLOWUP, "later": FOLLOWUP, "let-go": INVITES, "keep": INVITES,
    "more": REST, "again": RULE,
}  # fmt: skip
ALL = list(VERBS)


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("unsubscribe", MemberPreferencesSet(digest=DigestPreferences(every="off"))),
        ("subscribe", MemberPreferencesSet(digest=DigestPreferences(every="daily"))),
        ("done", FollowupDone(followup_id="c/ben/thank/1")),
        ("later", FollowupSnoozed(followup_id="c/ben/thank/1", until=AGAIN)),
        ("again", MemberPreferencesSet(rules={"thank": RulePreferences(on=True)})),
        ("keep", InviteKept(proposal_id="proposal/1")),
    ],
)
def test_a_press_is_said_as_a_product_would_say_it(verb: Verb, data: object) -> None:
    now = AT + timedelta(hours=1, microseconds=1500)
    [event] = events(verb, "token", LINKS[verb], now)
    assert (event.data, event.member, event.time, event.source) == (
        data,
        "ada",
        now.replace(microsecond=1000),
        "/rapport/gateway",
    )
    key, value, headers = encode(event)
    assert decode(key, value, headers, event.logged, ACTIVITY) == event


def test_a_repeated_press_is_the_same_event_and_each_link_and_verb_has_its_own() -> None:
    def event(verb: Verb, token: str, link: Link, at: datetime = AT) -> Event:
        return events(verb, token, link, at)[0]

    first = event("unsubscribe", "t", DIGEST)
    assert event("unsubscribe", "t", DIGEST, AT + timedelta(hours=1)).id == first.id
    assert event("unsubscribe", "t", DIGEST, AT + WEEK).id != first.id, "a mail of another week, or a change of mind"
    others = {
        event("subscribe", "t", DIGEST).id,
        event("unsubscribe", "u", DIGEST).id,
        event("done", "t", FOLLOWUP).id,
    }
    assert len(others - {first.id}) == 3
    assert re.fullmatch(r"link-[0-9a-f]{32}", first.id)


def test_who_stops_has_it_sent_again_and_stops_once_more_is_heard_each_time() -> None:
    """Under one id the third would be taken for the first, and the mails would go on."""
    shown = [render.did("subscribe", "t", DIGEST, look=render.Look(made=made)) for made in ("1000", "2000")]
    fields = [re.findall(r'name="(page)" value="(\d+)"', page) for page in shown]
    assert fields == [[("page", "1000")], [("page", "2000")]]
    bodies = [b"page=1000", b"page=1000&form=1", b"form=1&page=2000", b"List-Unsubscribe=One-Click", b"page=x", b""]
    pages = [page_of(body) for body in bodies]
    assert pages == ["1000", "1000", "2000", "", "", ""]
    first, same, later, *plain = [events("unsubscribe", "t", DIGEST, AT, page=page)[0].id for page in pages]
    assert first == same
    assert len({first, later, *plain}) == 3


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=6.9), WEEK, timedelta(days=7.5), timedelta(days=59)])
def test_what_is_put_off_comes_back_within_a_week_at_the_hour_of_the_digest(after: timedelta) -> None:
    back = back_at(FOLLOWUP, AT + after)
    assert timedelta(0) < back - (AT + after) <= WEEK
    assert (back - AGAIN) % WEEK == timedelta(0)


def test_no_text_of_a_page_blames_scores_or_shouts() -> None:
    said = constants(words)
    assert len(said) > 20
    assert [text for text in said if UNKIND.search(text)] == []


def go(*invite_ids: str) -> InviteRetractionApproved:
    return InviteRetractionApproved(invite_ids=invite_ids)


def stay(*invite_ids: str) -> InviteKept:
    return InviteKept(invite_ids=invite_ids)


ALL_OTHERS = InviteRetractionApproved(proposal_id="proposal/1")


@pytest.mark.parametrize(
    ("verb", "link", "choice", "said"),
    [
        ("let-go", INVITES, None, [go("i1", "i2", "i3"), ALL_OTHERS]),
        ("let-go", INVITES, Choice((0, 2), rest=True), [stay("i2"), go("i1", "i3"), ALL_OTHERS]),
        ("let-go", INVITES, Choice((1,), rest=False), [stay("i1", "i3"), go("i2")]),
        ("let-go", INVITES, Choice((), rest=True), [stay("i1", "i2", "i3"), ALL_OTHERS]),
        ("let-go", INVITES, Choice((), rest=False), [stay("i1", "i2", "i3")]),
        ("let-go", NOTICE, None, [go("i1")]),
        ("keep", INVITES, Choice((0, 2), rest=False), [stay("i1", "i3")]),
        ("keep", INVITES, Choice((0,), rest=True), [InviteKept(proposal_id="proposal/1")]),
        ("keep", INVITES, Choice((), rest=False), []),
        ("keep", NOTICE, None, [stay("i1")]),
    ],
)
def test_a_choice_one_by_one_answers_the_named_by_their_ids_and_all_others_by_their_proposal(
    verb: Verb, link: ToInvites, choice: Choice | None, said: list[object]
) -> None:
    made = events(verb, "t", link, AT, choice)
    assert [event.data for event in made] == said
    again = events(verb, "t", link, AT + timedelta(hours=1), choice)
    assert [event.id for event in again] == [event.id for event in made]
    assert len({event.id for event in made}) == len(made)


def test_another_choice_on_the_same_page_is_another_event() -> None:
    ids = {events("let-go", "t", INVITES, AT, Choice((place,), rest=False))[-1].id for place in range(3)}
    assert len(ids) == 3


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


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"form=1&one=3", "one"), (b"form=1&gone=-1", "gone"), (b"form=1&one=x", "one"), (b"form=1&gone=9", "gone")],
)
def test_a_form_that_names_what_the_link_does_not_is_refused_by_its_field(body: bytes, field: str) -> None:
    with pytest.raises(BadChoice, match=f"^{field}: must be a place among what the link names, from 0 to 2$"):
        choice_of("more", body, REST)


def test_only_to_keep_needs_no_ticks() -> None:
    assert choice_of("keep", b"", INVITES) == Choice((0, 1, 2), rest=True)
    assert choice_of("let-go", b"form=1", INVITES).empty, "whoever takes off all ticks keeps all"
    with pytest.raises(BadChoice, match=r"^one: is missing"):
        choice_of("keep", b"form=1", INVITES)


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

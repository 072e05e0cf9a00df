"""What a press says, and the words of the pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway import render, words
from services.gateway.actions import VERBS, WEEK, back_at, event
from shared.contracts import DigestPreferences, FollowupDone, FollowupSnoozed, MemberPreferencesSet, decode, encode
from shared.contracts.topic_names import ACTIVITY
from shared.links import Link, ToDigest, ToFollowup, Verb
from tests.unit.test_digest_words import UNKIND, constants

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
AGAIN = AT + WEEK
DIGEST = ToDigest("ada", "2026-11-23", "daily")
FOLLOWUP = ToFollowup("ada", "c/ben/thank/1", "Thanks to <Ben>", int(AT.timestamp()), int(AGAIN.timestamp()))
LINKS: dict[Verb, Link] = {verb: DIGEST if kind is ToDigest else FOLLOWUP for verb, kind in VERBS.items()}
ALL = list(VERBS)


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("unsubscribe", MemberPreferencesSet(digest=DigestPreferences(every="off"))),
        ("subscribe", MemberPreferencesSet(digest=DigestPreferences(every="daily"))),
        ("done", FollowupDone(followup_id="c/ben/thank/1")),
        ("later", FollowupSnoozed(followup_id="c/ben/thank/1", until=AGAIN)),
    ],
)
def test_a_press_is_said_as_a_product_would_say_it(verb: Verb, data: object) -> None:
    now = AT + timedelta(hours=1, microseconds=1500)
    fact = event(verb, "token", LINKS[verb], now)
    assert (fact.data, fact.member, fact.time, fact.source) == (
        data,
        "ada",
        now.replace(microsecond=1000),
        "/rapport/gateway",
    )
    key, value, headers = encode(fact)
    assert decode(key, value, headers, fact.logged, ACTIVITY) == fact


def test_a_repeated_press_is_the_same_event_and_each_link_and_verb_has_its_own() -> None:
    first = event("unsubscribe", "t", DIGEST, AT)
    assert event("unsubscribe", "t", DIGEST, AT + WEEK).id == first.id
    others = {
        event("subscribe", "t", DIGEST, AT).id,
        event("unsubscribe", "u", DIGEST, AT).id,
        event("done", "t", FOLLOWUP, AT).id,
    }
    assert len(others - {first.id}) == 3
    assert re.fullmatch(r"link-[0-9a-f]{32}", first.id)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=6.9), WEEK, timedelta(days=7.5), timedelta(days=59)])
def test_what_is_put_off_comes_back_within_a_week_at_the_hour_of_the_digest(after: timedelta) -> None:
    back = back_at(FOLLOWUP, AT + after)
    assert timedelta(0) < back - (AT + after) <= WEEK
    assert (back - AGAIN) % WEEK == timedelta(0)


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
    assert re.findall(r'<form method="post" action="([^"]+)">', tells) == ([f"../{back}/t0k"] if back else [])
    for page in (asks, tells):
        assert "{" not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)
        assert "<script" not in page
        assert not re.search(r"(src|href)=", page)
        assert ("Thanks to &lt;Ben&gt;" in page) == (verb in {"done", "later"})


def test_the_policy_of_a_page_allows_its_own_style_and_nothing_else() -> None:
    import base64
    import hashlib

    style = re.findall(r"<style>(.*)</style>", render.trouble(404), re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in render.CONTENT_SECURITY_POLICY

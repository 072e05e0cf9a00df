"""What a press says: the events of a link's button, and of a choice on its page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from services.gateway import render
from services.gateway.actions import WEEK, back_at, events
from services.gateway.choice import BadChoice, Choice, choice_of, page_of
from services.gateway.letting_go import WAIT_MINUTES
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
    ToInvites,
    Verb,
)
from tests.unit.services.gateway.gateway_world import AGAIN, AT, DIGEST, FOLLOWUP, INVITES, LINKS, NOTICE, REST


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


def go(*invite_ids: str) -> InviteRetractionApproved:
    return InviteRetractionApproved(invite_ids=invite_ids, wait_minutes=WAIT_MINUTES)


def stay(*invite_ids: str) -> InviteKept:
    return InviteKept(invite_ids=invite_ids)


ALL_OTHERS = InviteRetractionApproved(proposal_id="proposal/1", wait_minutes=WAIT_MINUTES)


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

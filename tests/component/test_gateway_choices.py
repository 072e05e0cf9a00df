"""Pages that list several things, over HTTP: a choice one by one, and what a form must say to be one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from services.gateway.letting_go import WAIT_MINUTES
from shared.contracts import (
    FollowupDone,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
)
from shared.embedded import System
from shared.links import (
    Link,
    Verb,
)
from tests.component.gateway_bed import (
    BROWSER,
    NOW,
    WEEK,
    Door,
    digest,
    followup,
    open_door,
    press,
    proposal,
    rest,
    said_of,
)


@pytest.fixture
async def door(embedded: System) -> AsyncIterator[Door]:
    async with open_door(embedded) as opened:
        yield opened


async def test_a_proposal_is_let_go_with_a_choice_one_by_one_and_comes_back_by_the_page_that_says_so(
    embedded: System, door: Door
) -> None:
    page = await door.client.get(door.links.address("let-go", proposal("m-choice")), headers=BROWSER)
    assert all(name in page.text for name in ("Tom", "Mei", "Jo", "and 2 more"))
    await press(door, page, without=[("one", "1")])
    told = await press(door, page, without=[("one", "1")])
    shown = re.sub(r'action="[^"]*"', "", told.text)  # a sealed address is another each second, and may spell anything
    assert "Tom" in shown
    assert "Mei" not in shown, "she stays"
    await press(door, told)
    events = await said_of(embedded, "m-choice")
    first = [
        InviteKept(invite_ids=("i2",)),
        InviteRetractionApproved(invite_ids=("i1", "i3"), wait_minutes=WAIT_MINUTES),
        InviteRetractionApproved(proposal_id="proposal/1", wait_minutes=WAIT_MINUTES),
    ]
    said = [*first, *first, InviteKept(proposal_id="proposal/1")]
    assert sorted(repr(event.data) for event in events) == sorted(map(repr, said))
    assert len({event.id for event in events}) == 4, "a press that is repeated is the same events"


async def test_a_proposal_is_kept_with_one_press_and_the_way_back_asks_first(embedded: System, door: Door) -> None:
    page = await door.client.get(door.links.address("keep", proposal("m-keep", more=0)), headers=BROWSER)
    told = await press(door, page)
    asked = await press(door, told)
    assert "Let these invites go?" in asked.text
    assert [event.data for event in await said_of(embedded, "m-keep")] == [InviteKept(invite_ids=("i1", "i2", "i3"))]
    await press(door, asked, without=[("one", "0"), ("one", "1"), ("one", "2")])
    said = [event.data for event in await said_of(embedded, "m-keep")]
    assert said[1:] == said[:1], "nothing has a tick: nobody goes"


@pytest.mark.parametrize("body", [b"form=1&one=3", b"form=1&one=-1", b"form=1&one=x", b"\xff", b"a=1&" * 200])
async def test_a_form_that_no_page_has_sent_is_refused_and_says_nothing(
    embedded: System, door: Door, body: bytes
) -> None:
    url = door.links.address("let-go", proposal("m-form"))
    answer = await door.client.post(url, content=body)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    said = await said_of(embedded, "m-form")
    assert said == []


async def test_what_a_mail_only_counts_is_answered_one_by_one_on_its_page(embedded: System, door: Door) -> None:
    url = door.links.address("more", rest("counted"))
    some = await door.client.post(url, data={"form": "1", "one": ["0", "2"]}, headers=BROWSER)
    assert "This is what is left" in some.text
    last = {"form": "1", "one": "1", "gone": ["0", "2"], "later": "1"}
    assert "That was all of it." in (await door.client.post(url, data=last, headers=BROWSER)).text
    assert (await door.client.post(url, data={"form": "1", "one": "7"}, headers=BROWSER)).status_code == 400
    said = {event.data for event in await said_of(embedded, "counted")}
    assert said == {
        FollowupDone(followup_id="c/ben/thank/0"),
        FollowupDone(followup_id="c/ben/thank/2"),
        FollowupSnoozed(followup_id="c/ben/thank/1", until=NOW + WEEK),
    }


@pytest.mark.parametrize(
    ("verb", "body", "detail"),
    [
        ("more", b"", "form: is missing"),
        ("more", b"one=0", "form: is missing"),
        ("more", b"List-Unsubscribe=One-Click", "form: is missing"),
        ("more", b"form=1", "one: is missing"),
        ("more", b"form=1&one=9", "one: must be a place"),
        ("let-go", b"", "form: is missing"),
        ("let-go", b"rest=1", "form: is missing"),
        ("keep", b"form=1", "one: is missing"),
    ],
)
async def test_a_program_that_chooses_nothing_is_told_which_field_is_missing(
    embedded: System, door: Door, verb: Verb, body: bytes, detail: str
) -> None:
    """Without the field a press noted nothing, or let everybody go, and was told that it is noted."""
    link = rest("chose-none") if verb == "more" else proposal("chose-none")
    answer = await door.client.post(door.links.address(verb, link), content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"].startswith(detail)
    assert await said_of(embedded, "chose-none") == []


async def test_a_press_without_a_form_is_enough_where_a_link_names_one_thing_alone(
    embedded: System, door: Door
) -> None:
    links: dict[Verb, Link] = {
        "unsubscribe": digest("bare"), "subscribe": digest("bare"), "done": followup("bare"),
        "later": followup("bare"), "keep": proposal("bare"),
    }  # fmt: skip
    for verb, link in links.items():
        answer = await door.client.post(door.links.address(verb, link))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert len(await said_of(embedded, "bare")) == 5


async def test_who_presses_without_a_tick_is_asked_again(embedded: System, door: Door) -> None:
    asked = await door.client.post(door.links.address("more", rest("no-tick")), data={"form": "1"}, headers=BROWSER)
    assert (asked.status_code, "What else waits for you" in asked.text) == (200, True)
    bare = await door.client.post(door.links.address("more", rest("no-tick")), headers=BROWSER)
    assert (bare.status_code, "Nothing was noted" in bare.text) == (400, True)
    assert await said_of(embedded, "no-tick") == []

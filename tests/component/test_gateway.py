"""The gateway over HTTP, before the real Kafka: what a scanner, a person, a mail provider and a stranger get."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest
from structlog.testing import capture_logs

from rapport.system.gateway import gateway
from rapport.terminal.failure import Failure
from services.gateway import app as door_app
from services.gateway.app import BODY_BYTES_MAX, RETRY_AFTER_SECONDS, URL_BYTES_MAX, headers
from shared.contracts import (
    DigestPreferences,
    FollowupDone,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
    MemberPreferencesSet,
)
from shared.embedded import System
from shared.links import (
    ANSWER_LINK_DAYS,
    Link,
    LinkAddresses,
    LinkKeys,
    NamedFollowup,
    NamedInvite,
    ToDigest,
    ToFollowup,
    ToFollowups,
    ToInvites,
    Verb,
)
from shared.runtime.kafka.connection import KafkaAccess
from shared.texts.brand import OURS
from tests.component.gateway_bed import BROWSER, ONE_CLICK, Door, door_settings, open_door, said_of

NOW = datetime.now(UTC).replace(microsecond=0)
WEEK = timedelta(days=7)
HEADERS = headers(OURS)


@pytest.fixture
async def door(embedded: System) -> AsyncIterator[Door]:
    async with open_door(embedded) as opened:
        yield opened


def digest(member: str) -> ToDigest:
    return ToDigest(member, "2026-W48", "weekly")


def followup(member: str, days_ago: float = 0) -> ToFollowup:
    at = NOW - timedelta(days=days_ago)
    return ToFollowup(member, "c/ben/thank/1", "A word to Ben", int(at.timestamp()), int((at + WEEK).timestamp()))


def proposal(member: str, days_ago: float = 0, more: int = 2) -> ToInvites:
    named = tuple(NamedInvite(f"i{number}", name) for number, name in enumerate(("Tom", "Mei", "Jo"), 1))
    return ToInvites(member, named, "proposal/1", more, int((NOW - timedelta(days=days_ago)).timestamp()))


def rest(member: str) -> ToFollowups:
    named = tuple(NamedFollowup(f"c/ben/thank/{number}", f"Number {number}") for number in range(3))
    return ToFollowups(member, named, 4, int(NOW.timestamp()), int((NOW + WEEK).timestamp()))


async def test_a_scanner_that_follows_every_link_changes_nothing(embedded: System, door: Door) -> None:
    links: list[tuple[Verb, Link]] = [
        ("unsubscribe", digest("scanned")), ("subscribe", digest("scanned")), ("done", followup("scanned")),
        ("later", followup("scanned")), ("let-go", proposal("scanned")), ("keep", proposal("scanned")),
        ("more", rest("scanned")),
    ]  # fmt: skip
    for verb, link in links:
        url = door.links.address(verb, link)
        for ask in (door.client.get, door.client.head):
            answer = await ask(url, headers=BROWSER)
            assert answer.status_code == 200
            assert HEADERS.items() <= dict(answer.headers).items()
            assert "set-cookie" not in answer.headers
        assert "<form" in (await door.client.get(url)).text
    assert await said_of(embedded, "scanned") == []


async def test_a_mail_provider_s_post_stops_the_mails_without_a_page_or_a_redirect(
    embedded: System, door: Door
) -> None:
    url = door.links.address("unsubscribe", digest("m-provider"))
    answer = await door.client.post(url, data=ONE_CLICK)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert "<" not in answer.text
    [event] = await said_of(embedded, "m-provider")
    assert event.data == MemberPreferencesSet(digest=DigestPreferences(every="off"))
    assert abs(event.time - datetime.now(UTC)) < timedelta(minutes=1)


async def test_the_form_of_rfc_8058_counts_in_both_of_its_encodings(embedded: System, door: Door) -> None:
    url = door.links.address("unsubscribe", digest("m-multipart"))
    parts = {"List-Unsubscribe": (None, "One-Click")}
    answer = await door.client.post(url, files=parts, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert len(await said_of(embedded, "m-multipart")) == 1


async def test_a_post_that_is_repeated_is_the_same_event_and_another_mail_s_another(
    embedded: System, door: Door
) -> None:
    for _ in range(3):
        assert (await door.client.post(door.links.address("unsubscribe", digest("rep")))).status_code == 200
    await door.client.post(door.links.address("unsubscribe", ToDigest("rep", "2026-W49", "weekly")))
    events = await said_of(embedded, "rep")
    assert [len(events), len({event.id for event in events})] == [4, 2]


async def test_a_person_presses_the_button_and_can_take_it_back(embedded: System, door: Door) -> None:
    url = door.links.address("unsubscribe", digest("m-undo"))
    asked = await door.client.get(url, headers=BROWSER)
    told = await _press(door, asked)
    assert "These mails have stopped" in told.text
    again = await _press(door, told)
    assert "Your mails come again" in again.text
    said = [event.data for event in await said_of(embedded, "m-undo")]
    assert said == [
        MemberPreferencesSet(digest=DigestPreferences(every="off")),
        MemberPreferencesSet(digest=DigestPreferences(every="weekly")),
    ]


async def _press(door: Door, page: httpx.Response, without: Sequence[tuple[str, str]] = ()) -> httpx.Response:
    """Press the first button of a page as a browser does, without the ticks of these fields."""
    method, action = re.findall(r'<form method="(\w+)" action="([^"]+)">', page.text)[0]
    ticked = re.findall(r'<input type="(?:hidden|checkbox)" name="(\w+)" value="(\w+)"', page.text)
    fields = [field for field in ticked if field not in without]
    url, form = page.url.join(action), {"content-type": "application/x-www-form-urlencoded"}
    if method == "get":
        return await door.client.get(url, headers=BROWSER)
    answer = await door.client.post(url, headers=BROWSER | form, content=urlencode(fields))
    assert answer.status_code == 200
    return answer


async def test_a_proposal_is_let_go_with_a_choice_one_by_one_and_comes_back_by_the_page_that_says_so(
    embedded: System, door: Door
) -> None:
    page = await door.client.get(door.links.address("let-go", proposal("m-choice")), headers=BROWSER)
    assert all(name in page.text for name in ("Tom", "Mei", "Jo", "and 2 more"))
    await _press(door, page, without=[("one", "1")])
    told = await _press(door, page, without=[("one", "1")])
    assert "Tom" in told.text
    assert "Mei" not in told.text, "she stays"
    await _press(door, told)
    events = await said_of(embedded, "m-choice")
    first = [
        InviteKept(invite_ids=("i2",)),
        InviteRetractionApproved(invite_ids=("i1", "i3")),
        InviteRetractionApproved(proposal_id="proposal/1"),
    ]
    said = [*first, *first, InviteKept(proposal_id="proposal/1")]
    assert sorted(repr(event.data) for event in events) == sorted(map(repr, said))
    assert len({event.id for event in events}) == 4, "a press that is repeated is the same events"


async def test_a_proposal_is_kept_with_one_press_and_the_way_back_asks_first(embedded: System, door: Door) -> None:
    page = await door.client.get(door.links.address("keep", proposal("m-keep", more=0)), headers=BROWSER)
    told = await _press(door, page)
    asked = await _press(door, told)
    assert "Let these invites go?" in asked.text
    assert [event.data for event in await said_of(embedded, "m-keep")] == [InviteKept(invite_ids=("i1", "i2", "i3"))]
    await _press(door, asked, without=[("one", "0"), ("one", "1"), ("one", "2")])
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


async def test_done_and_later_are_said_of_their_follow_up(embedded: System, door: Door) -> None:
    for verb in ("done", "later"):
        page = await door.client.get(door.links.address(verb, followup("m-answers")), headers=BROWSER)
        assert "A word to Ben" in page.text
        await _press(door, page)
    said = [event.data for event in await said_of(embedded, "m-answers")]
    assert said == [
        FollowupDone(followup_id="c/ben/thank/1"),
        FollowupSnoozed(followup_id="c/ben/thank/1", until=NOW + WEEK),
    ]


async def test_a_link_that_leads_nowhere_tells_nothing_and_says_nothing(embedded: System, door: Door) -> None:
    foreign = LinkAddresses(door.settings.public_url or "", LinkKeys(["another-secret-of-thirty-two-characters"]))
    here = door.links.address
    whole = here("unsubscribe", digest("m-nowhere"))
    changed = whole[:-2] + ("A" if whole[-2] != "A" else "B") + whole[-1]
    wrong = [
        changed,
        whole[:-9],
        f"{whole}/",
        f"{door.settings.public_url}/unsubscribe/hello",
        foreign.address("unsubscribe", digest("m-nowhere")),
        here("done", digest("m-nowhere")),
        here("unsubscribe", followup("m-nowhere")),
        here("done", proposal("m-nowhere")),
        here("let-go", followup("m-nowhere")),
        f"{door.settings.public_url}/",
        f"{door.settings.public_url}/unsubscribe/",
        f"{door.settings.public_url}/unsubscribe",
        f"{door.settings.public_url}/r/xyz",
        f"{door.settings.public_url}/unsubscribe/{'A' * 6_000}",
    ]
    pages = set()
    for url in wrong:
        for ask in (door.client.get, door.client.post):
            answer = await ask(url, headers=BROWSER)
            assert answer.status_code == 404, url
            pages.add(answer.text)
            problem = await ask(url, headers={"accept": "*/*"})
            assert problem.headers["content-type"] == "application/problem+json"
            assert problem.json() == {"type": "about:blank", "title": "Not Found", "status": 404}
            assert HEADERS.items() <= dict(answer.headers).items()
    assert len(pages) == 1, "all look alike"
    assert await said_of(embedded, "m-nowhere") == []


async def test_a_link_of_a_follow_up_that_has_had_its_time_says_so_and_one_to_unsubscribe_works_for_ever(
    embedded: System, door: Door
) -> None:
    old = door.links.address("done", followup("m-old", ANSWER_LINK_DAYS + 1))
    gone = door.links.address("let-go", proposal("m-old", ANSWER_LINK_DAYS + 1))
    for ask, url in itertools.product((door.client.get, door.client.post), (old, gone)):
        answer = await ask(url, headers=BROWSER)
        assert answer.status_code == 410
        assert "Tom" not in answer.text
        assert f"work for {ANSWER_LINK_DAYS} days" in answer.text
        assert "Ben" not in answer.text
    assert await said_of(embedded, "m-old") == []
    first = ToDigest("m-old", "2019-W01", "weekly")
    assert (await door.client.post(door.links.address("unsubscribe", first))).status_code == 200
    assert len(await said_of(embedded, "m-old")) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(door: Door, method: str) -> None:
    answer = await door.client.request(method, door.links.address("unsubscribe", digest("m-method")))
    assert answer.status_code == 405
    assert answer.json()["status"] == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_what_is_too_long_is_refused_and_changes_nothing(embedded: System, door: Door) -> None:
    url = door.links.address("unsubscribe", digest("m-long"))
    assert (await door.client.post(url, content=b"x" * (BODY_BYTES_MAX + 1))).status_code == 413
    assert (await door.client.post(f"{url}?{'x' * URL_BYTES_MAX}")).status_code == 414
    assert await said_of(embedded, "m-long") == []
    assert (await door.client.post(url, content=b"x" * BODY_BYTES_MAX)).status_code == 200


async def test_a_body_that_does_not_come_is_waited_for_so_long_and_no_longer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_app, "BODY_SECONDS_MAX", 0.2)
    url = httpx.URL(door.links.address("unsubscribe", digest("m-slow")))
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"POST {url.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nList".encode())
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 30)
    writer.close()


async def test_a_public_address_with_a_path_is_served_below_it(embedded: System) -> None:
    async with open_door(embedded, door_settings("/of/rapport")) as door:
        url = door.links.address("unsubscribe", digest("m-path"))
        assert "/of/rapport/unsubscribe/" in url
        page = await door.client.get(url, headers=BROWSER)
        assert "These mails have stopped" in (await _press(door, page)).text
        assert (await door.client.get(url.replace("/of/rapport", ""))).status_code == 404
    assert len(await said_of(embedded, "m-path")) == 1


async def test_the_log_holds_ids_and_no_link_and_no_word_of_anybody(door: Door) -> None:
    url = door.links.address("done", followup("m-logged"))
    with capture_logs() as lines:
        await door.client.post(url, headers=BROWSER)
        await door.client.get(url[:-3])
    [line] = lines
    assert (line["member"], line["type"], line["id"][:5]) == ("m-logged", "rapport.followup.done", "link-")
    assert "Ben" not in str(lines)
    assert url.rpartition("/")[2] not in str(lines)


async def test_a_port_that_is_taken_is_named_with_its_setting(embedded: System, door: Door) -> None:
    with pytest.raises(Failure, match=r"RAPPORT_GATEWAY: 127\.0\.0\.1:\d+ cannot be served: Address already in use"):
        async with gateway(door.settings, KafkaAccess(embedded.kafka)):
            pass


async def test_more_presses_at_once_than_there_is_room_for_are_asked_to_come_again(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_app, "PUBLISHING_MAX", 0)
    async with open_door(embedded) as door:
        answer = await door.client.post(door.links.address("unsubscribe", digest("m-room")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(RETRY_AFTER_SECONDS))
    assert await said_of(embedded, "m-room") == []


async def test_while_kafka_is_away_a_press_is_not_taken_for_said_and_afterwards_it_is(
    own_system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_app, "PUBLISH_SECONDS_MAX", 1.0)
    async with open_door(own_system) as door:
        url = door.links.address("unsubscribe", digest("m-away"))
        broker = own_system.addresses.processes["kafka"]
        os.kill(broker, signal.SIGSTOP)
        try:
            page = await door.client.post(url, headers=BROWSER)
            machine = await door.client.post(url, data=ONE_CLICK)
        finally:
            os.kill(broker, signal.SIGCONT)
        assert (page.status_code, machine.status_code) == (503, 503)
        assert page.headers["retry-after"] == machine.headers["retry-after"] == str(RETRY_AFTER_SECONDS)
        assert "One moment, please" in page.text
        assert machine.json()["title"] == "Service Unavailable"
        monkeypatch.setattr(door_app, "PUBLISH_SECONDS_MAX", 30.0)
        assert (await door.client.post(url, data=ONE_CLICK)).status_code == 200
    events = await said_of(own_system, "m-away")
    assert len({event.id for event in events}) == 1


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

"""The gateway over HTTP, before the real Kafka: what a scanner, a person, a mail provider and a stranger get."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from services.gateway.link_pages import headers
from shared.contracts import (
    DigestPreferences,
    FollowupDone,
    FollowupSnoozed,
    MemberPreferencesSet,
)
from shared.embedded import System
from shared.links import (
    ANSWER_LINK_DAYS,
    Link,
    LinkAddresses,
    LinkKeys,
    ToDigest,
    Verb,
)
from shared.texts.brand import OURS
from tests.component.gateway_bed import (
    BROWSER,
    NOW,
    ONE_CLICK,
    WEEK,
    Door,
    digest,
    door_settings,
    followup,
    open_door,
    press,
    proposal,
    rest,
    said_of,
)

HEADERS = headers(OURS)


@pytest.fixture
async def door(embedded: System) -> AsyncIterator[Door]:
    async with open_door(embedded) as opened:
        yield opened


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
    told = await press(door, asked)
    assert "These mails have stopped" in told.text
    again = await press(door, told)
    assert "Your mails come again" in again.text
    said = [event.data for event in await said_of(embedded, "m-undo")]
    assert said == [
        MemberPreferencesSet(digest=DigestPreferences(every="off")),
        MemberPreferencesSet(digest=DigestPreferences(every="weekly")),
    ]


async def test_done_and_later_are_said_of_their_follow_up(embedded: System, door: Door) -> None:
    for verb in ("done", "later"):
        page = await door.client.get(door.links.address(verb, followup("m-answers")), headers=BROWSER)
        assert "A word to Ben" in page.text
        await press(door, page)
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


async def test_a_public_address_with_a_path_is_served_below_it(embedded: System) -> None:
    async with open_door(embedded, door_settings("/of/rapport")) as door:
        url = door.links.address("unsubscribe", digest("m-path"))
        assert "/of/rapport/unsubscribe/" in url
        page = await door.client.get(url, headers=BROWSER)
        assert "These mails have stopped" in (await press(door, page)).text
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

"""A member's own pages: what each shows, what a press says, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from services.gateway.link_pages import headers
from services.gateway.personal.content.words import PAGES as T
from shared.contracts import (
    ContactCadenceSet,
    ContactMuted,
    ContactUnmuted,
    DigestPreferences,
    EventData,
    FollowupDismissed,
    FollowupDone,
    FollowupRequested,
    FollowupSnoozed,
    MemberPreferencesSet,
    QuietHours,
    RetractionPreferences,
    RulePreferences,
)
from shared.texts.brand import OURS
from tests.unit.services.digest.words.test_digest_words import UNKIND
from tests.unit.services.gateway.members import THANK, said
from tests.unit.services.gateway.personal.own_pages import Browser, a_member, browser

BEN = "contact/ben%2F1/stay_in_touch/2026-11-21"
MEI = "reminder/r1/own_reminder/2026-11-24"


def sections(html: str) -> dict[str, str]:
    """Return the sections of a page by their headings."""
    parts = re.findall(r'<section class="panel" aria-labelledby="(\w+)">(.*?)</section>', html, re.DOTALL)
    return dict(parts)


async def person_of(opened: Browser, name: str) -> None:
    """Open the page about somebody, by their name on the page that is shown."""
    found = re.search(rf'href="([^"]+/with/[^"]+)"><bdi>{name}</bdi>', opened.page.text)
    assert found is not None
    await opened.get(found[1])


def data(opened: Browser) -> list[EventData]:
    return [event.data for event in opened.log.events]


async def test_the_first_page_tells_what_waits_what_comes_and_what_was_done() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        shown = sections(opened.page.text)
        assert list(shown) == ["due", "waiting", "coming", "lately"]
        assert re.findall(r"<h3>.*?<bdi>([^<]+)", shown["due"]) == ["Zoé Moreau", "Zoé Moreau", "Ben Okafor"]
        assert "since Saturday, 21 November" in shown["due"]
        assert "You are newly connected." in shown["due"]
        assert re.findall(r'name="one" value="(\d)"', shown["waiting"]) == ["0", "1"]
        assert "and one more" in shown["waiting"]
        assert re.findall(r'<p class="when">([^<]+)', shown["coming"]) == ["Thursday, 12:30", "Sunday, 10:00"]
        assert "Lunch, Café Luna" in shown["coming"]
        assert "Mei Tanaka" in shown["lately"]
        assert "Hello Ada Adler" in opened.page.text
        assert "Tuesday, 24 November" in opened.page.text
        assert opened.page.headers["content-security-policy"] == headers(OURS)["content-security-policy"]
        assert opened.page.headers["cache-control"] == "no-store"
        assert opened.page.headers["referrer-policy"] == "no-referrer"


async def test_nothing_waits_and_the_page_says_so_kindly() -> None:
    async with browser([said(-9, "member.joined", name="Ada")]) as opened:
        await opened.let_in()
        assert T["nothing"] in opened.page.text
        assert list(sections(opened.page.text)) == ["coming"]


def test_no_text_of_these_pages_blames_scores_or_shouts() -> None:
    """Write "overdue" or "missed" into a text of them, and this names it."""
    assert len(T) > 100
    assert [text for text in T.values() if UNKIND.search(text)] == []


PRESSES: list[tuple[str, str, EventData, str]] = [
    ("done", THANK, FollowupDone(followup_id=THANK), "done"),
    ("dismiss", THANK, FollowupDismissed(followup_id=THANK), "dismiss"),
    ("later_day", THANK, FollowupSnoozed.model_validate({"followup_id": THANK, "until": "2026-11-25T08:00"}), "later"),
    ("later_week", BEN, FollowupSnoozed.model_validate({"followup_id": BEN, "until": "2026-12-01T08:00"}), "later"),
    ("later_month", MEI, FollowupSnoozed.model_validate({"followup_id": MEI, "until": "2026-12-24T08:00"}), "later"),
]


@pytest.mark.parametrize(("do", "item", "event", "told"), PRESSES)
async def test_an_answer_is_the_event_of_the_api_and_takes_the_thing_away(
    do: str, item: str, event: EventData, told: str
) -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        assert f'value="{item}"' in sections(opened.page.text)["due"]
        await opened.press(do, item)
        assert data(opened) == [event]
        assert opened.page.history[0].status_code == 303, "a page that is loaded again presses nothing"
        assert opened.page.url.path == "/me"
        assert f'value="{item}"' not in sections(opened.page.text).get("due", "")
        assert T[f"did_{told}"] in opened.page.text


async def test_what_was_put_off_can_be_brought_back() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.press("later_week", THANK)
        assert f'value="{THANK}"' in sections(opened.page.text)["coming"]
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("back", THANK)
        assert data(opened)[1] == FollowupSnoozed(followup_id=THANK, until=opened.clock[0])
        assert "Bring it back" not in opened.page.text


async def test_a_person_has_a_page_that_tells_why_what_was_promised_done_and_comes() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await person_of(opened, "Zoé Moreau")
        shown = sections(opened.page.text)
        assert "Your talk on the reading list." in shown["why"]
        assert "the reading list" in shown["promised"]
        assert "for Thursday" in shown["promised"]
        assert re.findall(r"<p><bdi>([^<]+)</bdi></p>", shown["lately"]) == [
            "Zoé Moreau wrote to you.", "You made a note about Zoé Moreau.", "You promised Zoé Moreau something.",
        ]  # fmt: skip
        assert "17 May" in shown["next"]
        assert "zoe" not in str(opened.page.url), "no id stands in an address"


@pytest.mark.parametrize(
    ("do", "more", "event"),
    [
        ("mute", {}, ContactMuted(contact_id="zoe")),
        ("cadence", {"days": "60"}, ContactCadenceSet(contact_id="zoe", every_days=60)),
        ("cadence", {"days": ""}, ContactCadenceSet(contact_id="zoe")),
    ],
)
async def test_what_is_said_about_a_person(do: str, more: dict[str, str], event: EventData) -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await person_of(opened, "Zoé Moreau")
        await opened.press(do, "zoe", **more)
        assert data(opened) == [event]
        assert "/me/with/" in str(opened.page.url)
        if do == "mute":
            opened.clock[0] += timedelta(minutes=1)
            await opened.press("unmute", "zoe")
            assert data(opened)[1] == ContactUnmuted(contact_id="zoe")


async def test_a_member_asks_to_be_reminded_and_a_press_that_is_repeated_asks_once() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await person_of(opened, "Zoé Moreau")
        shown = opened.page
        for _ in range(2):
            opened.page = shown
            await opened.press("remind", "zoe", what="Ask about Lyon", day="2026-12-01")
        first, second = opened.log.events
        assert first.id == second.id
        assert isinstance(first.data, FollowupRequested)
        assert (first.data.what, f"{first.data.due:%m-%d %H:%M}") == ("Ask about Lyon", "12-01 09:00")
        assert "Ask about Lyon" in sections(opened.page.text)["next"], "it shows before the service speaks of it"


NIGHT = {"from": "22:00", "to": "07:00"}
WISHES: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
    ("rule_off", "thank", {}, {"rules": {"thank": RulePreferences(on=False)}}),
    ("quiet", "", NIGHT, {"quiet_hours": QuietHours.model_validate(NIGHT)}),
    (
        "digest", "", {"every": "daily", "weekday": "sun", "time": "09:30"},
        {"digest": DigestPreferences.model_validate({"every": "daily", "weekday": "sun", "time": "09:30"})},
    ),
    ("invites", "", {"policy": "never"}, {"retraction": RetractionPreferences(policy="never")}),
]  # fmt: skip


@pytest.mark.parametrize(("do", "item", "more", "wish"), WISHES)
async def test_a_preference_is_the_event_of_the_api_and_shows_at_once(
    do: str, item: str, more: dict[str, str], wish: dict[str, Any]
) -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.get("/me/preferences")
        before = opened.page.text
        await opened.press(do, item, **more)
        assert data(opened) == [MemberPreferencesSet(**wish)]
        assert opened.page.url.path == "/me/preferences"
        assert sections(opened.page.text) != sections(before)


async def test_a_pause_and_a_rule_have_their_way_back() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.get("/me/preferences")
        await opened.press("pause")
        assert f"{data(opened)[0].model_dump()['paused_until']:%m-%d %H:%M}" == "12-01 08:00"
        assert "It is quiet until Tuesday, 1 December, 08:00." in opened.page.text
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("resume")
        assert "It is quiet until" not in opened.page.text
        await opened.press("rule_off", "thank")
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("rule_on", "thank")
        assert data(opened)[-1] == MemberPreferencesSet(rules={"thank": RulePreferences(on=True)})


async def test_each_rule_is_told_with_people_of_the_members_own() -> None:
    async with browser(a_member("Ngozi Eze", "a paper on bees")) as opened:
        await opened.let_in()
        await opened.get("/me/preferences")
        rules = sections(opened.page.text)["rules"]
        assert "Say thank you to" in rules
        assert "Ngozi Eze" in rules
        assert "a paper on bees" in rules
        assert T["example_name"] not in rules
        assert "was planned for today at 12:30: did it take place?" in rules, (
            "and not for an hour that is still to come"
        )
        assert re.findall(r"\{\w*\}", rules) == [], "every place in a text is filled"


async def test_a_page_waits_for_its_own_word_and_says_so_where_it_takes_longer() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        opened.known.behind = True
        await opened.press("done", THANK)
        assert opened.page.status_code == 200
        assert T["late"] in opened.page.text
        assert dict(opened.page.url.params)["at"] == "0:0", "where the write stands is what it waits for"


async def test_what_kafka_does_not_take_is_said_to_be_not_noted() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        opened.log.refuses = _All()
        await opened.press("done", THANK)
        assert (opened.page.status_code, opened.page.headers["retry-after"]) == (503, "5")
        assert T["busy_title"] in opened.page.text


class _All(set[str]):
    def __contains__(self, one: object) -> bool:
        return True


async def test_names_and_words_of_contacts_are_letters_wherever_they_stand() -> None:
    """Take `autoescape` off in `render.py`, or `plain_line` out of `cards.line`, and this fails on each page."""
    name = '<script>alert(1)</script>" onload="x" \u202egnp.exe شيماء'
    async with browser(a_member(name, '<img src=x onerror=y>"\u2066', '<b>&amp;"')) as opened:
        await opened.let_in()
        first = opened.page.text
        found = re.findall(r'href="(/me/with/[^"]+)"', first)
        paths = (*dict.fromkeys(found), "/me/preferences")
        pages = [first, *[(await opened.get(path)).text for path in paths]]
        assert len(pages) == 5
        for html in pages:
            assert not re.search(r"<(script|img|b)\b|onload=\"|\u202e|\u2066|\x00", html)
            inner = re.sub(
                r"<bdi>.*?</bdi>|<title>.*?</title>|<span class=\"heard\">.*?</span>", "", html, flags=re.DOTALL
            )
            assert "شيماء" not in inner, "each name stands alone, whatever its direction"

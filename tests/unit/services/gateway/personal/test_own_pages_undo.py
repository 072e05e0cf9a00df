"""On a member's own page, what is done or let be can be taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from services.gateway.personal.content.words import PAGES as T
from shared.contracts import Event, FollowupDismissed, FollowupReopened
from tests.unit.services.gateway.members import NOW, THANK, due, planned, said, told
from tests.unit.services.gateway.personal.own_pages import a_member, browser
from tests.unit.services.gateway.personal.test_own_pages import data, sections


@pytest.mark.parametrize("do", ["done", "dismiss"])
async def test_what_is_done_or_let_be_stands_below_and_can_be_taken_back_for_a_week(do: str) -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.press(do, THANK)
        lately = sections(opened.page.text)["lately"]
        assert f'value="{THANK}"' in lately
        assert (T["let_be"] in lately) is (do == "dismiss")
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("reopen", THANK)
        assert data(opened)[1] == FollowupReopened(followup_id=THANK)
        assert T["did_reopen"] in opened.page.text
        shown = sections(opened.page.text)
        assert f'value="{THANK}"' in shown["due"]
        assert f'value="{THANK}"' not in shown.get("lately", "")


R1 = "reminder/r1/own_reminder/2026-11-20"
ASKED = (
    said(-4, "followup.requested", followup_id="r1", what="Write to the library", due="2026-11-23T09:00"),
    planned(-3.5, R1, -3.9),
    due(-1, R1, what="Write to the library"),
)


def completed(day: float, key: str, by: str = "followup.done") -> Event:
    because = {"id": "e", "type": f"rapport.{by}"}
    return said(day, "followup.completed", followup_id=key, rule=key.rsplit("/", 2)[1], because=because)


@pytest.mark.parametrize(
    ("events", "rows"),
    [
        ((*ASKED, said(-0.5, "followup.done", followup_id="r1"), completed(-0.49, R1)), ["r1"]),
        ((*ASKED, said(-0.5, "followup.done", followup_id=R1), completed(-0.49, R1)), [R1]),
        ((*ASKED, completed(-0.6, R1)), []),
        (
            (
                *ASKED, said(-0.5, "followup.done", followup_id=R1), completed(-0.49, R1),
                said(-0.4, "followup.reopened", followup_id="r1"),
            ),
            None,
        ),
        ((said(-1, "followup.dismissed", followup_id="nothing-of-that-name"),), None),
    ],
    ids=["by the product's own id", "by ours", "by the service alone", "taken back by the other id", "names nothing"],
)  # fmt: skip
async def test_a_thing_has_one_row_however_it_was_named(events: tuple[Event, ...], rows: list[str] | None) -> None:
    """None: no row. Else by what its one row can be taken back."""
    async with browser([said(-90, "member.joined", name="Ada", zone="Europe/Paris"), *events]) as opened:
        await opened.let_in()
        lately = sections(opened.page.text).get("lately", "")
        assert lately.count("<li") == (rows is not None)
        assert re.findall('name="item" value="([^"]*)"', lately) == (rows or [])
        assert ("Write to the library" in lately) is (rows is not None), "the words tell one from the next"


async def test_a_promise_that_was_kept_is_told_with_its_words_and_whom_it_was_made_to() -> None:
    made = said(-2, "promise.made", promise_id="p/2", contact_id="zoe", what="the <i>map</i>", due="2026-11-26T18:00")
    key = "promise/p/2/keep_promise/2026-11-22"
    async with browser(
        [*a_member(), made, due(-0.2, key, contact_id="zoe"), completed(-0.1, key, "promise.kept")]
    ) as opened:
        await opened.let_in()
        [row] = [row for row in sections(opened.page.text)["lately"].split("</li>") if "&lt;i&gt;map&lt;/i&gt;" in row]
        assert "Zoé Moreau" in row


TODAY = "meeting/k1/meeting_today/2026-11-20"
BEGUN = {"starts_at": (NOW - timedelta(hours=1)).isoformat()}
ADA, NEXT = "contact/ada/thank/2026-11-20", "contact/ada/thank/2026-11-22.2"
BY_ANSWER = (due(-1, ADA, contact_id="ada"), said(-0.5, "followup.done", followup_id=ADA), completed(-0.49, ADA))


@pytest.mark.parametrize(
    ("events", "offered"),
    [
        (BY_ANSWER, True),
        ((*BY_ANSWER[:2], completed(-0.49, ADA, "thanks.sent")), False),
        (BY_ANSWER[1:2], False),
        ((*BY_ANSWER, said(-0.4, "contact.muted", contact_id="ada")), False),
        ((*BY_ANSWER, said(-0.4, "contact.removed", contact_id="ada")), False),
        ((said(-0.6, "contact.removed", contact_id="ada"), *BY_ANSWER), True),
        ((*BY_ANSWER, due(-0.4, NEXT, contact_id="ada"), completed(-0.3, NEXT, "thanks.sent")), False),
        ((*BY_ANSWER, planned(5, NEXT, -0.4, contact_id="ada")), True),
        ((*BY_ANSWER, said(-0.4, "rule.quieted", rule="thank", asks_again_at=NOW.isoformat())), False),
        ((*BY_ANSWER, said(-0.4, "member.preferences_set", rules={"thank": {"on": False}})), False),
        ((due(-0.2, TODAY, **BEGUN), said(-0.1, "followup.done", followup_id=TODAY), completed(-0.09, TODAY)), False),
        ((said(-0.2, "followup.requested", followup_id="r2", what="Call", due="2027-01-23T09:00"),
          said(-0.1, "followup.done", followup_id="r2")), True),
    ],
    ids=["ended by it", "ended before it", "never was", "muted", "removed", "removed before",
         "the next one has ended", "the next one is planned", "quiet", "switched off", "begun", "not planned yet"],
)  # fmt: skip
async def test_what_cannot_come_back_is_not_offered(events: tuple[Event, ...], offered: bool) -> None:
    joined = said(-90, "member.joined", name="Ada", zone="Europe/Paris")
    async with browser(told(joined, *events)) as opened:
        await opened.let_in()
        assert ('value="reopen"' in sections(opened.page.text).get("lately", "")) is offered


async def test_a_reminder_that_was_asked_for_can_be_let_be_before_it_comes_and_taken_back() -> None:
    """Otherwise whoever mistook the day on the page of a person could only wait for it."""
    events = [
        said(-90, "member.joined", name="Ada", zone="Europe/Paris"), *ASKED[:1], planned(3, R1, -3.9),
        planned(2, THANK, contact_id="zoe"),
    ]  # fmt: skip
    async with browser(events) as opened:
        await opened.let_in()
        coming = sections(opened.page.text)["coming"]
        assert re.findall('name="item" value="([^"]*)"', coming) == ["r1"]  # and not what a rule has planned
        await opened.press("dismiss", "r1")
        assert data(opened)[-1] == FollowupDismissed(followup_id="r1")
        assert "library" not in sections(opened.page.text)["coming"]
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("reopen", "r1")
        assert 'name="item" value="r1"' in sections(opened.page.text)["coming"]

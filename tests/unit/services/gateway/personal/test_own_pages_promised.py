"""What a member's own pages promise after a press: what stands below, and what can be taken back, is there."""

from __future__ import annotations

import pytest

from services.gateway.personal import calendar
from services.gateway.personal.content.cards import Making
from services.gateway.personal.content.today import ANSWERED_SHOWN_MAX, today
from services.gateway.personal.content.words import PAGES as T
from services.gateway.reading import meetings
from shared.links import NAMED_MAX, LinkKeys
from shared.texts.brand import OURS
from tests.unit.services.gateway.members import NOW, due, said, seen
from tests.unit.services.gateway.personal.own_pages import SECRET, a_member, browser
from tests.unit.services.gateway.personal.test_own_pages import person_of, sections


async def test_whoever_cannot_be_taken_back_is_not_promised_to_be() -> None:
    """The others of a proposal are in no list of the page: the sentence about the list below must not speak of them."""
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.press("let_go", one="0", rest="1")
        assert T["did_let_go_rest"] in opened.page.text
        assert T["did_let_go"] not in opened.page.text


def test_all_that_one_press_lets_go_can_be_taken_back_however_many_invites_there_are() -> None:
    """Look among the latest sent alone, and of the oldest, which are those that are let go, none is shown."""
    old = [f"o{n}" for n in range(NAMED_MAX)]
    sent = [
        said(-200 + n / 9, "invite.sent", invite_id=f"s{n}", contact={"id": f"c{n}", "name": "Ben"}) for n in range(250)
    ]
    sent += [said(-300, "invite.sent", invite_id=key, contact={"id": f"c-{key}", "name": "Mei"}) for key in old]
    gone = said(-1, "invite.retraction_approved", invite_ids=old)
    before = said(-2, "invite.retraction_approved", invite_ids=[f"s{n}" for n in range(200)])
    view, seal = seen(*sent, before, gone), LinkKeys([SECRET]).seal
    shown = [one.id for one in today(Making(view, NOW, seal, OURS)).going]
    assert set(shown[:NAMED_MAX]) == set(old)
    assert len(shown) == ANSWERED_SHOWN_MAX


async def test_two_reminders_that_are_asked_for_on_one_page_are_two() -> None:
    """Name a reminder by its page alone, and after a step back the second takes the place of the first."""
    async with browser(a_member()) as opened:
        await opened.let_in()
        await person_of(opened, "Zoé Moreau")
        shown = opened.page
        for what in ("Ask about Lyon", "Send the slides"):
            opened.page = shown
            await opened.press("remind", "zoe", what=what, day="2026-12-01")
        assert "Ask about Lyon" in sections(opened.page.text)["next"]
        assert "Send the slides" in sections(opened.page.text)["next"]


KEEP = "promise/p1/keep_promise/2026-11-23"


@pytest.mark.parametrize("times", [(-1,), (-1, -0.5), (-1, -0.5, -0.2)])
def test_a_promise_that_is_said_to_be_done_is_kept_until_that_is_taken_back_or_it_is_made_anew(
    times: tuple[float, ...],
) -> None:
    """The reminder alone ended: the page of the person and the calendar, with its alarm, told of it as if it were open."""
    made = said(-2, "promise.made", promise_id="p1", contact_id="zoe", what="the map", due="2026-11-26T18:00")
    kinds = ("followup.done", "followup.reopened", "followup.done")
    answers = [said(day, kind, followup_id=KEEP) for day, kind in zip(times, kinds, strict=False)]
    view, is_open = seen(made, due(-1.5, KEEP, contact_id="zoe"), *answers), len(times) == 2
    assert [one.state for one in meetings.answer(view, NOW).promises] == ["open" if is_open else "kept"]
    assert ("the map" in calendar.text(calendar.find(view, NOW), NOW, "").decode()) is is_open
    anew = said(-0.1, "promise.made", promise_id="p1", contact_id="zoe", what="the atlas", due="2026-12-02T18:00")
    assert [one.state for one in meetings.answer(seen(made, *answers, anew), NOW).promises] == ["open"]
    other = (
        said(-1, "followup.dismissed", followup_id=KEEP),
        said(-1, "followup.done", followup_id="promise/p1/own_reminder/1"),
    )
    assert [one.state for one in meetings.answer(seen(made, *other), NOW).promises] == ["open"]
    assert meetings.answer(seen(*answers), NOW).promises == [], "an answer that names no promise makes none"

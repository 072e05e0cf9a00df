"""What a member's own pages promise after a press: what stands below, and what can be taken back, is there."""

from __future__ import annotations

from services.gateway.personal.content.cards import Making
from services.gateway.personal.content.today import ANSWERED_SHOWN_MAX, today
from services.gateway.personal.content.words import PAGES as T
from shared.links import NAMED_MAX, LinkKeys
from shared.texts.brand import OURS
from tests.unit.services.gateway.members import NOW, said, seen
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

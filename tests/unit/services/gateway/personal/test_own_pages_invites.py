"""On a member's own page, invites are let go and kept, and the other way round."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from services.gateway.letting_go import WAIT_MINUTES
from services.gateway.personal.content.words import PAGES as T
from shared.contracts import InviteKept, InviteRetractionApproved
from tests.unit.services.gateway.personal.own_pages import a_member, browser
from tests.unit.services.gateway.personal.test_own_pages import data, sections

going = partial(InviteRetractionApproved, wait_minutes=WAIT_MINUTES)


async def test_whoever_is_let_go_can_be_kept_after_all_and_the_other_way_round() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.press("let_go", one="0")
        assert data(opened) == [InviteKept(invite_ids=("i2",)), going(invite_ids=("i1",))]
        shown = sections(opened.page.text)
        assert "waiting" not in shown
        assert "Zoé Moreau" in shown["going"]
        assert "today, 10:10" in shown["going"], "until then the press can be taken back"
        assert "Mei Tanaka" in shown["kept"]
        opened.clock[0] += timedelta(minutes=WAIT_MINUTES)
        assert "10:10" not in (await opened.get("/me")).text, "no hour that is past comes"
        opened.clock[0] -= timedelta(minutes=WAIT_MINUTES)
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("keep", "i1")
        opened.clock[0] += timedelta(minutes=1)
        await opened.press("let_go", "i2")
        assert data(opened)[2:] == [InviteKept(invite_ids=("i1",)), going(invite_ids=("i2",))]
        shown = sections(opened.page.text)
        assert "Mei Tanaka" in shown["going"]
        assert "Zoé Moreau" in shown["kept"]


async def test_the_others_of_a_proposal_go_by_its_id_and_all_of_it_is_kept_by_one_press() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.press("let_go", rest="1")
        assert data(opened) == [InviteKept(invite_ids=("i1", "i2")), going(proposal_id="p/1")]
    async with browser(a_member()) as opened:
        await opened.let_in()
        await opened.press("keep")
        assert data(opened) == [InviteKept(proposal_id="p/1")]
        assert T["did_keep"] in opened.page.text


def test_the_words_say_how_long_an_invite_waits() -> None:
    """They stand in twelve languages, so whoever changes the number is led to them."""
    said = {name: text for name, text in T.items() if "pulled back in" in text}
    assert said
    assert all("pulled back in ten minutes" in text for text in said.values())
    assert WAIT_MINUTES == 10

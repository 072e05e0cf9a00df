"""On a member's own page, what is done or let be can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.gateway.personal.content.words import PAGES as T
from shared.contracts import FollowupReopened
from tests.unit.services.gateway.members import THANK
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

"""A mail and the pages behind its links in Chromium, on a phone: opened from the mail, pressed, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import uvicorn

from services.digest.words.render import Mail, render
from services.digest.words.sealed_links import sealed_links
from services.gateway.letting_go import WAIT_MINUTES
from services.gateway.link_pages import Gateway
from shared.contracts import (
    DigestPreferences,
    Event,
    EventData,
    FollowupDone,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
    MemberPreferencesSet,
    RulePreferences,
)
from shared.links import LinkAddresses, LinkKeys
from tests.integration.test_own_pages_in_a_browser import CHROMIUM, PHONE, SECONDS_MAX, chromium, faults
from tests.pictures import AT, sample
from tests.valkey_cluster import free_ports

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.deep, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")]

NOW = AT + timedelta(hours=2)
WEEK = timedelta(days=7)
GOES = tuple(f"i{number}" for number in range(1, 10))
STOPPED, COMES = (MemberPreferencesSet(digest=DigestPreferences(every=every)) for every in ("off", "weekly"))
JOURNEYS: dict[str, tuple[str, Sequence[str], Sequence[EventData]]] = {
    "done": ("", ["Yes, it is done"], [FollowupDone(followup_id="c1/thank")]),
    "later": ("", ["Let it rest"], [FollowupSnoozed(followup_id="c1/thank", until=AT + WEEK)]),
    "more": ("Clara Alvarez", ["Done"], [FollowupDone(followup_id="c7/thank")]),
    "again": ("", ["Bring it back"], [MemberPreferencesSet(rules={"say_why": RulePreferences(on=True)})]),
    "let-go": (
        "Mei Tanaka",
        ["Let go", "Keep them"],
        [
            InviteKept(invite_ids=("i2",)),
            InviteRetractionApproved(invite_ids=tuple(one for one in GOES if one != "i2"), wait_minutes=WAIT_MINUTES),
            InviteRetractionApproved(proposal_id="p", wait_minutes=WAIT_MINUTES),
            InviteKept(proposal_id="p"),
        ],
    ),
    "keep": (
        "",
        ["Keep", "Let go after all", "Let go"],
        [
            InviteKept(proposal_id="p"),
            InviteRetractionApproved(invite_ids=GOES, wait_minutes=WAIT_MINUTES),
            InviteRetractionApproved(proposal_id="p", wait_minutes=WAIT_MINUTES),
        ],
    ),
    "unsubscribe": ("", ["Stop these mails", "Send them again", "Stop these mails"], [STOPPED, COMES, STOPPED]),
}
"""By the link in the mail: whose tick is changed first, the buttons that are pressed, and what the member has said then."""


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Mail, list[Event]]]:
    """Yield a mail whose links lead to pages on a port, and what is said there."""
    port, said = free_ports(1)[0], list[Event]()
    keys = LinkKeys(["only-for-tests-and-for-nothing-else"])

    async def publish(event: Event) -> None:
        said.append(event)

    app = Gateway(keys, publish, lambda: NOW).app()
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.01)
    try:
        yield render(sample(), sealed_links(LinkAddresses(f"http://127.0.0.1:{port}", keys), "ada", sample())), said
    finally:
        server.should_exit = True
        await running


async def opened(page: Page, mail: Mail, verb: str) -> Page:
    """Follow a link of the mail, as it is shown; return where it leads."""
    await page.set_content(mail.html)
    link = page.locator(f"a[href*='/{verb}/']").first
    if await link.get_attribute("target") == "_blank":
        async with page.context.expect_page() as other:
            await link.click()
        return await other.value
    await link.click()
    await page.wait_for_url(f"**/{verb}/**")
    return page


async def test_each_link_of_a_mail_is_followed_pressed_and_taken_back_on_a_phone() -> None:
    """Take the way back off a page, or a name off the tick, and it is missed; pages that do not fit, or whose buttons are too
    small for a thumb, are named."""
    wrong: list[str] = []
    async with served() as (mail, said), chromium() as browser:
        width, height = PHONE
        context = await browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
        context.set_default_timeout(SECONDS_MAX)
        window = await context.new_page()
        for verb, (ticked, buttons, expected) in JOURNEYS.items():
            said.clear()
            page = await opened(window, mail, verb)
            assert said == [], "opening it says nothing: whatever scans mails opens it, too"
            wrong += await faults(page, f"{verb} asks")
            if ticked:
                box = page.get_by_label(ticked)
                await box.set_checked(not await box.is_checked())
            for number, button in enumerate(buttons):
                async with page.expect_navigation():
                    await page.get_by_role("button", name=button, exact=True).click()
                wrong += await faults(page, f"{verb} after {number + 1}")
            assert [event.data for event in said] == list(expected), verb
            assert {event.member for event in said} == {"ada"}
    assert wrong == []

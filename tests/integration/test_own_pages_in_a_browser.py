"""A member's own pages in Chromium: on a phone and a desk, by light and dark, by keyboard alone and without a script."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from services.gateway.personal.routes import MemberPages
from shared.contracts import FollowupDone, FollowupSnoozed
from shared.links import ToPage
from tests.unit.services.gateway.api.api_bed import Log
from tests.unit.services.gateway.api.uploads import CONNECTIONS, imports_for
from tests.unit.services.gateway.members import MEMBER, NOW, THANK, said
from tests.unit.services.gateway.personal.own_pages import KnownMembers, a_member, deps_of
from tests.valkey_cluster import free_ports

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Request

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.deep, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")]

PHONE, DESK = (360, 740), (1280, 900)
LOOKS = ((PHONE, "light"), (DESK, "dark"), (DESK, "light"), (PHONE, "dark"))
HOSTILE = '<script>document.title="x"</script>" onload="x \u202egnp.exe شيماء ' + "w" * 60
SECONDS_MAX = 60_000
MORE = ("/me/year", "/me/import")


class Site:
    """The pages on a port, and a log of what was said."""

    def __init__(self, base: str, log: Log, link: str) -> None:
        self.base, self.log, self.link = base, log, link


@asynccontextmanager
async def served(name: str = "Zoé Moreau", words: str = "the reading list", locale: str = "en") -> AsyncIterator[Site]:
    port, log = free_ports(1)[0], Log()
    events = [*a_member(name, words, words), said(-1, "member.preferences_set", locale=locale)]
    deps = deps_of(KnownMembers(events, log), [NOW], base=f"http://127.0.0.1:{port}")
    imports = imports_for(deps)
    deps = replace(deps, imports=imports)
    config = uvicorn.Config(MemberPages(deps).app(), "127.0.0.1", port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.01)
    until = int((NOW + timedelta(days=1)).timestamp())
    try:
        yield Site(deps.base, log, f"{deps.base}/open/{deps.keys.seal(ToPage(MEMBER, until))}")
    finally:
        server.should_exit = True
        await running
        await imports.stop()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright  # only who opens a browser waits for it

    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=SECONDS_MAX)
        yield opened
        await opened.close()


async def shown(browser: Browser, site: Site, size: tuple[int, int], **more: Any) -> Page:
    """Return a window in which the member's page is open."""
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, **more)
    context.set_default_timeout(SECONDS_MAX)
    page = await context.new_page()
    await page.goto(site.link)
    await page.get_by_role("button", name="Open my page").click()
    await page.wait_for_url(f"{site.base}/me")
    return page


async def faults(page: Page, where: str) -> list[str]:
    """Return what is wrong with the page that a window shows: axe-core's findings, and what does not fit its width."""
    from axe_playwright_python.async_playwright import Axe

    found = (await Axe().run(page)).response["violations"]
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    small = await page.evaluate(
        "[...document.querySelectorAll('button, summary, nav a, select, input:not([type=hidden])')]"
        ".filter(one => one.checkVisibility()).map(one => [one.textContent || one.name, one.closest('label') || one])"
        ".map(([name, one]) => [name, one.getBoundingClientRect()]).filter(([, box]) => box.height < 43.5)"
        ".map(([name, box]) => `${name.trim()}: ${box.height}px high`)"
    )
    told = [f"{one['id']}: {one['help']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found]
    return [f"{where}: {one}" for one in (*told, *([f"{wide}px too wide"] if wide > 0 else []), *small)]


@pytest.mark.parametrize("name", ["Zoé Moreau", HOSTILE], ids=["plain", "hostile"])
async def test_each_page_fits_its_screen_and_can_be_read_and_heard_by_anybody(name: str) -> None:
    """Take the label off a field, the contrast out of a colour, or `overflow-wrap` out of the style, and it is named."""
    wrong: list[str] = []
    async with served(name, name if name == HOSTILE else "the reading list") as site, chromium() as browser:
        for size, scheme in LOOKS if name != HOSTILE else LOOKS[:2]:
            page = await shown(browser, site, size, color_scheme=scheme, bypass_csp=True)
            person = await page.locator("a.whose").first.get_attribute("href")
            for path in (site.link, "/me", "/me?did=done", "/me/preferences", person, "/me/with/nobody", *MORE):
                assert path is not None
                await page.goto(path if path.startswith("http") else f"{site.base}{path}")
                for later in await page.locator("summary").all():
                    await later.click()
                wrong += await faults(page, f"{path[:20]} {size[0]}px {scheme}")
                assert await page.title() != "x"
            await page.context.close()
    assert wrong == []


async def test_arabic_pages_run_from_right_to_left_on_a_phone() -> None:
    """Name a side in the style sheet, or leave `dir` out, and something stands on the wrong one, or beside the screen."""
    wrong: list[str] = []
    async with served(locale="ar") as site, chromium() as browser:
        page = await shown(browser, site, PHONE, bypass_csp=True)
        person = await page.locator("a.whose").first.get_attribute("href")
        for path in ("/me", "/me/preferences", person):
            await page.goto(f"{site.base}{path}")
            assert await page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
            assert await page.evaluate("scrollTo(-500, 0), scrollX") == 0
            wrong += await faults(page, f"{str(path)[:20]} ar")
        start = await page.evaluate(
            "(one => one.getBoundingClientRect().right > innerWidth / 2)(document.querySelector('h1 bdi'))"
        )
        assert start, "a heading begins on the right"
    assert wrong == []


async def test_a_member_does_all_of_it_by_keyboard_and_without_a_script_and_no_address_is_handed_on() -> None:
    async with served() as site, chromium() as browser:
        page = await shown(browser, site, DESK, java_script_enabled=False)
        referrers: list[str] = []
        refused: list[str] = []

        def note(request: Request) -> None:
            referrers.extend(value for key, value in request.headers.items() if key == "referer")

        page.on("request", note)
        page.on("console", lambda told: refused.append(told.text))
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert page.url.endswith("#content"), "the first stop leads past what is the same on each page"
        await page.get_by_role("button", name="Done about Zoé Moreau").first.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("status").wait_for()
        assert site.log.events[0].data == FollowupDone(followup_id=THANK)
        await page.locator("summary").first.focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/me?did=later**")
        assert isinstance(site.log.events[1].data, FollowupSnoozed)
        await page.get_by_role("link", name="Preferences").click()
        await page.get_by_role("button", name="Switch off Thanks for a new connection").click()
        await page.get_by_role("button", name="Switch on Thanks for a new connection").wait_for()
        await page.get_by_role("button", name="Make an address").click()
        await page.get_by_label("The address, for your calendar program").wait_for()
        await page.get_by_role("link", name="Bring in").click()
        await page.get_by_label("The file").set_input_files(
            {"name": "Connections.csv", "mimeType": "text/csv", "buffer": CONNECTIONS.encode()}
        )
        await page.get_by_role("button", name="See what is in it").click()
        await page.get_by_role("heading", name="This is in it").wait_for()
        count = len(site.log.events)
        await page.get_by_role("button", name="Bring it in").click()
        await page.get_by_role("heading", name="It is brought in").wait_for()
        assert len(site.log.events) == count + 3
        await page.get_by_role("link", name="Your year").click()
        await page.get_by_role("img", name="The picture").wait_for()
        await page.get_by_role("button", name="Close my page").click()
        await page.get_by_role("heading", name="Your page is closed").wait_for()
        assert referrers == []
        assert refused == [], "the browser refuses nothing of what the page asks for"

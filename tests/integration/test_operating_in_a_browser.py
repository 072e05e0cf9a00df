"""The operators' page in Chromium: on a phone and a desk, by light and dark, with what records may hold, without a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from services.gateway.api.access.keys import create_key
from services.gateway.operating.routes import OperatorPages
from tests.integration.test_own_pages_in_a_browser import CHROMIUM, DESK, HOSTILE, LOOKS, SECONDS_MAX, chromium, faults
from tests.unit.services.gateway.operating.operators import NOW, PLACE, System, deps_of
from tests.valkey_cluster import free_ports

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.deep, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")]

PATHS = ("", "/services/invites", "/services/nope", "/checks", "/letters", f"/letters/{PLACE}", "/parked", "/why")


class Site:
    """The pages on a port, the system that they tell of, and a key."""

    def __init__(self, base: str, system: System, key: str) -> None:
        self.base, self.system, self.key = base, system, key


@asynccontextmanager
async def served(folder: Path, system: System) -> AsyncIterator[Site]:
    port, file = free_ports(1)[0], folder / "keys.json"
    base = f"http://127.0.0.1:{port}"
    _, key = create_key(file, "operators", ("operate",), NOW)
    app = OperatorPages(deps_of(system, file, [NOW], base)).app()
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.01)
    try:
        yield Site(f"{base}/operate", system, key)
    finally:
        server.should_exit = True
        await running


async def entered(browser: Browser, site: Site, size: tuple[int, int], **more: Any) -> Page:
    """Return a window in which the first page is open."""
    width, height = size
    context = await browser.new_context(viewport={"width": width, "height": height}, **more)
    context.set_default_timeout(SECONDS_MAX)
    page = await context.new_page()
    await page.goto(site.base)
    await page.get_by_label("Key").fill(site.key)
    await page.get_by_role("button", name="Open").click()
    await page.get_by_role("heading", name="Services", exact=True).wait_for()
    return page


@pytest.mark.parametrize("words", ["data.invite_id: must be a text", HOSTILE], ids=["plain", "hostile"])
async def test_each_page_fits_its_screen_and_can_be_read_and_heard_by_anybody(tmp_path: Path, words: str) -> None:
    """Take `tabindex` off a table's frame, or `overflow-wrap` out of the style, and it is named."""
    wrong: list[str] = []
    async with served(tmp_path, System(words)) as site, chromium() as browser:
        for size, scheme in LOOKS[2:] if words == HOSTILE else LOOKS[:2]:
            page = await entered(browser, site, size, color_scheme=scheme, bypass_csp=True)
            for path in PATHS:
                await page.goto(f"{site.base}{path}")
                wrong += await faults(page, f"{path} {size[0]}px {scheme}")
                assert await page.title() != "x"
            await page.get_by_label("Member").fill("ada")
            await page.get_by_label("Item").fill("i1")
            await page.get_by_role("button", name="Ask").click()
            await page.get_by_role("heading", name="What happened").wait_for()
            wrong += await faults(page, f"asked {size[0]}px {scheme}")
            await page.goto(f"{site.base}/letters")
            await page.get_by_role("button", name="Read again").click()
            await page.get_by_role("status").wait_for()
            wrong += await faults(page, f"read again {size[0]}px {scheme}")
            await page.get_by_role("button", name="Close this page").click()
            await page.get_by_role("heading", name="Closed").wait_for()
            wrong += await faults(page, f"closed {size[0]}px {scheme}")
            await page.context.close()
    assert not wrong, "\n".join(wrong)


async def test_all_of_it_goes_without_a_script_and_the_browser_refuses_nothing(tmp_path: Path) -> None:
    refused: list[str] = []
    async with served(tmp_path, System()) as site, chromium() as browser:
        page = await entered(browser, site, DESK, java_script_enabled=False)
        page.on("console", lambda told: refused.append(told.text))
        await page.get_by_role("link", name="Dead letters").click()
        await page.get_by_role("link", name=PLACE).click()
        await page.get_by_role("button", name="Tick off").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("status").wait_for()
        await page.get_by_role("link", name="Parked").click()
        await page.get_by_role("button", name="Try again").click()
        await page.get_by_role("status").wait_for()
        assert [act for act, _ in site.system.acts] == ["discard", "try"]
    assert refused == []

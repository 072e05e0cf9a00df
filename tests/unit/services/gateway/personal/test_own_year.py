"""The year as a picture: what happened with whom in which month, said in words, too; nothing is counted."""

from __future__ import annotations

import re

from services.gateway.personal.content import year
from shared.contracts import Event
from tests.unit.services.gateway.members import said
from tests.unit.services.gateway.personal.own_pages import a_member, browser

WALL = {"zone": "Europe/Paris", "minutes": 60, "kind": "lunch"}


def a_year() -> list[Event]:
    """Return a member to whom something happened in March (a meeting), October (twice a message) and November."""
    return [
        *a_member(),
        said(-250, "meeting.scheduled", meeting_id="m1", contact_ids=["mei"], starts="2026-03-10T12:30", **WALL),
        said(-249, "meeting.held", meeting_id="m1", contact_ids=["mei"]),
        said(-400, "meeting.scheduled", meeting_id="m2", contact_ids=["tom"], starts="2025-10-10T12:30", **WALL),
        said(-399, "meeting.held", meeting_id="m2", contact_ids=["tom"]),
        said(-35, "message.sent", contact_id="zoe"),
        said(-34, "message.sent", contact_id="zoe"),
    ]


async def test_it_says_what_happened_with_whom_in_which_month() -> None:
    async with browser(a_year()) as opened:
        await opened.let_in()
        page = (await opened.get("/me/year")).text
    months = re.findall(r"<h3>(.*?)</h3>\s*<ul class=\"rows\">(.*?)</ul>", page, re.DOTALL)
    lines = {month: re.findall(r"<bdi>(.*?)</bdi>", happened) for month, happened in months}
    assert list(lines) == ["November 2026", "March 2026"], "the latest first; of before a year nothing"
    assert "You and Zoé Moreau connected." in lines["November 2026"]
    assert any("Mei Tanaka" in one for one in lines["March 2026"])


async def test_the_picture_shows_the_same_and_has_a_text_in_its_place() -> None:
    async with browser(a_year()) as opened:
        await opened.let_in()
        page = (await opened.get("/me/year")).text
    [picture] = re.findall(r'<svg class="year".*?</svg>', page, re.DOTALL)
    assert 'role="img" aria-labelledby="picture picture-says"' in picture
    assert len(re.findall('class="above"', picture)) == year.MONTHS
    assert re.findall(r'class="name"[^>]*>(.*?)</text>', picture) == ["Mei Tanaka", "Ben Okafor", "Zoé Moreau"]
    assert not re.search(r"<script|style=|href=\"http", picture)
    assert "mark-met" in picture
    assert "mark-connected" in picture


async def test_twice_in_a_month_is_said_once() -> None:
    """Keep a list in `year` instead of each once, and the page counts."""
    async with browser(
        [*a_member(), *(said(-1 - one / 10, "message.sent", contact_id="zoe") for one in range(3))]
    ) as opened:
        await opened.let_in()
        page = (await opened.get("/me/year")).text
    assert page.count("You wrote to") == 1
    assert not re.search(r"<h3>[^<]*\d+ ", page)


async def test_who_has_no_year_yet_and_names_that_want_to_be_markup() -> None:
    async with browser([said(-1, "member.joined", name="Ada")]) as opened:
        await opened.let_in()
        page = (await opened.get("/me/year")).text
        assert "<svg" not in page
        assert "Nothing has been told here of the last twelve months." in page
    async with browser(a_member(name='<script>x</script>"&' + "W" * 120)) as opened:
        await opened.let_in()
        page = (await opened.get("/me/year")).text
        assert "<script>" not in page
        [picture] = re.findall(r'<svg class="year".*?</svg>', page, re.DOTALL)
        assert "W" * year.ROW_NAME_CHARS_MAX not in picture


async def test_many_people_keep_to_the_picture() -> None:
    many = [said(-2 - n, "contact.connected", contact={"id": f"p{n}", "name": f"Person {n}"}) for n in range(40)]
    many += [
        said(-1.5 - n, "promise.made", promise_id=f"q{n}", contact_id=f"p{n}", what="x", due="2026-12-01T09:00")
        for n in range(40)
    ]
    async with browser([said(-90, "member.joined", name="Ada"), *many]) as opened:
        await opened.let_in()
        page = (await opened.get("/me/year")).text
    assert page.count('class="name"') == year.ROWS_MAX
    assert "Person 39" in page, "all of them stand in the words"

"""Who sees a member's own pages: who has followed a link and pressed its button, for an hour, and nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from services.gateway.api import limits
from services.gateway.api.limits import Rates
from services.gateway.personal.content.words import PAGES as T
from services.gateway.personal.routes import MemberPages, beside
from services.gateway.personal.visits import COOKIE, COOKIE_SECURE
from shared.links import Link, LinkKeys, Sealed, ToDigest, ToInvites, ToPage, ToPerson, Visit
from tests.unit.services.gateway.api.api_bed import NOW as AT
from tests.unit.services.gateway.api.api_bed import pages, shared_api
from tests.unit.services.gateway.gateway_world import LINKS
from tests.unit.services.gateway.members import MEMBER, NOW, THANK
from tests.unit.services.gateway.personal.own_pages import SECRET, a_member, browser

LATER = int((NOW + timedelta(days=1)).timestamp())
PATHS = ("/me", "/me/preferences")


async def test_a_link_asks_before_it_shows_and_its_address_leads_to_no_other_page() -> None:
    async with browser(a_member()) as opened:
        link = f"/open/{opened.deps.keys.seal(ToPage(MEMBER, LATER))}"
        asked = await opened.get(link)
        assert "Ada" not in asked.text, "a scanner that follows links reads nothing of the member"
        assert not opened.client.cookies
        assert not re.search(r"(src|href)=", asked.text)
        answer = await opened.client.post(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_the_cookie_is_for_this_host_over_tls_alone_and_no_script_reads_it() -> None:
    async with browser(a_member(), secure=True) as opened:
        answer = await opened.client.post(f"/open/{opened.deps.keys.seal(ToPage(MEMBER, LATER))}")
        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == COOKIE_SECURE
        assert rest.partition("; ")[2] == "HttpOnly; Max-Age=3600; Path=/; SameSite=lax; Secure"
        assert MEMBER not in rest
    async with browser(a_member()) as opened:
        await opened.let_in()
        assert set(opened.client.cookies) == {COOKIE}


SEALED: list[Sealed] = [
    *LINKS.values(), ToPage("eve", LATER), ToPage(MEMBER, LATER), ToPerson(MEMBER, "zoe"),
    Visit(MEMBER, int(NOW.timestamp())), Visit(MEMBER, LATER, "revoked"), Visit("eve", LATER),
]  # fmt: skip


@pytest.mark.parametrize("sealed", SEALED)
@pytest.mark.parametrize("path", PATHS)
async def test_nothing_else_that_is_sealed_is_a_visit(path: str, sealed: Sealed) -> None:
    """Let `guest` take any link for a visit, and a link to one invite shows all of a member."""
    async with browser(a_member()) as opened:
        opened.client.cookies.set(COOKIE, opened.deps.keys.seal(sealed))
        answer = await opened.get(path)
        assert answer.status_code == (404 if sealed == Visit("eve", LATER) else 403)
        assert "Ada" not in answer.text


@pytest.mark.parametrize("cookie", ["", "x", "AA", "é", "A" * 9_000])
async def test_what_was_not_sealed_here_is_no_visit(cookie: str) -> None:
    async with browser(a_member()) as opened:
        header = (b"cookie", f"{COOKIE}={cookie}".encode("latin-1"))
        answer = await opened.client.get("/me", headers=[header])
        assert answer.status_code == 403
        assert T["closed_title"] in answer.text


@pytest.mark.parametrize("verb", sorted(LINKS))
async def test_a_link_to_something_else_opens_no_page(verb: str) -> None:
    link: Link = LINKS[verb]  # type: ignore[index]  # a verb
    async with browser(a_member()) as opened:
        answer = await opened.client.post(f"/open/{opened.deps.keys.seal(link)}")
        assert answer.status_code == 404
        assert not opened.client.cookies


async def test_a_link_and_a_visit_have_their_time() -> None:
    async with browser(a_member()) as opened:
        link = f"/open/{opened.deps.keys.seal(ToPage(MEMBER, LATER))}"
        await opened.client.post(link)
        opened.clock[0] += timedelta(minutes=59)
        assert (await opened.get("/me")).status_code == 200
        opened.clock[0] += timedelta(minutes=2)
        assert (await opened.get("/me")).status_code == 403
        opened.clock[0] += timedelta(days=1)
        for answer in (await opened.client.get(link), await opened.client.post(link)):
            assert answer.status_code == 410
            assert T["closed_lead"] in answer.text


async def test_what_came_by_a_key_ends_with_it() -> None:
    async with browser(a_member()) as opened:
        assert (
            await opened.client.post(f"/open/{opened.deps.keys.seal(ToPage(MEMBER, LATER, 'old'))}")
        ).status_code == 410
        await opened.let_in(key="good")
        assert opened.page.status_code == 200


async def test_a_secret_that_was_taken_away_ends_what_was_sealed_under_it() -> None:
    async with browser(a_member()) as opened:
        other = LinkKeys([f"{SECRET}-new"]).seal(ToPage(MEMBER, LATER))
        assert (await opened.client.post(f"/open/{other}")).status_code == 404


@pytest.mark.parametrize("mark", ["", "x", None])
async def test_a_form_that_the_page_has_not_shown_is_refused(mark: str | None) -> None:
    """Compare the mark with itself in `visits.form`, and any site says things for whoever has a visit open."""
    async with browser(a_member()) as opened:
        await opened.let_in()
        fields = {"do": "done", "item": THANK} | ({} if mark is None else {"mark": mark})
        for path in (*PATHS, "/me/leave"):
            answer = await opened.post(path, fields)
            assert answer.status_code == 403
            assert T["forged_title"] in answer.text
        assert opened.log.events == []


async def test_a_mark_is_that_of_one_visit_and_a_form_of_another_site_is_refused() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        mark = re.findall(r'name="mark" value="([^"]+)"', opened.page.text)[0]
        fields = {"do": "done", "item": THANK, "mark": mark}
        cross = await opened.client.post("/me", data=fields, headers={"sec-fetch-site": "cross-site"})
        assert cross.status_code == 403
        opened.clock[0] += timedelta(seconds=5)
        await opened.let_in()
        assert (await opened.post("/me", fields)).status_code == 403
        assert opened.log.events == []


async def test_a_page_that_is_closed_is_closed() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        mark = re.findall(r'name="mark" value="([^"]+)"', opened.page.text)[0]
        answer = await opened.post("/me/leave", {"mark": mark})
        assert T["left_lead"] in answer.text
        assert not opened.client.cookies
        assert (await opened.get("/me")).status_code == 403


async def test_a_person_is_shown_to_whom_they_belong_alone() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        seal = opened.deps.keys.seal
        for sealed, status in (
            (ToPerson(MEMBER, "zoe"), 200), (ToPerson("eve", "zoe"), 404), (ToPerson(MEMBER, "nobody"), 404),
            (ToPage(MEMBER, LATER), 404),
        ):  # fmt: skip
            assert (await opened.get(f"/me/with/{seal(sealed)}")).status_code == status


REFUSED: list[dict[str, str]] = [
    {"do": "nonsense"}, {"do": "done"}, {"do": "done", "item": "x" * 5_000}, {"do": "quiet", "from": "25:00", "to": "1"},
    {"do": "pause", "days": "-1"}, {"do": "pause", "days": "٣"}, {"do": "cadence", "item": "zoe", "days": "99999"},
    {"do": "remind", "item": "zoe", "what": "x", "day": "soon"},
    {"do": "remind", "item": "zoe", "what": "", "day": "2026-12-01"},
    {"do": "remind", "item": "zoe", "what": "  ", "day": "2026-12-01"},
    {"do": "rule_off", "item": "No such <rule>"}, {"do": "invites", "policy": "burn"}, {"do": "let_go", "link": "x"}, {},
]  # fmt: skip


@pytest.mark.parametrize("fields", REFUSED)
async def test_what_no_form_of_ours_says_is_refused_and_nothing_is_noted(fields: dict[str, str]) -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        mark = re.findall(r'name="mark" value="([^"]+)"', opened.page.text)[0]
        answer = await opened.post("/me", {**fields, "mark": mark})
        assert answer.status_code == 422
        assert T["refused_title"] in answer.text
        assert opened.log.events == []


async def test_invites_of_another_member_or_mail_are_not_answered_here() -> None:
    async with browser(a_member()) as opened:
        await opened.let_in()
        mark = re.findall(r'name="mark" value="([^"]+)"', opened.page.text)[0]
        other = LINKS["let-go"]
        assert isinstance(other, ToInvites)
        for link in (ToInvites("eve", other.named, other.proposal_id, 0, 0), ToDigest(MEMBER, "p", "daily")):
            fields = {"do": "let_go", "link": opened.deps.keys.seal(link), "form": "1", "one": "0", "mark": mark}
            assert (await opened.post("/me", fields)).status_code == 422
        assert opened.log.events == []


async def test_a_form_has_its_bound_and_a_member_their_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rates.__init__, "__defaults__", (limits.REQUESTS_PER_SECOND, 9))
    async with browser(a_member()) as opened:
        await opened.let_in()
        assert (await opened.post("/me", {"do": "x" * 20_000})).status_code == 413
        answers = [
            (await opened.get("/me/leave")).status_code,
            *[(await opened.get("/me")).status_code for _ in range(9)],
        ]
        assert answers[0] == 405
        assert answers[-1] == 429


async def test_pages_lie_below_the_path_of_the_public_address_beside_those_of_links() -> None:
    async with browser(a_member(), path="/rapport") as opened:
        link = f"/rapport/open/{opened.deps.keys.seal(ToPage(MEMBER, LATER))}"
        answer = await opened.client.post(link)
        assert answer.headers["location"] == "/rapport/me"
        shown = await opened.get("/rapport/me")
        assert set(re.findall(r'action="([^"]+)"', shown.text)) == {"/rapport/me", "/rapport/me/leave"}
        both = beside(pages, MemberPages(opened.deps).app(), "/rapport")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(both), base_url="http://door") as client:
            assert (await client.get("/rapport/me")).status_code == 403
            for other in ("/me", "/rapport/mean", "/rapport/openly/x", "/rapport/done/x"):
                assert (await client.get(other)).text == "a page"


async def test_a_product_gets_a_link_for_its_member_with_a_token_of_both_scopes() -> None:
    async with shared_api() as api:
        key = api.key("act", "read")
        wish = {"scopes": ["act", "read"], "seconds": 60}
        made = (await api.client.post("/v1/members/ada/tokens", json=wish, headers=key)).json()
        link = LinkKeys([SECRET]).open(made["page"].rpartition("/")[2])
        assert isinstance(link, ToPage)
        assert (link.member, link.until) == ("ada", int((AT + timedelta(seconds=60)).timestamp()))
        assert link.key, "it ends with the key that asked for it"
        half = (await api.client.post("/v1/members/ada/tokens", json={"scopes": ["read"]}, headers=key)).json()
        assert half.get("page") is None


async def test_no_link_of_another_site_says_what_was_pressed() -> None:
    """A browser sends the cookie along when such a link is followed, and the page would say that something was done."""
    async with browser(a_member()) as opened:
        await opened.let_in()
        for site, says in (("cross-site", False), ("same-site", False), ("same-origin", True), ("none", True)):
            page = await opened.client.get("/me?did=let_go", headers={"sec-fetch-site": site})
            assert page.status_code == 200
            assert (T["did_let_go"] in page.text) is says

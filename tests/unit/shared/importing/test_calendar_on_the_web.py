"""A look at an address: what is asked of its server, and how far an answer is followed. The server is a real one."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from typing import Any

import pytest
import trustme

from shared.delivery import public_network
from shared.importing.refusals import ArchiveError
from shared.importing.web.address import checked, is_address
from shared.importing.web.get import NoLook, Seen, Version, Web
from shared.importing.web.limits import REDIRECTS_MAX
from tests.unit.shared.importing.web_bed import Site, head, leads_to, page, raw, served, versioned

BYTES_MAX = 64 * 1024
NEW = Version()
TEXT = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


async def look(site: Site, path: str, known: Version = NEW, **options: Any) -> Seen:
    async with Web(BYTES_MAX, private=True, **options) as web:
        return await web.look(site.at(path), known)


async def refused(site: Site, path: str, **options: Any) -> str:
    with pytest.raises(NoLook) as found:
        await look(site, path, **options)
    return str(found.value).removeprefix("127.0.0.1: ")


async def test_what_is_the_same_as_before_does_not_come_again() -> None:
    async with served(
        x=versioned("one", '"v1"'), dated=page(TEXT, "Last-Modified: Mon, 02 Nov 2026 09:00:00 GMT")
    ) as site:
        first = await look(site, "/x")
        assert (first.content, first.version) == (b"one", Version('"v1"'))
        assert (await look(site, "/x", first.version)) == Seen(None, first.version)
        dated = await look(site, "/dated")
        await look(site, "/dated", dated.version)
        assert [headers.get("if-modified-since") for _, headers in site.asked[2:]] == [None, dated.version.modified]
        assert (await look(site, "/x", Version('"v0"'))).content == b"one"


async def test_an_address_is_asked_for_whole() -> None:
    async with served(**{"x;a=b": page(TEXT), "y;c=d": leads_to("x;a=b?e;f=g")}) as site:
        assert (await look(site, "/x;a=b?c;d=%C3%A9")).content == (await look(site, "/y;c=d")).content == TEXT
        assert [path for path, _ in site.asked] == ["/x;a=b?c;d=%C3%A9", "/y;c=d", "/x;a=b?e;f=g"]
        assert [headers["host"] for _, headers in site.asked] == [f"127.0.0.1:{site.port}"] * 3


async def test_a_version_that_is_none_is_not_sent_back() -> None:
    async with served(long=page(TEXT, f"ETag: {'x' * 2_000}"), odd=page(TEXT, "ETag: \xe9")) as site:
        assert [(await look(site, one)).version for one in ("/long", "/odd")] == [NEW] * 2


async def test_redirects_are_followed_and_counted() -> None:
    around = {f"r{number}": leads_to(f"/r{number + 1}") for number in range(REDIRECTS_MAX)}
    around[f"r{REDIRECTS_MAX}"] = page(TEXT)
    moved = leads_to("http://localhost:{port}/r" + str(REDIRECTS_MAX), "308 Permanent Redirect")
    async with served(**around, over=leads_to("/r0"), circle=leads_to("circle"), moved=moved) as site:
        assert (await look(site, "/r0")).content == TEXT
        assert (await look(site, "/moved")).content == TEXT
        assert await refused(site, "/over") == f"leads on more than {REDIRECTS_MAX} times"
        assert await refused(site, "/circle") == f"leads on more than {REDIRECTS_MAX} times"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/hostname", "not asked: the address must begin with"),
        ("http://ada:secret@127.0.0.1:{port}/x", "must not have a user or a password"),
        ("http://127.0.0.1:0/x", "not asked: the address is none: the port must be a number"),
        ("/" + "x" * 3_000, "longer than 2,048"),
        ("/\x80", "not percent-encoded"),
        ("http://[", "no address$"),
    ],
)
async def test_a_redirect_leads_to_an_address_like_any_other(location: str, reason: str) -> None:
    async with served(a=leads_to(location), x=page(TEXT)) as site:
        with pytest.raises(ArchiveError, match=rf"^127\.0\.0\.1: leads to what is .*{reason}"):
            await look(site, "/a")
        assert [path for path, _ in site.asked] == ["/a"]


async def test_this_machine_is_asked_nothing_and_neither_is_what_a_redirect_leads_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first address is taken for public; what it leads to is checked all the same, and nobody connects to it."""
    async with served(x=page(TEXT), a=leads_to("http://localhost:{port}/x")) as site, Web(BYTES_MAX) as web:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            with pytest.raises(NoLook, match="leads to an address that is not public"):
                await web.look(site.at("/x", host))
        assert not site.asked
        answers = iter((True,))
        monkeypatch.setattr(public_network, "is_public", lambda _: next(answers, False))
        with pytest.raises(NoLook, match="localhost: leads to an address that is not public"):
            await web.look(site.at("/a"))
        assert [path for path, _ in site.asked] == ["/a"]


def packed(content: bytes) -> bytes:
    return head("200 OK", "Content-Encoding: gzip", f"Content-Length: {len(content)}") + content


async def test_a_packed_answer_is_unpacked_to_its_end() -> None:
    async with served(
        one=raw(packed(gzip.compress(TEXT))),
        two=raw(packed(gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]))),
        cut=raw(packed(gzip.compress(TEXT)[:-9])),
        none=raw(packed(TEXT)),
        other=page(zlib.compress(TEXT), "Content-Encoding: deflate"),
    ) as site:
        assert [(await look(site, path)).content for path in ("/one", "/two")] == [TEXT, TEXT]
        assert site.asked[0][1]["accept-encoding"] == "gzip"
        assert await refused(site, "/cut") == await refused(site, "/none") == "its answer is packed, and damaged"
        assert await refused(site, "/other") == "its answer is packed in a way that nobody asked for"


async def test_an_answer_has_a_size_however_it_comes() -> None:
    large = b"x" * (BYTES_MAX + 1)
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (large[:9], large[9:])) + b"0\r\n\r\n"
    async with served(
        plain=page(large),
        chunked=raw(head("200 OK", "Transfer-Encoding: chunked") + chunked),
        open=raw(head("200 OK", "Connection: close") + large),
        packed=raw(packed(gzip.compress(large))),
        empty=raw(packed(gzip.compress(b"") * 4_000)),
        just=page(large[1:]),
    ) as site:
        for path in ("/plain", "/chunked", "/open", "/packed", "/empty"):
            assert await refused(site, path) == "its answer is larger than 0.0625 MB"
        assert len((await look(site, "/just")).content or b"") == BYTES_MAX


async def test_a_look_has_an_end() -> None:
    begun = head("200 OK", "Content-Length: 99") + b"BEGIN"
    async with served(
        silent=raw(b"", hangs=True), begun=raw(begun, hangs=True), cut=raw(begun), odd=raw(b"\0\r\n\r\n")
    ) as site:
        for path in ("/silent", "/begun"):
            assert await refused(site, path, seconds_max=0.2) == "no whole answer within 0.2 s"
        assert await refused(site, "/cut") == await refused(site, "/odd") == "the connection broke"
    assert await refused(site, "/cut") == "refuses the connection"


async def test_why_there_is_no_connection_is_said() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    reasons = []
    mute = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with mute, served(tls) as site, Web(BYTES_MAX, private=True) as web, Web(BYTES_MAX) as public:
        secure = [f"https://127.0.0.1:{port}/?key" for port in (site.port, mute.sockets[0].getsockname()[1])]
        for one, address in (
            *((web, each) for each in secure),
            (web, "http://a..b/?key"),
            (public, "http://a..b/?key"),
        ):
            with pytest.raises(NoLook) as found:
                await one.look(address)
            reasons.append(str(found.value).partition(": ")[2])
    assert reasons.pop(0).startswith("its certificate is not trusted (")
    assert reasons == ["does not answer in TLS", "its name is not found", "its name is not found"]


@pytest.mark.parametrize(
    ("status", "headers", "wait", "gone"),
    [
        ("503 Busy", ("Retry-After: 120",), 120.0, False), ("429 Slower", (f"Retry-After: {'9' * 400}",), 86_400.0, False),
        ("410 Gone", (), 0.0, True), ("404 None", ("Retry-After: tomorrow",), 0.0, False),
        ("304 Not Modified", (), 0.0, False), ("302 Found", (), 0.0, False), ("206 Part", (), 0.0, False),
    ],
)  # fmt: skip
async def test_what_is_no_file_says_why_and_for_how_long(
    status: str, headers: tuple[str, ...], wait: float, gone: bool
) -> None:
    async with served(x=raw(head(status, *headers, "Content-Length: 0"))) as site:
        with pytest.raises(NoLook) as found:
            await look(site, "/x?private=secret")
    assert str(found.value) == f"127.0.0.1: answers {status[:3]}", "what stands behind the host is a secret"
    assert (found.value.wait_seconds, found.value.gone) == (wait, gone)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("webcal://cal.example/a.ics", "https://cal.example/a.ics"), ("WEBCAL://cal.example", "https://cal.example/"),
        (" https://cal.example:8443/a?b=c#d\n", "https://cal.example:8443/a?b=c"), ("http://cal.example/%C3%A9", None),
    ],
)  # fmt: skip
def test_an_address_is_of_the_web(text: str, found: str | None) -> None:
    assert is_address(text)
    assert checked(text) == (found or text)


@pytest.mark.parametrize("text", ["calendar.ics", "./http:/x", "C:\\x.ics", "file:///x", "-", ""])
def test_what_is_a_file_is_no_address(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ArchiveError):
        checked(text)


def test_nothing_goes_from_https_to_http() -> None:
    from shared.importing.web.address import redirected

    assert redirected("https://cal.example/a/b", "../c") == "https://cal.example/c"
    assert redirected("http://cal.example/a", "https://cal.example/a") == "https://cal.example/a"
    with pytest.raises(ArchiveError, match="leads from https to http"):
        redirected("https://cal.example/a", "http://cal.example/a")

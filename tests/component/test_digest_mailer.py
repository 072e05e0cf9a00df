"""The mailer against real SMTP servers on loopback: kind ones, refusing ones, slow ones and dying ones."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.digest import reasons
from services.digest.mailer import Mailer
from services.digest.message import message_id
from services.digest.render import Links
from shared.contracts import DigestFailed, DigestSending, DigestSent, Fact
from shared.decision import Missing, Said, View
from shared.settings import SmtpAccess
from tests.unit.digest_world import World, lost, of

LINKS = Links("https://r.example/agenda", "https://r.example/u/" + "t" * 90, "https://r.example/one/" + "t" * 90)
SENDER = Address("Rapport", "rapport", "example.net")


class Letter(NamedTuple):
    sender: str
    recipients: list[str]
    content: bytes


class Keeper:
    """An aiosmtpd handler that keeps what it accepts."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        self.letters.append(Letter(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 2.0.0 kept"


@asynccontextmanager
async def smtp_server(keeper: Keeper, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(keeper, hostname="localhost", loop=asyncio.get_running_loop(), enable_SMTPUTF8=True, **options),
        "127.0.0.1",
        0,
        ssl=tls,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


Step = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(replies: dict[str, str], after_data: Step | None = None) -> AsyncIterator[int]:
    """Serve SMTP by a script: a reply by verb, "." for the end of the mail; `after_data` takes over at that end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        in_mail = False
        try:
            await _say(writer, replies.get("", "220 ready"))
            while raw := await reader.readline():
                line = raw.decode().strip("\r\n")
                verb = line if in_mail else line[:4].upper()
                if in_mail and verb != ".":
                    continue
                if verb == "." and after_data is not None:
                    await after_data(reader, writer)
                    return
                await _say(writer, reply := replies.get(verb, "354 go on" if verb == "DATA" else "250 fine"))
                in_mail = reply.startswith("354")
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _say(writer: asyncio.StreamWriter, reply: str) -> None:
    if reply == "silence":
        await asyncio.Event().wait()
    writer.write(reply.encode() + b"\r\n")
    await writer.drain()


def sending(email: str = "ada@example.org") -> tuple[World, Fact]:
    """Return a member whose digest has just said `sending`, and that fact."""
    world = World("2026-11-20 00:00", mailing=lost)
    world.join(email=email)
    world.meet("c1", "Grace Hopper")
    world.plan("c1/thank/1", "2026-11-21 00:00")
    wake = world.wake_at()
    assert wake is not None
    world.now = wake
    fact = world.wake()[-1]
    assert isinstance(fact.data, DigestSending)
    return world, fact


def mailer(port: int, now: datetime, **options: Any) -> Mailer:
    access = SmtpAccess(
        "127.0.0.1", port, options.pop("tls", "none"), options.pop("user", None), options.pop("password", None)
    )
    return Mailer(access, lambda: now, **{"sender": SENDER, **options})


async def perform(port: int, email: str = "ada@example.org", **options: Any) -> Said | None:
    world, fact = sending(email)
    return await mailer(port, world.now, **options).perform(world.view(), fact)


async def test_an_accepted_mail_is_sent_with_explicit_envelope_and_whole_headers() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        said = await perform(port, links=lambda member: LINKS)
    assert said is not None
    assert said.data == DigestSent(
        digest_id="digest/2026-W48",
        period="2026-W48",
        attempt=1,
        message_id=message_id("m", "2026-W48", "example.net"),
    )
    (letter,) = keeper.letters
    assert (letter.sender, letter.recipients) == ("rapport@example.net", ["ada@example.org"])
    lines = letter.content.split(b"\r\n")
    assert f"List-Unsubscribe: <{LINKS.one_click_url}>".encode() in lines
    assert f"Message-ID: {said.data.message_id}".encode() in lines
    assert b"Date: Mon, 23 Nov 2026 08:00:00 +0000" in lines
    assert b"Grace Hopper" in letter.content


async def test_what_was_reported_is_said_and_ends_the_digest() -> None:
    keeper = Keeper()
    world, fact = sending()
    async with smtp_server(keeper) as port:
        said = await mailer(port, world.now).perform(world.view(), fact)
    assert said is not None
    world.mailing = lambda _: said.data
    world.until("2026-11-23 09:00")
    assert not of(world.said, DigestFailed)


@pytest.mark.parametrize(
    ("replies", "reason", "permanent"),
    [
        (
            {"RCPT": "550 5.1.1 <ada@example.org> unknown"},
            f"{reasons.BOUNCED}: the mail server answered 550 5.1.1",
            True,
        ),
        ({"RCPT": "553 no such name"}, f"{reasons.BOUNCED}: the mail server answered 553", True),
        ({"RCPT": "452 4.2.2 mailbox full"}, f"{reasons.FULL}: the mail server answered 452 4.2.2", False),
        ({"RCPT": "552 5.2.2 mailbox full"}, f"{reasons.FULL}: the mail server answered 552 5.2.2", False),
        ({"RCPT": "550 5.7.1 relaying denied"}, f"{reasons.REJECTED}: the mail server answered 550 5.7.1", True),
        ({"RCPT": "421 going down"}, f"{reasons.UNREACHABLE}: the mail server answered 421", False),
        ({"MAIL": "530 5.7.0 log in first"}, f"{reasons.UNREACHABLE}: the mail server answered 530 5.7.0", False),
        ({"": "554 no service"}, f"{reasons.UNREACHABLE}: the mail server answered 554", False),
        ({"DATA": "451 later"}, f"{reasons.UNREACHABLE}: the mail server answered 451", False),
        ({".": "554 5.7.1 spam"}, f"{reasons.REJECTED}: the mail server answered 554 5.7.1", True),
        ({".": "451 4.3.0 later"}, f"{reasons.UNREACHABLE}: the mail server answered 451 4.3.0", False),
        ({".": "552 5.2.2 mailbox full"}, f"{reasons.FULL}: the mail server answered 552 5.2.2", False),
    ],
)
async def test_a_refusal_is_said_with_its_code_and_never_with_the_server_s_words(
    replies: dict[str, str], reason: str, permanent: bool
) -> None:
    async with scripted(replies) as port:
        said = await perform(port)
    assert said is not None
    assert said.data == DigestFailed(
        digest_id="digest/2026-W48", period="2026-W48", attempt=1, reason=reason, permanent=permanent
    )


async def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    async with scripted({}) as port:
        pass
    said = await perform(port)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason.startswith(reasons.UNREACHABLE)
    assert not said.data.permanent


async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert not reader.at_eof()
    writer.transport.abort()


async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert not writer.is_closing()
    await reader.read()


@pytest.mark.parametrize("end", [die, fall_silent])
async def test_nothing_is_said_of_a_mail_whose_bytes_were_given_and_never_acknowledged(end: Step) -> None:
    async with scripted({}, after_data=end) as port:
        assert await perform(port, seconds_max=0.3) is None


@pytest.mark.parametrize("where", ["", "EHLO", "MAIL", "RCPT"])
async def test_a_server_too_slow_before_the_mail_s_bytes_has_not_taken_it(where: str) -> None:
    async with scripted({where: "silence"}) as port:
        said = await perform(port, seconds_max=0.3)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert not said.data.permanent


async def test_nothing_leaves_for_a_member_who_was_erased_or_an_attempt_that_is_settled() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        world, fact = sending()
        erased: View[Any, Any] = View("m", World().profile, {"digest": None})
        assert await mailer(port, world.now).perform(erased, fact) is None
        world.until("2026-11-23 09:00")  # says unknown
        assert await mailer(port, world.now).perform(world.view(), fact) is None
    assert keeper.letters == []


async def test_an_announcement_that_has_expired_is_not_acted_on() -> None:
    keeper = Keeper()
    world, fact = sending()
    assert fact.expires is not None
    async with smtp_server(keeper) as port:
        said = await mailer(port, fact.expires).perform(world.view(), fact)
        early = await mailer(port, fact.expires - timedelta(milliseconds=1)).perform(world.view(), fact)
    assert said is not None
    assert early is not None
    assert isinstance(said.data, DigestFailed)
    assert (said.data.reason, said.data.permanent) == (reasons.LATE, False)
    assert isinstance(early.data, DigestSent)
    assert len(keeper.letters) == 1


async def test_what_is_not_loaded_is_asked_for_before_anything_leaves() -> None:
    keeper = Keeper()
    world, fact = sending()
    view: View[Any, Any] = View("m", world.profile, {"digest": world.items["digest"]})
    async with smtp_server(keeper) as port:
        with pytest.raises(Missing):
            await mailer(port, world.now).perform(view, fact)
    assert keeper.letters == []


async def test_a_digest_with_nothing_left_to_tell_does_not_leave() -> None:
    keeper = Keeper()
    world, fact = sending()
    world.complete("c1/thank/1")
    async with smtp_server(keeper) as port:
        said = await mailer(port, world.now).perform(world.view(), fact)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert (said.data.reason, said.data.permanent) == (reasons.NOTHING_LEFT, True)
    assert keeper.letters == []


async def test_an_address_beyond_ascii_goes_to_servers_that_take_it() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        said = await perform(port, email="zoë@example.org")
    assert said is not None
    assert isinstance(said.data, DigestSent)
    assert keeper.letters[0].recipients == ["zoë@example.org"]
    async with scripted({}) as port:
        said = await perform(port, email="zoë@example.org")
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason.startswith(reasons.REJECTED)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for localhost, and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(path),
        "-out", str(path.with_suffix(".crt")),
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("needs the openssl command")
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"rapport", b"p:w"), handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # aiosmtpd does not see that its socket is encrypted
@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(("password", "arrives"), [("p:w", True), ("wrong", False)])
async def test_mail_goes_out_over_tls_with_a_login(certificate: Path, tls: str, password: str, arrives: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate.with_suffix(".crt"))
    keeper = Keeper()
    options = {"authenticator": login, "auth_required": True, "auth_require_tls": tls == "starttls"}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    async with smtp_server(keeper, context if tls == "tls" else None, **options) as port:
        said = await perform(port, tls=tls, user="rapport", password=password, tls_context=trusting)
    assert said is not None
    assert isinstance(said.data, DigestSent if arrives else DigestFailed)
    assert len(keeper.letters) == arrives


async def test_a_server_that_nobody_vouches_for_gets_neither_mail_nor_password(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    keeper = Keeper()
    async with smtp_server(keeper, tls_context=context, require_starttls=True) as port:
        said = await perform(port, tls="starttls", user="rapport", password="p:w")
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason.startswith(reasons.UNREACHABLE)
    assert keeper.letters == []

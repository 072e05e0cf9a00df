"""Real SMTP servers on loopback for tests of the mailer, and a member whose digest is about to leave."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from email.headerregistry import Address
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.digest.mail.mailer import Mailer
from shared.config.values import SmtpAccess
from shared.contracts import DigestSending, DigestSent, Event
from shared.decider import NewEvent, View
from tests.unit.services.digest.digest_world import World, lost

SENDER = Address("Rapport", "rapport", "example.net")
SECONDS_MAX = 10


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


class Counting(Keeper):
    """Counts who calls, and who takes leave."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: set[int] = set()
        self.open: list[SMTP] = []
        self.quits = 0
        self.mail_reply = "250 OK"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.sessions.add(id(session))
        self.open.append(server)
        return responses

    async def handle_MAIL(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.mail_reply.startswith("250"):
            envelope.mail_from = address
        reply, self.mail_reply = self.mail_reply, "250 OK"
        return reply

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - as above
        self.quits += 1
        return "221 bye"


@asynccontextmanager
async def smtp_server(
    keeper: Keeper, tls: ssl.SSLContext | None = None, *, speaker: type[SMTP] = SMTP, **options: Any
) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(
        lambda: speaker(keeper, hostname="localhost", loop=asyncio.get_running_loop(), enable_SMTPUTF8=True, **options),
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

    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (talk := asyncio.current_task()) is not None:
            talks.add(talk)
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
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _say(writer: asyncio.StreamWriter, reply: str) -> None:
    """Say a line; "silence" says nothing for ever, "hang up" ends the connection."""
    if reply == "silence":
        await asyncio.Event().wait()
    if reply == "hang up":
        raise ConnectionAbortedError
    writer.write(reply.encode() + b"\r\n")
    await writer.drain()


def sending(email: str = "ada@example.org") -> tuple[World, Event]:
    """Return a member whose digest has just said `sending`, and that event."""
    world = World("2026-11-20 00:00", mailing=lost)
    world.join(email=email)
    world.meet("c1", "Grace Hopper")
    world.plan("c1/thank/1", "2026-11-21 00:00")
    wake = world.wake_at()
    assert wake is not None
    world.now = wake
    event = world.wake()[-1]
    assert isinstance(event.data, DigestSending)
    return world, event


def mailer(port: int, now: datetime, **options: Any) -> Mailer:
    access = SmtpAccess(
        "127.0.0.1", port, options.pop("tls", "none"), options.pop("user", None), options.pop("password", None)
    )
    return Mailer(access, lambda: now, **{"sender": SENDER, **options})


async def performed(port: int, now: datetime, view: View[Any, Any], event: Event, **options: Any) -> NewEvent | None:
    """Perform one mail by a mailer of its own."""
    one = mailer(port, now, **options)
    try:
        return await one.perform(view, event)
    finally:
        await one.close()


async def perform(port: int, email: str = "ada@example.org", **options: Any) -> NewEvent | None:
    world, event = sending(email)
    return await performed(port, world.now, world.view(), event, **options)


@asynccontextmanager
async def mailing(
    keeper: Keeper, speaker: type[SMTP] = SMTP
) -> AsyncIterator[Callable[[str], Awaitable[NewEvent | None]]]:
    """Give what sends one mail to an address, by one mailer."""
    async with smtp_server(keeper, speaker=speaker) as port:
        world, _ = sending()
        one: Mailer = mailer(port, world.now, seconds_max=5)

        async def send(email: str) -> NewEvent | None:
            other, event = sending(email)
            return await one.perform(other.view(), event)

        try:
            yield send
        finally:
            await one.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)


def sent(said: NewEvent | None) -> bool:
    return said is not None and isinstance(said.data, DigestSent)

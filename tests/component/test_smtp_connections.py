"""Connections to a mail server are kept for the next mail, and no mail is lost or doubled when the server ends one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.digest.mail.mailer import Mailer
from shared.contracts import DigestFailed, DigestSent
from shared.decider import NewEvent
from shared.delivery import smtp_connections
from tests.component.smtp_bed import Keeper, mailer, sending, smtp_server

SECONDS_MAX = 10


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
async def mailing(keeper: Keeper) -> AsyncIterator[Callable[[str], Awaitable[NewEvent | None]]]:
    """Give what sends one mail to an address, by one mailer."""
    async with smtp_server(keeper) as port:
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


async def test_one_mail_follows_another_over_one_connection_which_ends_with_the_mailer() -> None:
    keeper = Counting()
    async with mailing(keeper) as send:
        for number in range(5):
            assert sent(await send(f"m{number}@example.org"))
        assert len(keeper.sessions) == 1
    assert [letter.recipients for letter in keeper.letters] == [[f"m{number}@example.org"] for number in range(5)]
    assert keeper.quits == 1


async def test_a_server_that_has_hung_up_meanwhile_gets_the_next_mail_over_a_new_connection_once() -> None:
    keeper = Counting()
    async with mailing(keeper) as send:
        assert sent(await send("a@example.org"))
        transport: Any = keeper.open[-1].transport
        transport.abort()
        assert sent(await send("b@example.org"))
    assert [letter.recipients for letter in keeper.letters] == [["a@example.org"], ["b@example.org"]]


@pytest.mark.parametrize("reply", ["421 4.7.0 too many mails over this connection", "452 4.5.3 too many mails"])
async def test_a_server_that_takes_no_more_over_one_connection_gets_the_mail_over_a_new_one_once(reply: str) -> None:
    keeper = Counting()
    async with mailing(keeper) as send:
        assert sent(await send("a@example.org"))
        keeper.mail_reply = reply
        assert sent(await send("b@example.org"))
        assert len(keeper.open) == 2
    assert [letter.recipients for letter in keeper.letters] == [["a@example.org"], ["b@example.org"]]


async def test_a_server_that_takes_no_mail_at_all_is_asked_on_one_new_connection_and_then_later() -> None:
    keeper = Counting()
    keeper.mail_reply = "421 4.3.2 shutting down"
    async with mailing(keeper) as send:
        said = await send("a@example.org")
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert not said.data.permanent
    assert len(keeper.open) == 1


class DyingAtTheSecond(Counting):
    """Takes a second mail, and hangs up before it says so."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        said = await super().handle_DATA(server, session, envelope)
        if len(self.letters) == 2:
            transport: Any = server.transport
            transport.abort()
        return said


async def test_a_mail_whose_bytes_were_given_over_a_kept_connection_is_not_given_again() -> None:
    """Were it begun on a new one, as a mail is whose connection was ended before, the member had it twice."""
    keeper = DyingAtTheSecond()
    async with mailing(keeper) as send:
        assert sent(await send("a@example.org"))
        assert await send("b@example.org") is None
        assert sent(await send("c@example.org"))
    assert [letter.recipients for letter in keeper.letters] == [[f"{name}@example.org"] for name in "abc"]


class Choosy(Counting):
    """Has nobody whose name begins with an x."""

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("x"):
            return "550 5.1.1 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def test_after_a_refused_address_the_connection_is_as_new() -> None:
    keeper = Choosy()
    async with mailing(keeper) as send:
        assert sent(await send("a@example.org"))
        refused = await send("x@example.org")
        assert refused is not None
        assert isinstance(refused.data, DigestFailed)
        assert sent(await send("b@example.org"))
        assert len(keeper.sessions) == 1
    assert [letter.recipients for letter in keeper.letters] == [["a@example.org"], ["b@example.org"]]


async def test_a_connection_that_nobody_needs_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "KEPT_SECONDS", 0.05)
    keeper = Counting()
    async with mailing(keeper) as send:
        assert sent(await send("a@example.org"))
        await until(lambda: keeper.quits == 1)


async def test_a_connection_takes_so_many_mails_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "MAILS_MAX", 2)
    keeper = Counting()
    async with mailing(keeper) as send:
        for _ in range(5):
            assert sent(await send("a@example.org"))
        assert len(keeper.open) == 3

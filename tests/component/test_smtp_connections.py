"""Connections to a mail server are kept for the next mail, and no mail is lost or doubled when the server ends one."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.digest import delivery_errors
from shared.contracts import DigestFailed
from shared.delivery import smtp_connections
from tests.component.smtp_bed import Counting, mailing, sent, until


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


class FallingSilent(Counting):
    """Says nothing more over its first connection once a mail has gone over it."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    async def _answered(self, verb: str, server: SMTP) -> str:
        if self.letters and verb == self.where and server is self.open[0]:
            await asyncio.Event().wait()
        return "250 OK"

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._answered("MAIL", server)

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answered("RCPT", server)


@pytest.mark.parametrize("where", ["MAIL", "RCPT"])
async def test_a_kept_connection_that_has_fallen_silent_leaves_time_for_a_new_one(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_connections, "KEPT_ANSWER_SECONDS_MAX", 0.05)
    keeper = FallingSilent(where)
    async with mailing(keeper) as send:
        assert sent(await send("a@example.org"))
        assert sent(await send("b@example.org"))
        assert len(keeper.sessions) == 2
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


class BeforeTheBytes(SMTP):
    """Answers DATA with what stands in `replies`, one after another: None as ever, "hang up" ends the connection."""

    replies: ClassVar[list[str | None]] = []

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as above
        transport: Any = self.transport
        reply = self.replies.pop(0) if self.replies else None
        if reply is None:
            await super().smtp_DATA(arg)
        elif reply == "hang up":
            transport.abort()
        else:
            await self.push(reply)


@pytest.mark.parametrize("reply", ["hang up", "421 4.3.2 going down", "452 4.5.3 too many mails", "250 what"])
async def test_a_kept_connection_that_ends_before_it_asks_for_the_bytes_is_replaced_at_once(reply: str) -> None:
    keeper = Counting()
    BeforeTheBytes.replies = [None, reply]
    async with mailing(keeper, BeforeTheBytes) as send:
        assert sent(await send("a@example.org"))
        assert sent(await send("b@example.org"))
        assert len(keeper.sessions) == 2
    assert [letter.recipients for letter in keeper.letters] == [["a@example.org"], ["b@example.org"]]


def goes_on_when_it_is_lost(monkeypatch: pytest.MonkeyPatch, method: str, *words: bytes) -> None:
    """Hear an answer when the connection has ended behind it: else it is chance which of them is seen first."""
    command = getattr(aiosmtplib.SMTP, method)

    async def heard_late(smtp: aiosmtplib.SMTP, *said: bytes, **options: Any) -> Any:
        answer = await command(smtp, *said, **options)
        if said == words:
            await until(lambda: smtp.protocol is None)
        return answer

    monkeypatch.setattr(aiosmtplib.SMTP, method, heard_late)


class Leaving(SMTP):
    """Greets, and asks for a mail's bytes, and hangs up."""

    greets_alone: ClassVar = False

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - as above
        await super().smtp_EHLO(hostname)
        if self.greets_alone:
            self._leave()

    async def smtp_DATA(self, _arg: str) -> None:  # noqa: N802 - as above
        await self.push("354 go on")
        self._leave()

    def _leave(self) -> None:
        transport: Any = self.transport
        transport.close()


async def test_a_connection_that_ends_with_the_question_for_the_bytes_was_given_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goes_on_when_it_is_lost(monkeypatch, "execute_command", b"DATA")
    async with mailing(Counting(), Leaving) as send:
        said = await send("a@example.org")
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason == f"{delivery_errors.UNREACHABLE}: the mail server closed the connection"


async def test_a_connection_that_ends_with_the_greeting_says_nothing_of_what_its_server_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client without a connection knows no SMTPUTF8, and the mail would be given up for good."""
    goes_on_when_it_is_lost(monkeypatch, "ehlo")
    monkeypatch.setattr(Leaving, "greets_alone", True)
    async with mailing(Counting(), Leaving) as send:
        said = await send("zoë@example.org")
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason == f"{delivery_errors.UNREACHABLE}: the mail server closed the connection"
    assert not said.data.permanent


class Answering(Counting):
    """Answers a first mail with `reply`, and any other as ever."""

    def __init__(self, reply: str) -> None:
        super().__init__()
        self.reply = reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        said = await super().handle_DATA(server, session, envelope)
        return self.reply if len(self.letters) == 1 else said


@pytest.mark.parametrize(("reply", "is_known"), [("354 go on", False), ("421 4.3.2 going down", True)])
async def test_a_connection_that_answered_a_mail_oddly_takes_no_other(reply: str, *, is_known: bool) -> None:
    keeper = Answering(reply)
    async with mailing(keeper) as send:
        said = await send("a@example.org")
        assert (said is not None) is is_known
        assert sent(await send("b@example.org"))
        assert len(keeper.sessions) == 2


class Choosy(Counting):
    """Has nobody whose name begins with an x, and takes a first recipient over each connection and no more."""

    def __init__(self, no_more: str | None = None) -> None:
        super().__init__()
        self.no_more = no_more
        self.asked: Counter[int] = Counter()

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked[id(session)] += 1
        if self.no_more is not None and self.asked[id(session)] > 1:
            return self.no_more
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
        assert len(keeper.sessions) == 2, "the refusal was asked for anew, and its connection was kept"
    assert keeper.quits == 2
    assert [letter.recipients for letter in keeper.letters] == [["a@example.org"], ["b@example.org"]]


@pytest.mark.parametrize(
    "no_more", ["452 4.5.3 too many recipients", "550 5.7.1 too many bad recipients this session", "421 4.7.0 enough"]
)
async def test_a_refusal_of_a_recipient_that_is_about_the_mails_before_costs_nobody_a_mail(no_more: str) -> None:
    keeper = Choosy(no_more)
    async with mailing(keeper) as send:
        for name in "abc":
            assert sent(await send(f"{name}@example.org"))
        refused = await send("x@example.org")
        assert refused is not None
        assert isinstance(refused.data, DigestFailed)
        assert refused.data.reason == f"{delivery_errors.BOUNCED}: the mail server answered 550 5.1.1"
        assert len(keeper.sessions) == 4
    assert [letter.recipients for letter in keeper.letters] == [[f"{name}@example.org"] for name in "abc"]


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

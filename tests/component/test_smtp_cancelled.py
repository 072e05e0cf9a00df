"""A mailer that is stopped in the middle of a mail leaves no connection behind that knows of it, and none open."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.component.smtp_bed import Counting, mailing, sent, until


class Slow(Counting):
    """Takes its time for a first mail, and for taking back what was begun, until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.at: list[str] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("x"):
            return "550 5.1.1 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - as above
        self.at.append("RSET")
        await self.go_on.wait()
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        said = await super().handle_DATA(server, session, envelope)
        self.at.append("DATA")
        await self.go_on.wait()
        return said


@pytest.mark.parametrize(("email", "moment"), [("a@example.org", "DATA"), ("x@example.org", "RSET")])
async def test_a_mail_that_is_cancelled_ends_its_connection_and_the_next_one_goes_over_another(
    email: str, moment: str
) -> None:
    keeper = Slow()
    async with mailing(keeper) as send:
        sending: asyncio.Future[Any] = asyncio.ensure_future(send(email))
        await until(lambda: keeper.at == [moment])
        sending.cancel()
        keeper.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await until(lambda: keeper.open[0].transport is None)
        assert sent(await send("b@example.org"))
        assert len(keeper.sessions) == 2
    assert keeper.at == [moment, "DATA"]

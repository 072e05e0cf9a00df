"""Connections to one mail server, kept for the next mail: to greet, encrypt and log in takes longer than a mail itself.

A server may end a connection whenever it likes: it restarts, finds it idle, or takes so many mails over one and no more
(421). It may also refuse what it would take over a new one, since it counts the mails or the bad addresses of each. Whoever
gets a kept one therefore believes no refusal over it, and begins anew on a new one before the mail's bytes are under way.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Final

from aiosmtplib import SMTP, SMTPException

from shared.config.values import SmtpAccess

MAILS_MAX: Final = 100
"""Mails over one connection: many servers take no more."""
KEPT_MAX: Final = 16
"""Connections that are kept."""
KEPT_SECONDS: Final = 10.0
"""An idle connection is kept for so long: servers count idle ones against a sender, and firewalls forget them."""
COMMAND_SECONDS_MAX: Final = 60
"""How long one answer of the mail server may take."""
KEPT_ANSWER_SECONDS_MAX: Final = 5.0
"""How long it may take over a kept connection before a mail's bytes are given: firewalls end them without a word, and an
attempt needs its time for the new one that follows."""
GOODBYE_SECONDS_MAX: Final = 2
"""How long a server is waited for whose answer changes nothing any more."""


class NotEntered(Exception):
    """The server offers less than the settings ask for; says what is missing."""


@dataclass(eq=False, slots=True)
class Connection:
    """One connection, encrypted and logged in as the settings say."""

    smtp: SMTP
    answer_seconds_max: float
    """How long an answer is waited for before a mail's bytes are given."""
    mails: int = 0
    """Taken over it so far."""
    idle_since: float = 0.0


class SmtpConnections:
    """Those of one process to one server. Whoever takes one gives it back, or closes it."""

    def __init__(self, access: SmtpAccess, *, seconds_max: float, tls_context: ssl.SSLContext | None = None) -> None:
        """Take where the server is. `seconds_max`: of one answer; `tls_context` None: what the system trusts."""
        self._access, self._seconds_max, self._tls_context = access, min(COMMAND_SECONDS_MAX, seconds_max), tls_context
        self._kept: deque[Connection] = deque()
        """The one that was used last at the right: so the others grow old, and go."""
        self._timer: asyncio.TimerHandle | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    def kept(self) -> Connection | None:
        """Return one that is kept and open as far as is known; None where there is none."""
        while self._kept:
            if (one := self._kept.pop()).smtp.is_connected:
                return one
            one.smtp.close()
        return None

    async def new(self) -> Connection:
        """Connect, encrypt and log in: never less than the settings ask for. `NotEntered`, or what aiosmtplib raises."""
        smtp = SMTP(
            hostname=self._access.host,
            port=self._access.port,
            use_tls=self._access.tls == "tls",
            start_tls=False,  # `_enter` does it, and says what is missing
            tls_context=self._tls_context,
            local_hostname=socket.gethostname(),
            timeout=self._seconds_max,
        )
        try:
            await smtp.connect()
            await self._enter(smtp)
        except BaseException:
            smtp.close()
            raise
        return Connection(smtp, self._seconds_max)

    async def give_back(self, one: Connection, *, reset: bool) -> None:
        """Keep a connection for the next mail, or take leave. `reset`: a mail was begun over it that is given up."""
        one.mails += 1
        if not one.smtp.is_connected or one.mails >= MAILS_MAX or len(self._kept) >= KEPT_MAX:
            self.leave(one)
            return
        try:
            if reset:
                await one.smtp.rset(timeout=GOODBYE_SECONDS_MAX)
        except (SMTPException, OSError, TimeoutError):
            one.smtp.close()
            return
        except BaseException:
            one.smtp.close()
            raise
        one.answer_seconds_max = min(KEPT_ANSWER_SECONDS_MAX, self._seconds_max)
        one.idle_since = asyncio.get_running_loop().time()
        self._kept.append(one)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._let_go)

    def leave(self, one: Connection) -> None:
        """Take leave behind whoever wants to go on; it has its limit."""
        task = asyncio.create_task(_say_goodbye(one.smtp))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    async def close(self) -> None:
        """Take leave on all that are kept."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._kept:
            self.leave(self._kept.popleft())
        while self._farewells:
            await asyncio.wait(list(self._farewells))

    def _let_go(self) -> None:
        """Take leave on those that were idle for long enough, and look again when the next one will be."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._kept and self._kept[0].idle_since + KEPT_SECONDS <= loop.time():
            self.leave(self._kept.popleft())
        if self._kept:
            self._timer = loop.call_at(self._kept[0].idle_since + KEPT_SECONDS, self._let_go)

    async def _enter(self, smtp: SMTP) -> None:
        await smtp.ehlo()
        if self._access.tls == "starttls":
            if not smtp.supports_extension("starttls"):
                raise NotEntered("the mail server offers no STARTTLS, which RAPPORT_SMTP asks for")
            await smtp.starttls()
            await smtp.ehlo()
        if self._access.user is not None:
            if not smtp.supports_extension("auth"):
                raise NotEntered("the mail server offers no login, and RAPPORT_SMTP names a user")
            await smtp.login(self._access.user, self._access.password or "")


async def _say_goodbye(smtp: SMTP) -> None:
    """Take leave of a server; its answer, or its silence, changes nothing any more."""
    try:
        if smtp.is_connected:
            await smtp.quit(timeout=GOODBYE_SECONDS_MAX)
    except (SMTPException, OSError, TimeoutError):
        return
    finally:
        smtp.close()

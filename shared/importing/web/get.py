"""One look at an address: the file that is there, or that it is the same as before.

Each connection goes to an address of the network that was looked up and checked for it, the first one and that of every
redirect, so no answer leads into the network where this runs.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import httpcore

from shared.delivery.http_parts import header_of, url_of, wait_asked_for
from shared.delivery.public_network import NotPublic, PublicNetwork
from shared.importing.refusals import ArchiveError, shown
from shared.importing.web.address import checked, host_of, redirected
from shared.importing.web.limits import (
    LOOK_SECONDS_MAX,
    REDIRECTS_MAX,
    SILENT_SECONDS_MAX,
    VALIDATOR_CHARS_MAX,
    WAIT_SECONDS_MAX,
)
from shared.importing.web.unpacked import Unpacked

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_GONE: Final = 410
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REASONS: Final = (
    (socket.gaierror, "its name is not found"),
    (UnicodeError, "its name is not found"),
    (ConnectionRefusedError, "refuses the connection"),
    (ssl.SSLError, "does not answer in TLS"),
)
_VALIDATOR: Final = re.compile(r"[ -~]+", re.ASCII)
_PACKED: Final = frozenset({"gzip", "x-gzip"})


class NoLook(ArchiveError):
    """Nothing can be read at an address now. Its text is one line: the host, and why."""

    def __init__(self, text: str, *, wait_seconds: float = 0.0, gone: bool = False) -> None:
        """`wait_seconds`: as the server asks. `gone`: it says that nothing will be there again."""
        super().__init__(text)
        self.wait_seconds, self.gone = wait_seconds, gone


@dataclass(frozen=True, slots=True)
class Version:
    """What a server has said of a file, by which it knows whether that is still so (RFC 9110, 13.1)."""

    etag: str = ""
    modified: str = ""

    def conditions(self) -> list[tuple[str, str]]:
        """Return the headers that ask for another version alone."""
        found = (("If-None-Match", self.etag), ("If-Modified-Since", self.modified))
        return [(name, value) for name, value in found if value]


NOTHING: Final = Version()
"""What is known before the first look."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has found."""

    content: bytes | None = field(repr=False)
    """None: the same as before."""
    version: Version = NOTHING


class Web:
    """Looks at addresses, each time over new connections."""

    def __init__(self, bytes_max: int, *, private: bool = False, seconds_max: float = LOOK_SECONDS_MAX) -> None:
        """Take files of at most `bytes_max` from public addresses alone; with `private` from any: a server of one's own."""
        self._bytes_max, self._seconds_max = bytes_max, seconds_max
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=1, max_keepalive_connections=0, network_backend=None if private else PublicNetwork()
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def look(self, address: str, before: Version = NOTHING) -> Seen:
        """Return what is at an address, unless it is what was there `before`; `NoLook` where nothing can be read now."""
        target = checked(address)
        try:
            async with asyncio.timeout(self._seconds_max):
                for _ in range(REDIRECTS_MAX + 1):
                    found = await self._asked(target, before)
                    if isinstance(found, Seen):
                        return found
                    target = found
        except NotPublic:
            raise NoLook(f"{host_of(target)}: leads to an address that is not public") from None
        except (TimeoutError, httpcore.TimeoutException):
            raise NoLook(f"{host_of(target)}: no whole answer within {self._seconds_max:g} s") from None
        except httpcore.ConnectError as error:
            raise NoLook(f"{host_of(target)}: {_unconnected(error)}") from None
        except (httpcore.NetworkError, httpcore.ProtocolError):
            raise NoLook(f"{host_of(target)}: the connection broke") from None
        raise NoLook(f"{host_of(target)}: leads on more than {REDIRECTS_MAX} times")

    async def _asked(self, address: str, before: Version) -> Seen | str:
        """Ask once; return what is there, or where it leads."""
        headers = [("Host", _netloc(address)), ("User-Agent", "rapport"), ("Accept", "text/calendar, */*;q=0.5"),
                   ("Accept-Encoding", "gzip"), *before.conditions()]  # fmt: skip
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), SILENT_SECONDS_MAX)
        async with AsyncExitStack() as stack:
            answer = await stack.enter_async_context(
                self._pool.stream("GET", url_of(address), headers=headers, extensions={"timeout": timeouts})
            )
            if answer.status in _REDIRECTS and (location := header_of(answer, b"location")):
                return redirected(address, location)
            if answer.status == _NOT_MODIFIED and before.conditions():
                return Seen(None, before)
            if answer.status != _OK:
                raise NoLook(
                    f"{host_of(address)}: answers {answer.status}",
                    wait_seconds=wait_asked_for(answer, WAIT_SECONDS_MAX), gone=answer.status == _GONE,
                )  # fmt: skip
            try:
                return Seen(await self._body(answer), _version(answer))
            except ArchiveError as refusal:
                raise NoLook(f"{host_of(address)}: {refusal}") from None

    async def _body(self, answer: httpcore.Response) -> bytes:
        coding = header_of(answer, b"content-encoding").lower()
        if coding not in {"", "identity", *_PACKED}:
            raise ArchiveError("its answer is packed in a way that nobody asked for")
        body = Unpacked(self._bytes_max, packed=coding in _PACKED)
        async for part in answer.aiter_stream():
            body.take(part)
        return body.content()


def _unconnected(error: BaseException) -> str:
    """Return why there is no connection: of what libraries have wrapped, the first that says so."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({shown(cause.verify_message)})"
        for kind, why in _REASONS:
            if isinstance(cause, kind):
                return why
        inner = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else None
        cause = inner or cause.__cause__ or cause.__context__
    return "no connection"


def _version(answer: httpcore.Response) -> Version:
    etag, modified = (
        value if len(value) <= VALIDATOR_CHARS_MAX and _VALIDATOR.fullmatch(value) else ""
        for value in (header_of(answer, b"etag"), header_of(answer, b"last-modified"))
    )
    return Version(etag, modified)


def _netloc(address: str) -> str:
    return address.split("/", 3)[2]

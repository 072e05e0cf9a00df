"""A network in which only public addresses can be reached: what a customer's host name leads to is not ours to believe.

A name is looked up here, every address that it has is checked, and the connection goes to one of those that were checked.
So a name that leads elsewhere at the next look-up changes nothing, and a redirect is a connection like any other.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore

ADDRESSES_MAX: Final = 4
"""Addresses of one name that are tried."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Well-known prefix of RFC 6052: the last 32 bits are an IPv4 address."""
_GLOBAL: Final = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6."""
_SPECIAL: Final = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")))
"""Of IANA's registries of special addresses, what a Python's own table may be too old for."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotPublic(httpcore.ConnectError):
    """A host has an address that is not public."""


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to hosts all of whose addresses are public; raises `NotPublic` for others, before anything is sent."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        """Connect by `inner`, else by asyncio."""
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the host up, check what is found, and connect to one of the addresses. Errors of httpcore alone."""
        deadline = None if timeout is None else time.monotonic() + timeout
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in await _public_addresses(host, port, timeout):
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            try:
                return await self._inner.connect_tcp(str(address), port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("the host has no address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


def is_public(address: Address) -> bool:
    """Tell whether an address is reachable from everywhere, and so is each IPv4 address that it carries within it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        carried = [one for one in (address.sixtofour, *(address.teredo or ())) if one is not None]
        if address not in _GLOBAL or not all(is_public(one) for one in carried):
            return False
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    return address.is_global and not address.is_multicast and not special


async def _public_addresses(host: str, port: int, timeout: float | None) -> list[Address]:
    try:
        async with asyncio.timeout(timeout):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise httpcore.ConnectTimeout("its name was not found in time") from None
    except (OSError, UnicodeError):
        raise httpcore.ConnectError("its name is not known") from None
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
    if not all(map(is_public, addresses)):
        raise NotPublic("its name leads to an address that is not public")
    return addresses[:ADDRESSES_MAX]

"""A network that reaches public addresses alone. Nothing here leaves the machine: the network within it is a list."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from shared.delivery.public_network import ADDRESSES_MAX, NotPublic, PublicNetwork, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fc00::1", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2002:c0a8:101::1", "64:ff9b:1::1", "fec0::1", "::127.0.0.1", "::5efe:7f00:1", "4000::1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_known_in_each_of_its_forms(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_what_is_public_is_reached(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


class Inside(httpcore.AsyncNetworkBackend):
    """Notes where a connection goes to, and refuses it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        raise httpcore.ConnectError("nobody is there")


async def _reached(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> tuple[list[str], Exception]:
    """Return which addresses are tried when a name has these, and what the connection ended in."""

    async def found(host: str, port: int, **more: Any) -> list[Any]:
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    inside = Inside()
    with pytest.raises(httpcore.ConnectError) as raised:
        await PublicNetwork(inside).connect_tcp("hooks.example.org", 443, timeout=5)
    return inside.asked, raised.value


async def test_a_name_with_public_addresses_is_reached_at_one_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, error = await _reached(monkeypatch, "9.9.9.9", "2620:fe::fe")
    assert asked == ["9.9.9.9", "2620:fe::fe"], "the name is not looked up a second time"
    assert not isinstance(error, NotPublic)


async def test_one_address_that_is_not_public_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, error = await _reached(monkeypatch, "9.9.9.9", "10.0.0.1")
    assert asked == []
    assert isinstance(error, NotPublic)


async def test_of_many_addresses_some_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, _ = await _reached(monkeypatch, *(f"9.9.9.{number}" for number in range(1, 40)))
    assert len(asked) == ADDRESSES_MAX


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "2130706433", "0x7f.1"])
async def test_this_machine_is_not_reached_however_it_is_written(host: str) -> None:
    inside = Inside()
    with pytest.raises(httpcore.ConnectError):
        await PublicNetwork(inside).connect_tcp(host, 80, timeout=5)
    assert inside.asked == []


async def test_a_name_that_takes_too_long_to_find_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> list[Any]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    with pytest.raises(httpcore.ConnectTimeout):
        await PublicNetwork(Inside()).connect_tcp("slow.example.org", 443, timeout=0.01)

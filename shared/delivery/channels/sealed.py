"""The address of a member's channel as an event carries it: sealed, so that neither log nor store nor a person sees it."""

from __future__ import annotations

from shared.links import LinkKeys, ToChannel


def sealed_address(keys: LinkKeys, member: str, address: str) -> str:
    """Return an address in the form in which an event carries it."""
    return keys.seal(ToChannel(member, address))


def opened_address(keys: LinkKeys, member: str, sealed: str) -> str | None:
    """Return the address; None where it was not sealed under one of these keys, or for somebody else."""
    found = keys.open(sealed)
    return found.address if isinstance(found, ToChannel) and found.member == member else None

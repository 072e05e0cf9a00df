"""The address of a member's channel, from what was typed to what an event carries: read, then sealed. It is kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.api.actions.table import ID
from shared.contracts import Unreadable
from shared.delivery.channels.addresses import NoAddress, read_address
from shared.delivery.channels.sealed import sealed_address
from shared.links import LinkKeys

ADDRESS: Final = "address"
NOT_SEALED: Final = "there are no channels: RAPPORT_LINK_SECRET, which seals their addresses, is not set"


class AddressRefused(Unreadable):
    """What was typed is no address of a channel."""

    def __init__(self, refusal: NoAddress) -> None:
        super().__init__(str(refusal), ADDRESS)
        self.fault = refusal.fault


class ChannelSeal:
    """Makes of an address what `member.channel_set` says."""

    def __init__(self, keys: LinkKeys, *, private: bool = False) -> None:
        """Take what seals. `private`: whether addresses without TLS will do, too."""
        self._keys, self._private = keys, private

    def sealed(self, member: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body with the channel and the sealed address in place of the address.

        `Unreadable` with the reason, `AddressRefused` where the address is none.
        """
        rest = {name: value for name, value in body.items() if name != ADDRESS}
        if unknown := sorted(set(rest) - {ID}):
            raise Unreadable(f"is not known; there are {ADDRESS}, {ID}", unknown[0])
        text = body.get(ADDRESS)
        if not isinstance(text, str):
            raise Unreadable("must be a text", ADDRESS)
        try:
            read = read_address(text.strip(), private=self._private)
        except NoAddress as refusal:
            raise AddressRefused(refusal) from None
        return {**rest, "channel": read.channel, "sealed": sealed_address(self._keys, member, text.strip())}

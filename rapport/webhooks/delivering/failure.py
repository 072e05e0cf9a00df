"""What is kept of an endpoint that does not take its events: since when, in the metadata of the offset that waits.

So it outlives the process, and needs no store. Three days after the first failure nothing more is posted until somebody says
so (`rapport webhooks resume`): the offset stays where it is, so nothing is lost meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from rapport.webhooks.delivering.endpoints import Endpoint

GIVE_UP_AFTER: Final = timedelta(days=3)
"""Standard Webhooks asks for retries over days, with longer and longer waits."""
REASON_CHARS_MAX: Final = 200
"""Kafka keeps 4,096 bytes of metadata (`offset.metadata.max.bytes`)."""


class DeliveryFailure(msgspec.Struct, frozen=True):
    """Since when an event of a partition has failed, and why. `gone`: the receiver wants no more."""

    event: str
    """Its id."""
    since: datetime
    reason: str
    gone: bool = False

    def answered(self, endpoint: Endpoint) -> bool:
        """Tell whether somebody has resumed the endpoint since."""
        return endpoint.resumed is not None and endpoint.resumed >= self.since

    def paused(self, endpoint: Endpoint, now: datetime) -> bool:
        """Tell whether nothing more is posted until somebody says so."""
        if self.answered(endpoint) and endpoint.resumed is not None:
            return now >= endpoint.resumed + GIVE_UP_AFTER
        return self.gone or now >= self.since + GIVE_UP_AFTER


def kept(failure: DeliveryFailure | None) -> str:
    """Return the metadata of an offset."""
    return "" if failure is None else msgspec.json.encode(failure).decode()


def read_back(metadata: str | None) -> DeliveryFailure | None:
    """Return what the metadata of an offset says; None for none, and for what somebody else has written there."""
    try:
        return msgspec.json.decode(metadata, type=DeliveryFailure) if metadata else None
    except msgspec.DecodeError:
        return None

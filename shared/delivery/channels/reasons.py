"""Why a reminder did not reach a channel, as `push.failed` says it to whoever runs Rapport; what is wrong with an address.

A reason that something follows from begins with a code, and after a colon says more. It never quotes what a channel answered.
"""

from __future__ import annotations

from typing import Final, Literal

ADDRESS_CHARS_MAX: Final = 500
AddressFault = Literal["chars", "scheme", "extra", "telegram", "webhook", "ntfy"]
"""What is wrong with an address: its length or characters, how it begins, what follows it, or the form that a service has."""
REFUSED: Final = "refused"
"""The channel takes nothing from us at this address."""
ENDED: Final = "ended: it was answered"
EXPIRED: Final = "expired: its hour has passed"
PAUSED: Final = "paused: the member wants nothing before a later day"
QUIET: Final = "quiet: the member's quiet hours have begun"
ANOTHER: Final = "another: the member has chosen another channel since"
NOT_OPENED: Final = "unopened: the address was sealed under a secret that is not set here"
LATE: Final = "announced too long ago to begin now"
_WITHHELD: Final = (ENDED, EXPIRED, PAUSED, QUIET, ANOTHER)


def is_withheld(reason: str) -> bool:
    """Say whether nobody was asked, as it was right not to: no channel is at fault."""
    return reason in _WITHHELD

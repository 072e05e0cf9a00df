"""Why a digest was not sent, as `digest.failed` says it: for whoever runs Rapport, not for members.

A reason begins with a code, and after a colon says more. It never quotes the mail server: servers often name the address.
"""

from __future__ import annotations

from typing import Final

from shared.delivery import mail_reasons

BOUNCED: Final = mail_reasons.BOUNCED
FULL: Final = mail_reasons.FULL
UNREACHABLE: Final = mail_reasons.UNREACHABLE
REJECTED: Final = mail_reasons.REJECTED

EXPIRED: Final = "expired: the digest is too old to be worth sending"
OVERTAKEN: Final = "expired: the next digest is due"
GAVE_UP: Final = "expired: every attempt has failed"
NOTHING_LEFT: Final = "empty: all that it told of has ended since"
PAUSED: Final = "paused: the member wants no mail before a later day"
SWITCHED_OFF: Final = "off: the member wants no digest any more"
NO_ADDRESS: Final = "no_address: there is no address to write to"
NOT_MADE: Final = f"{REJECTED}: no mail can be made of what it tells"
LATE: Final = f"{UNREACHABLE}: there was no time to begin before the mail would be called unknown"


def is_refusal(reason: str) -> bool:
    """Say whether a failure counts against the address: it was reached, and the mail was not taken."""
    return reason.startswith((FULL, REJECTED))


def is_bounce(reason: str) -> bool:
    """Say whether a failure means that there is nobody under the address."""
    return reason.startswith(BOUNCED)

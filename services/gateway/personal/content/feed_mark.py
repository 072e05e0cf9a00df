"""What an address of a member's calendar feed carries, so that it ends when the feed is switched off."""

from __future__ import annotations

import hashlib
from typing import Final

from shared.preferences import Preferences

SWITCH: Final = "calendar"
"""The name under which a member switches the feed on and off, among the preferences of rules: no service has such a rule."""


def mark_of(preferences: Preferences) -> str | None:
    """Return what an address of the feed must carry; None while it is off.

    It is made of the event that switched it on: to switch it on once more ends all addresses that were given before.
    """
    switch = preferences.switch(SWITCH)
    if switch is None or switch.value is not True:
        return None
    return hashlib.sha256(f"{switch.time.isoformat()}/{switch.id}".encode()).hexdigest()[:24]

"""The bounds of a look at an address. Its server is input from outside: what lies beyond one of these is refused by name."""

from __future__ import annotations

from typing import Final

URL_CHARS_MAX: Final = 2_048
REDIRECTS_MAX: Final = 5
"""Of one look; each is checked as the first address is."""
LOOK_SECONDS_MAX: Final = 60.0
"""From the first look-up of a name to the last byte, redirects included."""
SILENT_SECONDS_MAX: Final = 15.0
"""For a connection, and between two parts of an answer."""
VALIDATOR_CHARS_MAX: Final = 1_024
"""Of an `ETag` or `Last-Modified`. A longer one is not sent back, so the next look brings the whole file."""
WAIT_SECONDS_MAX: Final = 24 * 3_600.0
"""A server may ask to be left alone for so long."""
UNPACKED_BYTES_A_TURN: Final = 256 * 1024

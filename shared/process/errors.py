"""Why a process cannot begin, for whoever started it."""

from __future__ import annotations


class NotReady(Exception):
    """The service cannot start; the message names the setting or the part that is missing."""


class NotServed(Exception):
    """The pages cannot be served; the message names the setting and the reason."""

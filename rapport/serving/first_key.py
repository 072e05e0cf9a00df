"""The first key of the embedded system's API: made at the first start, for whoever may read the data folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from rapport.terminal.failure import Failure
from services.gateway.api.access.keys import SCOPES, create_key
from shared.config.private_file import write_private
from shared.config.settings import Settings
from shared.runtime.ports.clock import SystemClock

FILE: Final = "api-key"
"""Holds the key, in the data folder."""
NAME: Final = "local"


def first_key(settings: Settings, now: Callable[[], datetime] = SystemClock().now) -> Path | None:
    """Return the file of the embedded system's key, which is made where there are no keys yet; None where it is gone.

    None, too, where the file of keys is set: then keys are made by whoever needs them.
    """
    if settings.api_keys is not None or (keys := settings.api_keys_file) is None:
        return None
    shown = settings.data_dir / FILE
    if not keys.exists():
        try:
            _, key = create_key(keys, NAME, SCOPES, now())
            write_private(shown, f"{key}\n")
        except OSError as error:
            raise Failure(f"{error.filename}: {error.strerror}: the API's first key cannot be kept") from error
    return shown if shown.exists() else None

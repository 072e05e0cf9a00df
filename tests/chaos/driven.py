"""What processes beside the workers share; a receiver that starts again is to be there at once, so little is imported."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from typing import Any

LOOK_SECONDS = 0.2


def end_with_driver() -> None:
    """End when whoever could end this process is gone."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def digest_of(data: Any) -> str:
    """Return a digest of JSON data, whatever its bytes."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]

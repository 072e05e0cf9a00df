"""The Lua scripts by which the store is asked and written to, one for each of its calls."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Final


class Script:
    """A Lua file, and the digest by which servers know it."""

    def __init__(self, name: str) -> None:
        self.text = files("shared.runtime.redis").joinpath("lua", f"{name}.lua").read_text("utf-8")
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


ACQUIRE: Final = Script("acquire")
LOAD: Final = Script("load")
DUE: Final = Script("due")
KEYS: Final = Script("keys")
TIMERS: Final = Script("timers")
COMMIT: Final = Script("commit")
WIPE: Final = Script("wipe")

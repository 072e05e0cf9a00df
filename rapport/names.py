"""What can be named on the command line: light to import, so that `rapport --help` need not load what the names stand for."""

from __future__ import annotations

from typing import Final

SERVICE_NAMES: Final = ("invites", "followups", "digest", "projection")
"""All that has a consumer group and a store, in the order in which events flow (`rapport.composition.SERVICES`)."""
GATEWAY: Final = "gateway"
"""It has no decider, no group and no store: it writes what members say, and hands on what others have applied and said."""
NAMES: Final = (*SERVICE_NAMES, GATEWAY)
"""All that `rapport run` runs."""
NETWORK: Final = "network"
"""The scene that is played unless another one is named."""
SCENE_NAMES: Final = (NETWORK, "persistence", "let-it-go")
"""The scenes that `rapport demo` plays (`rapport.demo.scenes.SCENES`)."""

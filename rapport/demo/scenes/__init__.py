"""The scenes that the demo can play, each a script of events for the real services.

Read `scene` first: it says what one is. `network` is the one of `make demo`, `let_it_go` the shortest, `persistence` the
longest, with `persistence_people` and `persistence_aside`.
"""

from __future__ import annotations

from typing import Final

from rapport.demo.scenes import let_it_go, network, persistence
from rapport.demo.scenes.scene import Scene

SCENES: Final[dict[str, Scene]] = {scene.name: scene for scene in (network.SCENE, persistence.SCENE, let_it_go.SCENE)}
"""All of them, by name."""

"""The scenes that the demo can play, each a script of events for the real services.

Read `scene` first: it says what one is. `persistence` is the longest, in three files.
"""

from __future__ import annotations

from typing import Final

from rapport.demo.scenes import let_it_go, network, persistence
from rapport.demo.scenes.scene import Scene

SCENES: Final[dict[str, Scene]] = {scene.name: scene for scene in (network.SCENE, persistence.SCENE, let_it_go.SCENE)}
"""All of them, by name."""

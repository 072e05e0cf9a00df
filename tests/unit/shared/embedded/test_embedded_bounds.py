"""How long an embedded system may take to end bounds how long its follower waits for it, on however slow a machine."""

from __future__ import annotations

from shared.embedded.folder.data_folder import TAKE_OVER_S_MAX
from shared.embedded.supervisor import GENTLE_S, LOOK_S

KILLED_S_MAX = 3.0
"""Until what is killed is gone, and its lock with it."""


def test_who_takes_over_waits_longer_than_servers_may_take_to_end() -> None:
    """The first Kafka that ends writes its archive of classes, 60 MB: half a minute where the processor is busy.

    A follower that gave up before its forerunner's servers are killed would find the folder in use by nobody who lives.
    """
    assert LOOK_S + GENTLE_S + KILLED_S_MAX < TAKE_OVER_S_MAX

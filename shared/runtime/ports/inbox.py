"""What an owner was handed of its partition: what waits, what is in hand, and up to where all of it is applied."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Batch, Offsets, Uncertain


class Inbox:
    """The owner's side of a `Feed`, whoever fills it: a consumer of Kafka, or one in memory."""

    def __init__(self) -> None:
        self.live = False
        """Whether anything is handed out: not in a recovery, and not once the partition is lost."""
        self._inbox: deque[Batch] = deque()
        self._in_hand: list[Batch] = []
        self._reached: Offsets | None = None
        self._spoiled: str | None = None
        self._lost = False

    def take(self) -> list[Batch]:
        """Return what waits, oldest first. Raises `Uncertain` when something that was fetched is missing in between."""
        if self._spoiled is not None:
            raise Uncertain(self._spoiled, UncertainKind.STALE)
        taken = list(self._inbox)
        self._inbox.clear()
        self._in_hand += taken
        return taken

    def done(self, batches: Sequence[Batch]) -> None:
        """Say that these are applied and committed: the positions of the last one are reached."""
        applied = {id(batch) for batch in batches}
        read_batches = [batch for batch in self._in_hand if id(batch) in applied]
        self._in_hand = [batch for batch in self._in_hand if id(batch) not in applied]
        if read_batches and self.live:
            self._reached = read_batches[-1].positions

    def drop(self) -> None:
        """Forget what waits and what is in hand."""
        self._inbox.clear()
        self._in_hand.clear()

    def reached(self) -> Offsets | None:
        """Return the positions below which everything was handed out and is applied."""
        return self._reached

    def _check_owned(self) -> None:
        if self._lost:
            raise Uncertain("the partition belongs to another member", UncertainKind.GROUP)

"""One member's past, read again: what a service knew after each fact, from the log alone.

It walks the service's own facts in their order, folds the inputs up to the place of each, then the fact, as every reader
of the log does; nothing is decided and nothing is written. Who asks why is answered from what changed on the way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Generic

from shared.contracts import REPLAY, Fact, MemberErased, ReplayRequested
from shared.decider import Core, I, P, View
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.member_state import Known
from shared.runtime.processing.reading import Poison, read_fact
from shared.runtime.processing.replay import original_of, request_of

END = 1 << 62
"""Beyond every offset."""


class Remembered(dict[str, Any]):
    """Items of which nothing is known are None, and none is missing: all of the member is in memory."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> None:
        return None


class Recollection(Generic[P, I]):
    """What one service knows of one member, and which facts have made it so."""

    def __init__(
        self, core: Core[P, I], member: str, records: Mapping[str, Sequence[Record]], watched: Collection[str] = ()
    ) -> None:
        """Take the member's records by topic, each topic's in order; of replays, all requests of the partition."""
        self.core = core
        self.known: Known[P, I] = Known(core, member)
        self.known.items = Remembered()
        self.known.view = View(member, self.known.profile, self.known.items)
        self.changes: list[tuple[Fact, frozenset[str]]] = []
        """Facts that changed watched items, and which of them, as the service met them. An erasure empties it."""
        self.cursors = dict.fromkeys((*core.reads, core.own), 0)
        """How far the topics are folded."""
        self._watched = frozenset(watched)
        self._records = {topic: records.get(topic, ()) for topic in self.cursors}
        self._next = dict.fromkeys(core.reads, 0)

    def run(self) -> Iterator[int]:
        """Fold everything; yield after each own fact how many are folded."""
        for count, record in enumerate(self._records[self.core.own], 1):
            fact = read_fact(record)
            if isinstance(fact, Fact):
                self._inputs_to(fact.place or {})
                self._fold(fact)
                self.cursors[self.core.own] = record.offset + 1
            yield count
        self._inputs_to(dict.fromkeys(self.core.reads, END))

    def _inputs_to(self, place: Mapping[str, int]) -> None:
        for topic in sorted(self._next):
            records, end = self._records[topic], place.get(topic, 0)
            self.cursors[topic] = max(self.cursors[topic], end)
            while self._next[topic] < len(records) and records[self._next[topic]].offset < end:
                fact = self._read(records[self._next[topic]])
                self._next[topic] += 1
                if isinstance(fact, Fact) and fact.member == self.known.member:
                    self._fold(fact)

    def _read(self, record: Record) -> Fact | Poison | None:
        """Return what an input means to the service; a replay stands for the record that it names."""
        if record.topic != REPLAY:
            return read_fact(record)
        request = request_of(self.core, record)
        if not isinstance(request, ReplayRequested):
            return request
        if request.offset >= self.cursors[request.topic]:
            return None
        found = next((one for one in self._records[request.topic] if one.offset == request.offset), None)
        return None if found is None else original_of(self.core, record, found)

    def _fold(self, fact: Fact) -> None:
        before = {key: self.known.items[key] for key in self._watched}
        with contextlib.suppress(Exception):  # the service made a dead letter of it
            if not self.known.fold(fact):
                return
        if isinstance(fact.data, MemberErased):
            self.changes.clear()
            return
        if changed := frozenset(key for key, item in before.items() if item != self.known.items[key]):
            self.changes.append((fact, changed))

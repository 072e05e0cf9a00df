"""One member's past, read again: what a service knew after each event, from the log alone.

It walks the service's own events in their order, applies the inputs up to the place of each, then the event, as every reader
of the log does; nothing is decided and nothing is written. Who asks why is answered from what changed on the way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Generic

from shared.contracts import REPLAY, Event, MemberErased, ReplayRequested
from shared.decider import Decider, I, P, View
from shared.runtime.offline.member_snapshot import MemberSnapshot
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.member.member_state import NOTES, PROFILE, MemberState
from shared.runtime.processing.member.stored_form import StoredForm
from shared.runtime.processing.read_again.replay import original_of, request_of
from shared.runtime.processing.reading import Poison, read_event

END = 1 << 62
"""Beyond every offset."""


class Remembered(dict[str, Any]):
    """Items of which nothing is known are None, and none is missing: all of the member is in memory."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> None:
        return None


class MemberHistory(Generic[P, I]):
    """What one service knows of one member, and which events have made it so."""

    def __init__(
        self,
        decider: Decider[P, I],
        member: str,
        records: Mapping[str, Sequence[Record]],
        watched: Collection[str] = (),
        snapshot: MemberSnapshot | None = None,
    ) -> None:
        """Take the member's records by topic, each topic's in order; of replays, all requests of the partition.

        `snapshot`: for records that begin later. What lies before its place tells what happened, as far as it is there, and
        from that place on the snapshot tells what is known.
        """
        self.decider = decider
        self.state: MemberState[P, I] = MemberState(decider, member)
        self.state.items = Remembered()
        self.state.view = View(member, self.state.profile, self.state.items)
        self.changes: list[tuple[Event, frozenset[str]]] = []
        """Events that changed watched items, and which of them, as the service met them. An erasure empties it."""
        self.before: dict[str, I] = {}
        """What the snapshot knew of watched items; of a member who was erased since, nothing."""
        self.cursors = dict.fromkeys((*decider.reads, decider.own), 0)
        """How far the topics are applied."""
        self._watched = frozenset(watched)
        self._snapshot = snapshot
        self._records = {topic: records.get(topic, ()) for topic in self.cursors}
        self._next = dict.fromkeys(decider.reads, 0)

    def run(self) -> Iterator[int]:
        """Apply everything; yield after each own event how many are applied."""
        for count, record in enumerate(self._records[self.decider.own], 1):
            if self._snapshot is not None and record.offset >= self._snapshot.offsets.get(self.decider.own, 0):
                self._take_over(self._snapshot)
            event = read_event(record)
            if isinstance(event, Event):
                self._inputs_to(event.input_offsets or {})
                self._apply(event)
                self.cursors[self.decider.own] = record.offset + 1
            yield count
        if self._snapshot is not None:
            self._take_over(self._snapshot)
        self._inputs_to(dict.fromkeys(self.decider.reads, END))

    def _take_over(self, snapshot: MemberSnapshot) -> None:
        """Know from here on what the service has known at the snapshot's place, whatever the records before it told."""
        self._snapshot = None
        self._inputs_to({topic: snapshot.offsets.get(topic, 0) for topic in self.decider.reads})
        form: StoredForm[P, I] = StoredForm(self.decider)
        state: MemberState[P, I] = MemberState(self.decider, self.state.member)
        state.add({key: value for key, value in snapshot.values.items() if key in (PROFILE, NOTES)}, form)
        state.items = Remembered(
            {key: form.item(key, value) for key, value in snapshot.values.items() if key not in (PROFILE, NOTES)}
        )
        state.view = View(state.member, state.profile, state.items)
        state.view.incarnation = state.notes.incarnation
        if state.notes.incarnation != self.state.notes.incarnation:
            self.changes.clear()
        self.before = {key: item for key in self._watched if (item := state.items[key]) is not None}
        self.state = state
        self.cursors[self.decider.own] = max(self.cursors[self.decider.own], snapshot.offsets.get(self.decider.own, 0))

    def _inputs_to(self, input_offsets: Mapping[str, int]) -> None:
        for topic in sorted(self._next):
            records, end = self._records[topic], input_offsets.get(topic, 0)
            self.cursors[topic] = max(self.cursors[topic], end)
            while self._next[topic] < len(records) and records[self._next[topic]].offset < end:
                event = self._read(records[self._next[topic]])
                self._next[topic] += 1
                if isinstance(event, Event) and event.member == self.state.member:
                    self._apply(event)

    def _read(self, record: Record) -> Event | Poison | None:
        """Return what an input means to the service; a replay stands for the record that it names."""
        if record.topic != REPLAY:
            return read_event(record)
        request = request_of(self.decider, record)
        if not isinstance(request, ReplayRequested):
            return request
        if request.offset >= self.cursors[request.topic]:
            return None
        found = next((one for one in self._records[request.topic] if one.offset == request.offset), None)
        return None if found is None else original_of(self.decider, record, found)

    def _apply(self, event: Event) -> None:
        before = {key: self.state.items[key] for key in self._watched}
        incarnation = self.state.notes.incarnation
        with contextlib.suppress(Exception):  # the service made a dead letter of it
            if not self.state.apply(event):
                return
        if self.state.notes.incarnation != incarnation:
            self.changes.clear()
            self.before.clear()
            before = dict.fromkeys(self._watched)
        if isinstance(event.data, MemberErased):
            return
        if changed := frozenset(key for key, item in before.items() if item != self.state.items[key]):
            self.changes.append((event, changed))

"""One partition of one topic in memory: records, transactions, and what a reader may see of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from shared.runtime.ports.interfaces import Record


class Outcome(Enum):
    """How a transaction stands."""

    OPEN = "open"
    ENDING = "ending"
    """Decided and acknowledged, but the control records do not stand in the log yet."""
    COMMITTED = "committed"
    ABORTED = "aborted"


UNSTABLE = (Outcome.OPEN, Outcome.ENDING)


@dataclass(slots=True, eq=False)
class Transaction:
    """One transaction, of whatever producer: what it has written where is seen all at once, or never."""

    outcome: Outcome = Outcome.OPEN
    partitions: dict[tuple[str, int], None] = field(default_factory=dict)
    """Where it has written; each gets a control record at its end."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """What stands at one offset: a record, or a control record (None)."""

    record: Record | None
    transaction: Transaction | None

    @property
    def visible(self) -> bool:
        committed = self.transaction is None or self.transaction.outcome is Outcome.COMMITTED
        return self.record is not None and committed


class FakePartition:
    """One partition's log."""

    def __init__(self) -> None:
        self.begin = 0
        self._slots: list[_Slot] = []
        self._gone: list[tuple[int, _Slot]] = []
        """What was deleted, for who judges from outside."""
        self._open: dict[Transaction, int] = {}
        """The first offset of each transaction that was open when last looked at."""

    @property
    def end(self) -> int:
        """The high watermark: it counts control records and what is open."""
        return self.begin + len(self._slots)

    @property
    def last_stable(self) -> int:
        """The first offset of an open transaction, or the end: readers go no further."""
        self._open = {each: first for each, first in self._open.items() if each.outcome in UNSTABLE}
        return min(self._open.values(), default=self.end)

    def add(self, record: Record | None, transaction: Transaction | None) -> None:
        """Append a record, or a control record."""
        if transaction is not None and transaction.outcome in UNSTABLE:
            self._open.setdefault(transaction, self.end)
        self._slots.append(_Slot(record, transaction))

    def unseal(self) -> Transaction | None:
        """Take the last slot away, if it is the control record of a commit; return its transaction."""
        last = self._slots[-1] if self._slots else None
        if last is None or last.record is not None or last.transaction is None:
            return None
        if last.transaction.outcome is not Outcome.COMMITTED:
            return None
        offsets = [
            offset for offset, slot in enumerate(self._slots[:-1], self.begin) if slot.transaction is last.transaction
        ]
        if not offsets:
            return None
        self._slots.pop()
        self._open[last.transaction] = offsets[0]
        return last.transaction

    def committed(self, start: int, end: int, records_max: int) -> tuple[list[Record], int]:
        """Return what a read_committed reader gets from `start`, below `end`, and its position after that."""
        stop = min(end, self.last_stable)
        position = max(start, self.begin)
        records: list[Record] = []
        while position < stop and len(records) < records_max:
            slot = self._slots[position - self.begin]
            if slot.visible and slot.record is not None:
                records.append(slot.record)
            position += 1
        return records, max(position, start)

    def trim(self, before: int) -> None:
        """Delete what stands below `before`, as retention does."""
        cut = min(max(before - self.begin, 0), len(self._slots))
        self._gone += enumerate(self._slots[:cut], self.begin)
        del self._slots[:cut]
        self.begin += cut

    def compact(self, before: int) -> None:
        """Keep of each key the last record that is committed below `before`, as a log cleaner does; offsets stay."""
        stop = min(before, self.last_stable, self.end - 1)  # the active segment is never empty
        last: dict[bytes | None, int] = {}
        for offset in range(self.begin, stop):
            slot = self._slots[offset - self.begin]
            if slot.visible and slot.record is not None:
                last[slot.record.key] = offset
        for offset in range(self.begin, stop):
            slot = self._slots[offset - self.begin]
            if slot.record is not None and last.get(slot.record.key) != offset:
                self._gone.append((offset, slot))
                self._slots[offset - self.begin] = _Slot(None, None)

    def history(self) -> list[Record]:
        """Return all that was ever committed, in order, what was deleted with it."""
        slots = [*self._gone, *enumerate(self._slots, self.begin)]
        return [slot.record for _, slot in sorted(slots, key=lambda one: one[0]) if slot.visible and slot.record]

    def lose_tail(self, before: int) -> None:
        """Lose what stands at `before` and above."""
        del self._slots[max(before - self.begin, 0) :]
        self._open = {each: first for each, first in self._open.items() if first < before}

    def ends_of_transactions(self) -> list[int]:
        """Return the offsets behind control records: cut there, the log holds each transaction whole or not at all."""
        return [
            offset + 1
            for offset, slot in enumerate(self._slots, self.begin)
            if slot.record is None and slot.transaction is not None
        ]

"""Log lines about what the shell does: events and members by their ids, reasons without what they quote, no words of people.

A line a step at most, except for what somebody should look at: parked items, mails. Records that a producer can write
wrong by the thousand are counted, with a line a minute for each topic and reason (`counted_lines.py`). What every
partition meets at once in an outage is said by `health_monitor.py`, once; here it is a line for who debugs.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from shared.contracts import DigestFailed, DigestSent, DigestUnknown, Event, Parked, PushFailed, PushUnknown
from shared.runtime.ports.errors import UNREACHABLE
from shared.runtime.processing.counted_lines import CountedLines
from shared.runtime.processing.observer import REBALANCE, START, Silent
from shared.runtime.processing.unit_of_work import UnitOfWork

LINES_MAX: Final = 10
"""Parked items that one step speaks of. The rest is counted."""
_DIGITS: Final = re.compile(r"[0-9]+")
_USUAL: Final = frozenset({START, REBALANCE, *UNREACHABLE})
"""Recoveries that come many at once, and that other lines speak of already."""
MAILS: Final = (DigestSent, DigestFailed, DigestUnknown)
PUSHES: Final = (PushFailed, PushUnknown)
"""Those that no channel took: there are too many of the others for a line each."""
_SPOKEN_OF: Final = frozenset({Parked, *MAILS, *PUSHES})


class LogObserver(Silent):
    """An `Observer` that writes the log of one service."""

    def __init__(self, service: str) -> None:
        self._log = structlog.get_logger(service=service)
        self._refused: dict[int, str] = {}
        self._dead = CountedLines("dead letter", self._log.warning)
        self._strange = CountedLines("unknown type", self._log.warning)

    def began(self, work: UnitOfWork[Any, Any], events: Sequence[Event]) -> None:
        if self._debugs():
            for event in events:
                self._log.debug("event", partition=work.partition, id=event.id, type=event.type, member=event.member)

    def finished(
        self, work: UnitOfWork[Any, Any], now: datetime, publish_seconds: float, commit_seconds: float
    ) -> None:
        for record, reason, field in work.buried:
            where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            self._dead.note((record.topic, field, _DIGITS.sub("", reason)), **where, field=field, reason=reason)
        for name in work.strange:
            self._strange.note(name, type=name, partition=work.partition)
        if work.events and not _SPOKEN_OF.isdisjoint([type(event.data) for event, _ in work.events]):
            self._say_events(work)
        if work.events and self._debugs():
            for event, _ in work.events:
                because = event.causation
                self._log.debug("published", id=event.id, type=event.type, member=event.member, because=because)

    def recovered(self, partition: int, why: str, seconds: float) -> None:
        self._refused.pop(partition, None)
        say = self._log.debug if why in _USUAL else self._log.info
        say("recovered", partition=partition, why=why, seconds=round(seconds, 3))

    def uncertain(self, partition: int, kind: str, error: Exception) -> None:
        reason = str(error) if hasattr(error, "kind") else type(error).__name__  # only `Uncertain` quotes nothing
        say = self._log.debug if kind in UNREACHABLE else self._log.warning
        say("outcome uncertain", partition=partition, kind=kind, reason=reason)

    def refused(self, partition: int, reason: str) -> None:
        if self._refused.get(partition) != reason:
            self._refused[partition] = reason
            self._log.error("refused", partition=partition, reason=reason)

    def rebalanced(self, partitions: Sequence[int]) -> None:
        self._log.info("partitions assigned", partitions=list(partitions))

    def flush(self, *, all_of_it: bool = False) -> None:
        """Say what was counted for a minute, or at an end all of it. It is called again and again."""
        self._dead.flush(all_of_it=all_of_it)
        self._strange.flush(all_of_it=all_of_it)

    def _debugs(self) -> bool:
        return bool(self._log.is_enabled_for(logging.DEBUG))

    def _say_events(self, work: UnitOfWork[Any, Any]) -> None:
        parked = [event for event, _ in work.events if isinstance(event.data, Parked)]
        for event in parked[:LINES_MAX]:
            assert isinstance(event.data, Parked)
            self._log.warning(
                "parked", id=event.id, member=event.member, item=event.data.item, reason=event.data.reason
            )
        if (more := len(parked) - LINES_MAX) > 0:
            self._log.warning("more parked items", partition=work.partition, count=more)
        for event, _ in work.events:
            if isinstance(event.data, MAILS):
                self._log.info("mail", id=event.id, type=event.type, member=event.member, period=event.data.period)
            elif isinstance(event.data, PUSHES):
                reason = event.data.reason if isinstance(event.data, PushFailed) else None
                self._log.info(
                    "push", id=event.id, type=event.type, member=event.member, channel=event.data.channel, reason=reason
                )

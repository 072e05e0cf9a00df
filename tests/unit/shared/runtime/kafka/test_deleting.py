"""Deleting by the offset waits for nobody for longer than its limit, whoever deletes before."""

from __future__ import annotations

import pytest

from shared.runtime.kafka import deleting
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka.deleting import Deleter
from shared.runtime.ports.interfaces import Uncertain


async def test_who_waits_for_another_deletion_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken by the limit inside of the lock: then it waits for ever."""
    monkeypatch.setattr(deleting, "DELETE_SECONDS_MAX", 0.001)
    deleter = Deleter(KafkaAccess("nowhere:9092"))
    async with deleter._one_at_a_time:
        with pytest.raises(Uncertain, match="end rapport"):
            await deleter.delete("rapport.activity.v1", 0, 5)

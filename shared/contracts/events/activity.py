"""What all events reported from outside have in common: their topic."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.events.event import EventData
from shared.contracts.topic_names import ACTIVITY


class Activity(EventData):
    """An event on `rapport.activity.v1`: the product, an importer or the member reports that it happened."""

    TOPIC: ClassVar[str] = ACTIVITY

"""Looks now and then whether the topics are still those that the owners follow.

A topic that was deleted and created again has the same name, and its offsets may happen to fit: a consumer reads on and
notices nothing. A recovery compares identities, so all that is needed here is a reason to recover.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from shared.runtime.ports.interfaces import Log, Uncertain

LOOK_SECONDS = 3.0
"""Between two looks. One small request for all topics of a service."""


async def watch_topics(log: Log, topics: Sequence[str], on_changed: Callable[[str], None]) -> None:
    """Ask for the topics' identities until cancelled; call `on_changed` with the name of one that is another by now."""
    identities: dict[str, str] = {}
    while True:
        with suppress(Uncertain):  # a topic is missing, or nobody answers: what owners do next tells them
            for topic, identity in (await log.identity(topics)).items():
                if identities.setdefault(topic, identity) != identity:
                    identities[topic] = identity
                    on_changed(topic)
        await asyncio.sleep(LOOK_SECONDS)

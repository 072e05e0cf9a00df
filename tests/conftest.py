"""What tests of the whole share: one embedded system per process of the test run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.contracts.topics import topic_plan
from shared.embedded import System, start
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.topics_admin import ensure_topics


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The real Kafka (with all topics), Valkey and mail catcher. Shared: use members and mails of your own."""
    with start(tmp_path_factory.mktemp("embedded")) as system:
        work = ensure_topics(KafkaAccess(system.kafka), topic_plan())
        with ThreadPoolExecutor(1) as apart:  # the test that asks first may run in an event loop
            apart.submit(asyncio.run, work).result()
        yield system

"""What tests of the whole share: one embedded system for the run (`sharing.py`), and one for a module that needs its own."""

from __future__ import annotations

import asyncio
import gc
import logging
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings

from shared.contracts.topics import topic_plan
from shared.embedded import System, start
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.topics import ensure_topics
from tests import depth, sharing
from tests.docker.fixtures import (  # noqa: F401 - fixtures
    apache_kafka,
    contained,
    engine,
    redis_7,
    redis_7_cluster,
    redis_7_cluster_url,
    redis_7_url,
    valkey_9,
    valkey_9_url,
)

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

settings.register_profile(
    "any-load",
    parent=settings(),
    derandomize=depth.DEPTH != "whole",
    database=None,
    deadline=None,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("any-load")
"""How long an example takes tells of the machine and of what else runs on it, and nothing of the code.

The examples are the same in each run, so that a red test tells of a change. `make test-deep DEPTH=whole` draws new ones.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what tries fewer examples in `make test`, so that `make test-deep` tries all of them."""
    for item in items:
        if isinstance(item, pytest.Function) and getattr(item.module, "examples", None) is depth.examples:
            item.add_marker(pytest.mark.laws)


@pytest.hookimpl(optionalhook=True)  # there is none with `-p no:xdist`
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Give all files on the embedded system to one process."""
    return sharing.scheduler(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave out of the garbage collector's sight what stays for the whole run: half a million objects of five thousand tests.

    Each collection, and there is one after each module, would walk through them: a second of a core every time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


WITHOUT_CLIENTS = ("tests/unit/", "tests/simulation/")
"""Where nothing is connected to."""


@pytest.fixture(scope="module", autouse=True)
def _collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collect what a module's clients left behind when they were refused or cut off, before the next module begins.

    aiokafka leaves such connections to the garbage collector and warns when it comes; in the middle of another test the
    warning would be that test's error. A process that is tuned for work (`tune_collector`) collects seldom, too.
    """
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    yield
    if request.node.nodeid.startswith(WITHOUT_CLIENTS):
        return
    gc.set_threshold(*thresholds)
    others = gc.get_freeze_count() != frozen  # a command has tuned this process as its own, connections and all
    if others:
        gc.unfreeze()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    if others:
        gc.freeze()


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Take back what a command has set up: its log lines went to the stderr of its own test, which is closed by now."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@contextmanager
def _with_topics(folder: Path) -> Iterator[System]:
    # The commands find the closed listener in the data folder; tests with raw clients of their own use the open one.
    with start(folder, open_listener=True) as system:
        work = ensure_topics(KafkaAccess(system.kafka), topic_plan().on_virtual_clock())
        with ThreadPoolExecutor(1) as apart:  # the test that asks first may run in an event loop
            apart.submit(asyncio.run, work).result()
        yield system


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The real Kafka (with all topics), Valkey and mail catcher. Shared: use members and mails of your own.

    Whoever stops a server for a moment holds nobody up: the files that share it run one after another.
    """
    with _with_topics(tmp_path_factory.mktemp("embedded")) as system:
        yield system


@pytest.fixture(scope="module")
def own_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The same for one module alone: its services have their groups, topics and time to themselves."""
    with _with_topics(tmp_path_factory.mktemp("own-system")) as system:
        yield system

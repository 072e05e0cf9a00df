"""Before services start: is everything there that they need? What may still come is waited for, the rest is said at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from aiokafka.errors import KafkaError

from rapport.composition import SERVICES
from rapport.names import GATEWAY
from rapport.terminal.failure import Failure
from services.gateway.api.stream.recent import TOPICS as STREAMED
from shared.config.settings import Settings
from shared.contracts import ACTIVITY
from shared.contracts.topics import topic_plan
from shared.runtime.diagnostics.connection_probe import Trouble
from shared.runtime.diagnostics.kafka_diagnosis import forbidden, kafka_trouble
from shared.runtime.diagnostics.redis_diagnosis import redis_trouble
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.acls import Operation
from shared.runtime.kafka_admin.permissions import Lacks, lacks, lacks_on
from shared.runtime.kafka_admin.topics import Copies, TopicsMissing, TopicsRefused, ensure_topics
from shared.runtime.ports.interfaces import Uncertain

LOOK_SECONDS = 0.5
WAIT_SECONDS_MAX = 120.0
"""How long a start waits, as beside a broker that starts at the same time; then it ends, saying for what it waited."""

STARTS_MAX = 20
"""Times that one start begins anew because Kafka goes away in the middle of it."""


async def until_there(
    names: Sequence[str],
    settings: Settings,
    access: KafkaAccess,
    redis: str,
    tell: Callable[[str], None],
    stop: asyncio.Event,
) -> bool:
    """Wait until Kafka, the topics, the rights of the services `names` and the store are there, saying once what is not.

    Makes topics that are missing, where this principal may. Returns False when it is stopped before. `Failure` names
    what waiting does not change: a wrong password, a certificate that is not trusted, a right that is not granted.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_SECONDS_MAX
    printed = set[str]()
    while not stop.is_set():
        missing = await _missing_of_kafka(names, settings, access)
        if missing is None and needs_store(names):
            missing = await _missing_of_store(redis)
        if missing is None:
            return True
        if loop.time() > deadline:
            raise Failure(missing)
        if missing not in printed:
            printed.add(missing)
            tell(f"waiting: {missing}")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
    return False


async def begun(begin: Callable[[], Awaitable[None]], there: Callable[[], Awaitable[bool]]) -> bool:
    """Begin what needs Kafka once everything is `there`, and anew when Kafka goes away meanwhile.

    Returns False when it is stopped before. `Failure` after STARTS_MAX times: then it is something else.
    """
    error: Exception | None = None
    for _ in range(STARTS_MAX):
        if not await there():
            return False
        try:
            await begin()
        except (Uncertain, KafkaError, OSError) as found:
            error = found
        else:
            return True
    raise Failure(f"Kafka: gone again in each of {STARTS_MAX} starts ({error})") from error


def needs_store(names: Sequence[str]) -> bool:
    """Tell whether any of the services keeps what it knows."""
    return any(name != GATEWAY for name in names)


async def lacks_of(access: KafkaAccess, name: str, settings: Settings) -> Lacks:
    """Return what one of `NAMES` lacks on Kafka, by these settings. Errors are a `KafkaError` or `TimeoutError`."""
    if name == GATEWAY:
        return await lacks_on(access, _of_gateway(settings))
    return await lacks(access, SERVICES[name], settings.snapshot_every, settings.keep)


def _of_gateway(settings: Settings) -> dict[str, set[Operation]]:
    """Return what the gateway does on topics: where there is an API, its streams read what services say."""
    wanted = {ACTIVITY: {Operation.Write}}
    if settings.api_keys_file is not None:
        wanted |= {topic: {Operation.Read} for topic in STREAMED}
    return wanted


async def _missing_of_kafka(names: Sequence[str], settings: Settings, access: KafkaAccess) -> str | None:
    copies = Copies(settings.replication, settings.min_insync_replicas)
    try:
        with suppress(TopicsMissing):  # others may have made those that these services need
            await ensure_topics(
                access, topic_plan().with_snapshots(settings.snapshot_every), settings.partitions, copies
            )
        found = [(name, await lacks_of(access, name, settings)) for name in names]
    except TopicsRefused as refusal:
        if not isinstance(refusal.__cause__, KafkaError | TimeoutError):
            raise Failure(str(refusal)) from refusal
        return _waited_for("Kafka", await kafka_trouble(access), refusal)
    except (KafkaError, TimeoutError) as error:
        if (denied := forbidden(error)) is not None:
            raise Failure(denied) from error
        return _waited_for("Kafka", await kafka_trouble(access), error)
    if rights := [f"{right} (for {name})" for name, lacked in found for right in lacked.rights]:
        raise Failure(
            f"Kafka does not allow this principal: {'; '.join(rights)}. `rapport topics acls` grants what services need"
        )
    if topics := sorted({topic for _, lacked in found for topic in lacked.topics}):
        return str(TopicsMissing(topics))
    return None


async def _missing_of_store(redis: str) -> str | None:
    trouble = await redis_trouble(redis)
    return None if trouble is None else _waited_for("store", trouble, None)


def _waited_for(what: str, trouble: Trouble | None, error: Exception | None) -> str:
    """Return what is waited for; `Failure` when waiting does not help."""
    if trouble is None:
        return f"{what}: {error}"
    if not trouble.waiting_helps:
        raise Failure(f"{what}: {trouble.says}")
    return f"{what}: {trouble.says}"

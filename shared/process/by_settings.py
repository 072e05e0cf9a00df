"""A service's application by `RAPPORT_*` settings: what `faststream run services.followups.app:app` runs.

Settings are read when it starts, so importing it reads nothing, and `faststream docs gen` needs no Kafka. Kafka and store
are those that are set, and for the rest the embedded system that runs in the data folder; none is started here.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any, Final

from aiokafka.errors import KafkaError
from faststream import FastStream

from shared.calendar import load_zones
from shared.config.settings import Settings, SettingsError, load
from shared.contracts.topics import topic_plan
from shared.decider import Decider
from shared.embedded import running
from shared.links import LinkAddresses, LinkKeys
from shared.process.errors import NotReady, NotServed
from shared.process.logs import set_up_logs
from shared.process.seeing import Seeing
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.kafka_admin.permissions import lacks
from shared.runtime.kafka_admin.topics import Copies, TopicsMissing, TopicsRefused, ensure_topics
from shared.runtime.ports.clock import Alarm, SystemClock
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.processing.effects import Channel
from shared.runtime.service import Service
from shared.runtime.web.descriptors import raise_limit
from shared.texts.brand import Brand

GC_THRESHOLDS: Final = (500_000, 50, 100)
"""The batches in hand are some hundred thousand objects, all of which go without the collector's help. A threshold
below walks them again and again: 14 % of the time at 100,000, 6 % at 300,000."""

Channels = Callable[[Settings, str], Channel]
"""Makes what carries out a service's effects, from the settings and the mail server's URL."""


def by_settings(
    decider: Decider[Any, Any], declare: Callable[..., FastStream], channels: Channels | None = None
) -> FastStream:
    """Return the application that `declare(service, lifespan)` makes of a service, to be run in a process of its own."""

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        try:
            settings = load()
            set_up_logs(settings.log_level_number, settings.log_format)
            seeing = Seeing(settings)
            where, smtp = _endpoints(settings)
            channel = _channel(decider, settings, smtp, channels)
            await _prepare(decider, settings, where.kafka)
            service.settle(where, channel, seeing.observer(decider.name))
            raise_limit()  # of open files: connections, the store's and Kafka's, share it
            load_zones()
            async with seeing.of([service]):
                tune_collector()
                try:
                    yield
                finally:
                    await (
                        service.end()
                    )  # a start or a stop that failed leaves connections; after a whole stop there are none
        except (SettingsError, NotReady, NotServed, TopicsRefused) as error:
            raise SystemExit(f"{decider.name}: {error}") from error
        except (Uncertain, KafkaError, OSError) as error:
            if not service.stopping:
                raise SystemExit(
                    f"{decider.name}: {type(error).__name__}: {error}; `rapport doctor` says why"
                ) from error
            # It was told to stop in the middle of its start, so what it was connecting to was closed under it.

    service = Service(decider, declare=partial(declare, lifespan=lifespan))
    return service.app


def environment(
    settings: Settings, access: KafkaAccess, redis: str, clock: Alarm, *, begin_at_earliest: bool = False
) -> Environment:
    """Return where services run by these settings."""
    margin = timedelta(milliseconds=settings.clock_margin)
    return Environment(
        access,
        redis,
        clock,
        margin,
        settings.session_timeout_ms,
        begin_at_earliest,
        settings.partitions,
        settings.snapshot_every,
        settings.keep,
    )


def _endpoints(settings: Settings) -> tuple[Environment, str | None]:
    """Return where the service runs, and the mail server's URL; `NotReady` when a part is neither set nor running."""
    redis = settings.redis_url()
    smtp = settings.smtp.get_secret_value() if settings.smtp else None
    found = None if settings.kafka and redis else running(settings.data_dir)
    if found is None and not (settings.kafka and redis):
        missing = "RAPPORT_REDIS" if settings.kafka else "RAPPORT_KAFKA"
        raise NotReady(f"nothing is running in {settings.data_dir}: start `rapport run` there, or set {missing}")
    access = KafkaAccess(settings.kafka, settings.kafka_security()) if settings.kafka else None
    if found is not None:
        access, redis, smtp = access or found.access(), redis or found.redis, smtp or found.smtp
    assert access is not None
    assert redis is not None
    return environment(settings, access, redis, SystemClock()), smtp


def _channel(
    decider: Decider[Any, Any], settings: Settings, smtp: str | None, channels: Channels | None
) -> Channel | None:
    if channels is None:
        return None
    if smtp is None:
        raise NotReady(f"RAPPORT_SMTP: {decider.name} sends mail, so it needs a mail server (smtp://host:port)")
    return channels(settings, smtp)


async def _prepare(decider: Decider[Any, Any], settings: Settings, access: KafkaAccess) -> None:
    """Make the topics that are missing, where this principal may; `NotReady` when what the service needs is not there."""
    try:
        copies = Copies(settings.replication, settings.min_insync_replicas)
        try:
            await ensure_topics(
                access, topic_plan().with_snapshots(settings.snapshot_every), settings.partitions, copies
            )
        except TopicsMissing as missing:  # others may have made those that this service needs
            if lacking := (await lacks(access, decider, settings.snapshot_every, settings.keep)).topics:
                raise NotReady(str(TopicsMissing(lacking))) from missing
        if rights := (await lacks(access, decider, settings.snapshot_every, settings.keep)).rights:
            raise NotReady(f"Kafka does not allow this principal: {'; '.join(rights)}. See `rapport topics acls`")
    except (KafkaError, TimeoutError) as error:
        raise NotReady(f"Kafka: {type(error).__name__}; `rapport doctor` says why") from error


def brand_of(settings: Settings) -> Brand:
    """Return whose mails they are."""
    return Brand(
        settings.brand_name,
        settings.brand_colour,
        settings.brand_footer or "",
        settings.preferences_url or "",
        settings.product_url or "",
    )


def link_addresses(settings: Settings) -> LinkAddresses | None:
    """Return what makes the links of mails; None where no public address is set, and mails carry none."""
    if settings.public_url is None:
        return None
    return LinkAddresses(settings.public_url, LinkKeys(settings.link_secrets()), own_pages=settings.own_pages)


def channel_keys(settings: Settings) -> LinkKeys | None:
    """Return what seals and opens the addresses of members' channels; None where no secret is set."""
    return LinkKeys(secrets) if (secrets := settings.token_secrets()) else None


def tune_collector() -> None:
    """Keep what is loaded out of the garbage collector's walks: +45 % of throughput."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)

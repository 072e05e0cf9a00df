"""What settings that are right alone say against each other.

They are looked at by which of them are given, so that all of it can be said even where the value of another is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import SecretStr

from shared.contracts.retained import KEEP_ROUNDS_MIN

FALSE: Final = frozenset({"", "0", "f", "false", "n", "no", "none", "off"})
NEEDS: Final = {
    "kafka_sasl": "kafka_user",
    "kafka_key": "kafka_certificate",
    "kafka_key_password": "kafka_certificate",
    "redis_key": "redis_certificate",
    "public_url": "link_secret",
    "retention_days": "snapshot_days",
}
OF_KAFKA_TLS: Final = ("kafka_ca", "kafka_certificate", "kafka_key")
OF_REDIS_TLS: Final = ("redis_ca", "redis_certificate", "redis_key")


def contradictions(given: Mapping[str, object]) -> Iterator[str]:
    """Yield one line for each, naming the variables. A setting that is not given is absent, None or False."""
    texts = {name: _text(value) for name, value in given.items()}
    present = {name for name, text in texts.items() if text.lower() not in FALSE}
    if ("kafka_user" in present) != ("kafka_password" in present):
        yield f"{_variable('kafka_user')} and {_variable('kafka_password')} belong together: one of them is missing"
    if "kafka_user" in present and "kafka_sasl" not in present:
        yield f"{_variable('kafka_user')} needs {_variable('kafka_sasl')}: plain, scram-sha-256 or scram-sha-512"
    for name, needed in NEEDS.items():
        if name in present and needed not in present:
            yield f"{_variable(name)} needs {_variable(needed)}"
    if "kafka_tls" not in present:
        for name in present.intersection(OF_KAFKA_TLS):
            yield f"{_variable(name)} needs {_variable('kafka_tls')}=true"
    if not texts.get("redis", "").startswith("rediss"):
        for name in present.intersection(OF_REDIS_TLS):
            yield f"{_variable(name)} needs a {_variable('redis')} that begins with rediss"
    copies, acknowledging = texts.get("replication", ""), texts.get("min_insync_replicas", "")
    if copies.isdigit() and acknowledging.isdigit() and int(acknowledging) > int(copies):
        yield (f"{_variable('min_insync_replicas')} is more than {_variable('replication')}: nothing could be written")
    snapshots, kept = texts.get("snapshot_days", ""), texts.get("retention_days", "")
    if snapshots.isdigit() and kept.isdigit() and int(kept) < KEEP_ROUNDS_MIN * int(snapshots):
        yield (
            f"{_variable('retention_days')} must be at least {KEEP_ROUNDS_MIN} times {_variable('snapshot_days')}: a round of"
            " snapshots may fail, and the next one be late"
        )


def _variable(name: str) -> str:
    return f"RAPPORT_{name.upper()}"


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)

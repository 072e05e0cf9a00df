"""The partition of a member, chosen as Java's clients choose it: a producer in any language lands right.

murmur2 with Kafka's seed, over the key's bytes; the sign bit is dropped before the remainder
(`org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_SEED: Final = 0x9747B28C
_MULTIPLIER: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF
KEYS_REMEMBERED_MAX: Final = 65_536
"""Keys whose partition is remembered: it is asked of every record that is read, and costs microseconds in Python."""


def partition_for(member: str, partitions: int) -> int:
    """Return the partition, 0 to `partitions` - 1, of a topic on which a member's events stand."""
    return partition_of_key(member.encode(), partitions)


@lru_cache(maxsize=KEYS_REMEMBERED_MAX)
def partition_of_key(key: bytes, partitions: int) -> int:
    """Return the partition of a topic on which records with this key stand."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(key: bytes) -> int:
    """Return the 32-bit murmur2 hash of a key, unsigned."""
    size = len(key)
    whole = size - size % 4
    digest = _SEED ^ size
    for start in range(0, whole, 4):
        word = int.from_bytes(key[start : start + 4], "little") * _MULTIPLIER & _WORD
        word = (word ^ word >> 24) * _MULTIPLIER & _WORD
        digest = digest * _MULTIPLIER & _WORD ^ word
    if whole < size:
        digest = (digest ^ int.from_bytes(key[whole:], "little")) * _MULTIPLIER & _WORD
    digest = (digest ^ digest >> 13) * _MULTIPLIER & _WORD
    return digest ^ digest >> 15

"""Which topic a name stands for: cluster id and topic id, asked of the broker.

A topic that was deleted and made again has the same name and offsets that mean something else; a cursor that did not
notice would skip what the new log holds, in silence. The id is in Metadata replies from version 10 on (KIP-516);
aiokafka stops at version 5, so request and reply of version 12 are described here, on its public protocol classes.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from io import BytesIO

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from shared.runtime.kafka.connection import KafkaAccess, uncertain
from shared.runtime.ports.interfaces import Uncertain

ASK_SECONDS_MAX = 10.0
"""How long the broker may take to answer."""


class _Uuid(AbstractType[uuid.UUID]):  # type: ignore[misc]  # aiokafka is untyped
    """16 bytes."""

    @classmethod
    def encode(cls, value: uuid.UUID) -> bytes:
        return value.bytes

    @classmethod
    def decode(cls, data: BytesIO) -> uuid.UUID:
        return uuid.UUID(bytes=data.read(16))


_TEXT = CompactString("utf-8")
_NODES = CompactArray(Int32)
_PARTITION = Schema(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", _NODES),
    ("isr", _NODES),
    ("offline", _NODES),
    ("tags", TaggedFields),
)
_TOPIC = Schema(
    ("error_code", Int16),
    ("name", _TEXT),
    ("topic_id", _Uuid),
    ("is_internal", Boolean),
    ("partitions", CompactArray(_PARTITION)),
    ("authorized_operations", Int32),
    ("tags", TaggedFields),
)
_BROKER = Schema(("node", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), ("tags", TaggedFields))


_Named = tuple[int, str, str]
"""Error code, topic, topic id ("" where the broker knows none)."""


class _MetadataReply(Response):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_ms", Int32),
        ("brokers", CompactArray(_BROKER)),
        ("cluster_id", _TEXT),
        ("controller", Int32),
        ("topics", CompactArray(_TOPIC)),
        ("tags", TaggedFields),
    )


class _MetadataRequest(RequestStruct):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 3
    API_VERSION = 12
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataReply
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", _TEXT), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class Metadata(Request[_MetadataRequest]):  # type: ignore[misc]  # aiokafka is untyped
    """Asks about topics, and with `operations` also what this principal may do with each."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str], *, operations: bool = False) -> None:
        self._topics = topics
        self._operations = operations

    def build(self, request_struct_class: type[_MetadataRequest]) -> _MetadataRequest:
        named: list[tuple[uuid.UUID, str, dict[int, bytes]]] = [(uuid.UUID(int=0), topic, {}) for topic in self._topics]
        return request_struct_class(named, False, self._operations, {})


class TopicIdentities:
    """Asks for the identities of topics over a connection of its own."""

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._client: AIOKafkaClient | None = None
        self._fallback_logged = False

    async def start(self) -> None:
        """Connect. Raises `Uncertain` when no broker answers."""
        client = AIOKafkaClient(**self._access.connection())
        self._client = client
        with uncertain("connect for topic identities"):
            await asyncio.wait_for(client.bootstrap(), ASK_SECONDS_MAX)

    async def stop(self) -> None:
        """Disconnect."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def ask(self, topics: Sequence[str]) -> Mapping[str, str]:
        """Return "cluster id/topic id" per topic, the cluster id alone where the broker knows no topic ids.

        A topic that is not there, and any other error, is `Uncertain`.
        """
        with uncertain("ask for topic identities"):
            cluster_id, named = await asyncio.wait_for(self._send(topics), ASK_SECONDS_MAX)
        found: dict[str, str] = {}
        for error_code, name, topic_id in named:
            if error_code:
                raise Uncertain(f"{name}: {for_code(error_code).__name__}")
            found[name] = f"{cluster_id}/{topic_id}"
        return {topic: found[topic] for topic in topics}

    async def _send(self, topics: Sequence[str]) -> tuple[str, list[_Named]]:
        client = self._started()
        node = client.get_random_node()
        try:
            reply = await client.send(node, Metadata(topics))
        except NotImplementedError:  # aiokafka's word for "the broker does not speak this version"
            if not self._fallback_logged:
                self._fallback_logged = True
                structlog.get_logger().warning("the broker knows no topic ids: a topic made again goes unnoticed")
            older = await client.send(node, MetadataRequest(list(topics), allow_auto_topic_creation=False))
            return older.cluster_id, [(error_code, name, "") for error_code, name, *_ in older.topics]
        return reply.cluster_id, [(error_code, name, str(topic_id)) for error_code, name, topic_id, *_ in reply.topics]

    def _started(self) -> AIOKafkaClient:
        if self._client is None:
            raise Uncertain("topic identities: not started")
        return self._client

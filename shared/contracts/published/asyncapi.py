"""The AsyncAPI 3.0 document: which events stand on which topic, with which headers, as seen by a product."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from shared.contracts import limits
from shared.contracts.cloudevents.envelope import CONTENT_TYPE, SPECVERSION, TRACEPARENT_PATTERN
from shared.contracts.events.own.upkeep import DeadLetter
from shared.contracts.events.table import EVENTS, topics_of
from shared.contracts.fields import INSTANT_PATTERN, PLAIN_PATTERN
from shared.contracts.operators.discard import DeadLetterDiscarded
from shared.contracts.operators.replay import ReplayRequested
from shared.contracts.operators.step_over import StepOverRequested
from shared.contracts.topic_names import ACTIVITY, DEAD_LETTERS, EVENT_TOPICS, REPLAY
from shared.contracts.topics import Topic, TopicPlan, topic_plan

VERSION: Final = "1.0.0"
KAFKA_BINDING_VERSION: Final = "0.5.0"
DESCRIPTION: Final = (
    f"Events are CloudEvents {SPECVERSION} in Kafka's binary mode: attributes in `ce_*` headers, data as JSON in the "
    "value; a product may write structured mode, too (`application/cloudevents+json`). "
    "The key is the member's id in UTF-8 and equals `ce_memberid`; partitions are chosen as Java's clients do "
    "(murmur2 of the key). Consumers drop repetitions by `ce_id`, and tolerate fields and types that they do not know. "
    "Changes are additive; a breaking one is a new topic version."
)

SERVERS: Final[dict[str, dict[str, Any]]] = {
    "containers": {
        "host": "127.0.0.1:9092",
        "protocol": "kafka",
        "description": "The Kafka of `docker-compose.yml`, on the machine that it runs on. It asks for no login.",
    },
    "yours": {
        "host": "{address}",
        "protocol": "kafka-secure",
        "description": "Your own Kafka, with TLS and the login that it asks for: `docs/connections.md`.",
        "variables": {"address": {"default": "kafka.example.org:9093", "description": "One of its brokers."}},
        "security": [
            {"$ref": f"#/components/securitySchemes/{name}"} for name in ("plain", "scram256", "scram512", "tls")
        ],
    },
}
"""The embedded Kafka is not among them: its port is another one on each machine, and stands in `client.properties`."""
SECURITY: Final[dict[str, dict[str, str]]] = {
    "plain": {"type": "plain", "description": "SASL/PLAIN"},
    "scram256": {"type": "scramSha256", "description": "SASL/SCRAM-SHA-256"},
    "scram512": {"type": "scramSha512", "description": "SASL/SCRAM-SHA-512"},
    "tls": {"type": "X509", "description": "A certificate of the client's own"},
}
_UPKEEP: Final = (DeadLetter, DeadLetterDiscarded, ReplayRequested, StepOverRequested)


def document(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the document; `examples` holds one event per type in CloudEvents' JSON form."""
    plan = topic_plan()
    topics = [topic for topic in plan.topics if _types_on(topic.name)]
    return {
        "asyncapi": "3.0.0",  # 3.1 adds nothing for Kafka, and fewer tools read it
        "info": {
            "title": "Rapport",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": SERVERS,
        "channels": {_channel(topic.name): _channel_object(plan, topic) for topic in topics},
        "operations": {_operation(topic.name): _operation_object(topic) for topic in topics},
        "components": {
            "messages": {name: _message(name, kind, examples[name]) for name, kind in EVENTS.items()}
            | {kind.TYPE: _message(kind.TYPE, kind, None) for kind in _UPKEEP},
            "securitySchemes": SECURITY,
            "schemas": {
                "activityHeaders": _headers(_REPORTED | _OPTIONAL, list(_REPORTED)),
                "ownHeaders": _headers(_REPORTED | _OWN | _OF_THE_MEMBER | _OPTIONAL, list(_REPORTED | _OWN)),
                "deadLetterHeaders": _headers(_ENVELOPE, list(_ENVELOPE)),
                "replayHeaders": _headers(_ENVELOPE, list(_ENVELOPE)),
            },
        },
    }


_PLAIN: Final = {"type": "string", "minLength": 1, "pattern": PLAIN_PATTERN}
_TIME: Final = {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}
_ENVELOPE: Final[dict[str, dict[str, Any]]] = {
    "ce_specversion": {"const": SPECVERSION},
    "ce_id": {
        **_PLAIN,
        "maxLength": limits.EVENT_ID_CHARS_MAX,
        "description": "What has the same source and id is the same event, whatever else it says.",
    },
    "ce_source": {
        **_PLAIN,
        "maxLength": limits.SOURCE_CHARS_MAX,
        "description": "`/rapport/<service>`, or the product.",
    },
    "ce_type": {"type": "string"},
    "ce_time": {**_TIME, "description": "When it happened."},
}
_REPORTED: Final = _ENVELOPE | {
    "ce_memberid": {**_PLAIN, "maxLength": limits.ID_CHARS_MAX, "description": "Whom it is about; equals the key."},
}
_OPTIONAL: Final[dict[str, dict[str, Any]]] = {
    "ce_origin": {**_PLAIN, "maxLength": limits.ORIGIN_CHARS_MAX, "description": "How it came, such as `import`."},
    "ce_causationid": {**_PLAIN, "maxLength": limits.EVENT_ID_CHARS_MAX, "description": "The id of its reason."},
    "ce_expirytime": {**_TIME, "description": "Whoever delivers later does not act on it."},
    "ce_traceparent": {
        "type": "string",
        "pattern": TRACEPARENT_PATTERN,
        "description": "CloudEvents' Distributed Tracing extension. What follows continues this trace.",
    },
    "ce_tracestate": {"type": "string", "maxLength": limits.TRACESTATE_CHARS_MAX},
    "content-type": {"const": CONTENT_TYPE},
}
_OWN: Final[dict[str, dict[str, Any]]] = {
    "ce_sequence": {"type": "string", "pattern": "^[0-9]{1,19}$", "description": "Counts in (service, partition)."},
    "ce_inputoffsets": {
        "type": "string",
        "description": "Input offsets applied before it: `topic=offset,...`, by topic.",
    },
}
_OF_THE_MEMBER: Final[dict[str, dict[str, Any]]] = {
    "ce_incarnation": {
        "type": "string",
        "pattern": "^[0-9]{1,19}$",
        "description": "In which incarnation of the member it was said: the offset behind their last erasure on "
        "`rapport.activity.v1`. Without it: in the first. A lower one than the highest that was seen of a member is of "
        "before an erasure.",
    },
}


def _headers(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: dict(of) for name, of in properties.items()}, "required": required}


def _types_on(topic: str) -> list[str]:
    if topic in (DEAD_LETTERS, REPLAY):
        return [kind.TYPE for kind in _UPKEEP if topic == kind.TOPIC]
    return [name for name, kind in EVENTS.items() if topic in EVENT_TOPICS and topic in topics_of(kind)]


def _channel(topic: str) -> str:
    return topic.split(".")[1].replace("-", "_")


def _operation(topic: str) -> str:
    return f"{'receive' if topic in (ACTIVITY, REPLAY) else 'send'}_{_channel(topic)}"


def _channel_object(plan: TopicPlan, topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.about} PartitionTask: {topic.owner}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _types_on(topic.name)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": plan.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [plan.config["cleanup.policy"]],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": plan.config["max.message.bytes"],
                },
                "bindingVersion": KAFKA_BINDING_VERSION,
            }
        },
    }


def _operation_object(topic: Topic) -> dict[str, Any]:
    return {
        "action": "receive" if topic.name in (ACTIVITY, REPLAY) else "send",
        "channel": {"$ref": f"#/channels/{_channel(topic.name)}"},
        "summary": topic.about,
    }


def _message(name: str, kind: type[BaseModel], example: Mapping[str, Any] | None) -> dict[str, Any]:
    headers = {ACTIVITY: "activityHeaders", DEAD_LETTERS: "deadLetterHeaders", REPLAY: "replayHeaders"}.get(
        getattr(kind, "TOPIC", ""), "ownHeaders"
    )
    message: dict[str, Any] = {
        "name": name,
        "summary": (inspect.getdoc(kind) or "").split("\n", maxsplit=1)[0],
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": {"$ref": f"./schemas/{name}.json"},
    }
    if example is not None:
        attributes = {f"ce_{key}": str(of) for key, of in example.items() if key not in ("data", "datacontenttype")}
        message["examples"] = [{"headers": {**attributes, "content-type": CONTENT_TYPE}, "payload": example["data"]}]
    return message

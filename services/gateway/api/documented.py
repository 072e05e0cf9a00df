"""What the OpenAPI document says beyond what FastAPI finds by itself: bodies as the contracts have them, and problems."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway.api.events.cloudevents import BATCH_EVENTS_MAX
from services.gateway.publishing import POSITION_HEADER
from shared.contracts import ACTIVITY, EVENTS, EventData, limits, topics_of
from shared.contracts.cloudevents.envelope import BATCH_TYPE, CONTENT_TYPE, STRUCTURED_TYPE
from shared.delivery.channels.reasons import ADDRESS_CHARS_MAX

ABOUT: Final = (
    "Rapport over HTTP: report what happened, say what a member does. To write is to publish an event of the published"
    " language (see asyncapi.yaml), and the answer comes after Kafka's acknowledgement. Each request needs a key"
    " (`rapport keys create`) or a member's token, as `Authorization: Bearer ...`. What is wrong is said as RFC 9457 has it."
)
TAGS: Final = [
    {"name": "events", "description": "What a product reports."},
    {"name": "members", "description": "What a member does, and tokens for their pages."},
    {"name": "reading", "description": "What a product shows of a member."},
]
WRITTEN: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "headers": {
            POSITION_HEADER: {
                "description": "Where it stands on the activity topic: `partition:offset`, several separated by commas. A"
                " read that carries it waits until it is applied.",
                "schema": {"type": "string", "pattern": "^[0-9]+:[0-9]+(,[0-9]+:[0-9]+)*$"},
                "example": "3:1041",
            }
        }
    }
}
ASKED_FOR: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        **WRITTEN[202],
        "links": {
            one: {
                "operationId": f"post_followups_one_{one}",
                "parameters": {"followup_id": "$request.body#/followup_id"},
            }
            for one in ("done", "snooze", "dismiss")
        },
    }
}
"""Of a reminder that was asked for: what may be said to it."""
EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/product",
    "type": "rapport.invite.sent",
    "time": "2026-11-23T08:00:00.000Z",
    "memberid": "ada",
    "data": {"invite_id": "i1", "contact": {"id": "ben", "name": "Ben Okafor"}},
}
_SCHEMAS: Final = "#/components/schemas/"
ANY_FIELDS: Final[dict[str, Any]] = {"type": "object", "additionalProperties": True}
"""Said aloud: generators take an object of which nothing is said for one that is empty."""
_ATTRIBUTE: Final = {"type": "string", "minLength": 1}
CLOUD_EVENT: Final[dict[str, Any]] = {
    "title": "CloudEvent",
    "type": "object",
    "description": "A CloudEvent 1.0 in JSON; what `data` holds depends on `type`, as the schemas of the contracts say.",
    "required": ["specversion", "id", "source", "type", "time", "memberid"],
    "properties": {
        "specversion": {"const": "1.0", "type": "string"},
        "id": {**_ATTRIBUTE, "maxLength": limits.EVENT_ID_CHARS_MAX, "description": "The same id counts once."},
        "source": {**_ATTRIBUTE, "maxLength": limits.SOURCE_CHARS_MAX},
        "type": {
            "type": "string",
            "enum": sorted(name for name, kind in EVENTS.items() if ACTIVITY in topics_of(kind)),
        },
        "time": {"type": "string", "format": "date-time"},
        "memberid": {**_ATTRIBUTE, "maxLength": limits.ID_CHARS_MAX},
        "datacontenttype": {"const": CONTENT_TYPE, "type": "string"},
        "data": ANY_FIELDS,
    },
    "examples": [EXAMPLE],
}
FAULT: Final[dict[str, Any]] = {
    "title": "Fault",
    "type": "object",
    "required": ["field", "reason"],
    "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
}
PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "description": "RFC 9457. `field` and `reason` say what is wrong first; `errors` all of it, where there is more.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "For programs, where one status has several causes."},
        "field": {"type": "string"},
        "reason": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": f"{_SCHEMAS}Fault"}},
        "accepted": {"type": "integer", "description": "Of a batch: events that are acknowledged all the same."},
        "failed": {
            "type": "array",
            "description": "Of a batch: the events that are not, by their place in it.",
            "items": {
                "allOf": [{"$ref": f"{_SCHEMAS}Fault"}],
                "type": "object",
                "required": ["index", "status"],
                "properties": {
                    "index": {"type": "integer"},
                    "id": {"type": "string"},
                    "status": {"type": "integer"},
                    "errors": {"type": "array", "items": {"$ref": f"{_SCHEMAS}Fault"}},
                },
            },
        },
    },
}
EVENTS_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            STRUCTURED_TYPE: {"schema": {"$ref": f"{_SCHEMAS}CloudEvent"}, "example": EXAMPLE},
            BATCH_TYPE: {
                "schema": {"type": "array", "maxItems": BATCH_EVENTS_MAX, "items": {"$ref": f"{_SCHEMAS}CloudEvent"}},
                "example": [EXAMPLE, {**EXAMPLE, "id": "e-2", "data": {**EXAMPLE["data"], "invite_id": "i2"}}],  # type: ignore[dict-item]
            },
            CONTENT_TYPE: {
                "schema": {**ANY_FIELDS, "description": "The data; the attributes are headers: `ce-id`, `ce-type` ..."},
                "example": EXAMPLE["data"],
            },
        },
    }
}
CHANNEL_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            CONTENT_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["address"],
                    "properties": {
                        "address": {
                            **_ATTRIBUTE,
                            "maxLength": ADDRESS_CHARS_MAX,
                            "description": "As the channel's app shows it. It is sealed, and never told back.",
                        },
                        "id": {**_ATTRIBUTE, "maxLength": limits.EVENT_ID_CHARS_MAX, "description": "The event's id."},
                    },
                    "additionalProperties": False,
                },
                "example": {"address": "https://ntfy.sh/a-topic-that-nobody-guesses"},
            }
        },
    }
}
PROBLEMS: Final = {
    "400": "It cannot be read.",
    "401": "There is no key that works.",
    "403": "The key has not the scope, or the token is another member's.",
    "404": "There is nothing here.",
    "408": "Its body did not come in time.",
    "413": "It is too large.",
    "414": "Its path, with the query, is too long.",
    "415": "It is of another media type.",
    "422": "A field is wrong: which, and why.",
    "429": "Too many requests of one key: come again after `Retry-After` seconds.",
    "503": "Not just now: come again after `Retry-After` seconds.",
}
_NEEDED: Final[dict[str, dict[str, Any]]] = {}
"""Schemas of the contracts that bodies refer to, by name."""


def body_of(
    kind: type[EventData], takes: tuple[str, ...], example: Mapping[str, Any] | None, *, required: bool
) -> dict[str, Any]:
    """Return how a body is documented that holds some fields of an event."""
    whole = _schema(kind)
    properties = {name: whole["properties"][name] for name in takes}
    properties["id"] = {**_ATTRIBUTE, "maxLength": limits.EVENT_ID_CHARS_MAX, "description": "The event's id."}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if needed := [name for name in whole.get("required", ()) if name in takes]:
        schema["required"] = needed
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = dict(example)
    return {"requestBody": {"required": required, "content": {CONTENT_TYPE: content}}}


@cache
def _schema(kind: type[EventData]) -> dict[str, Any]:
    schema: dict[str, Any] = _without_patterns(kind.model_json_schema(ref_template=_SCHEMAS + "{model}"))
    _NEEDED.update(schema.get("$defs", {}))
    return schema


def _without_patterns(node: Any) -> Any:
    """Return a schema in which a pattern for names stands apart from what they name, since generators pass over both."""
    if isinstance(node, list):
        return [_without_patterns(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _without_patterns(of) for name, of in node.items()}
    if isinstance(patterns := made.get("patternProperties"), dict) and len(patterns) == 1:
        del made["patternProperties"]
        [(pattern, made["additionalProperties"])] = patterns.items()
        made["propertyNames"] = {"pattern": pattern}
    return made


def describe(app: FastAPI) -> None:
    """Let an application say all of that in its document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                openapi_version="3.1.0",
                description=ABOUT,
                routes=app.routes,
                tags=TAGS,
            )
            schemas = made["components"]["schemas"]
            schemas.update(_NEEDED, CloudEvent=CLOUD_EVENT, Problem=PROBLEM, Fault=FAULT)
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for methods in made["paths"].values():
                for operation in methods.values():
                    operation["responses"].update(_problems())
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI has one extend its document


def _problems() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": f"{_SCHEMAS}Problem"}}}
    return {status: {"description": about, "content": content} for status, about in PROBLEMS.items()}

"""FastStream's own AsyncAPI document of each service says the same as the published one: channels and events."""

from __future__ import annotations

from typing import Any

import pytest
from faststream import FastStream

from rapport.composition import DECIDERS, SERVICES
from services.digest.app import app as digest
from services.followups.app import app as followups
from services.gateway.app import app as projection
from services.invites.app import app as invites
from shared.contracts import EVENTS, ReplayRequested, StepOverRequested
from tests.contract.test_published_language import asyncapi

APPS = {"invites": invites, "followups": followups, "digest": digest, "projection": projection}
REQUESTS: tuple[Any, ...] = (ReplayRequested, StepOverRequested)
TYPE_OF = {kind.__name__: kind.TYPE for kind in (*EVENTS.values(), *REQUESTS)}


def view(app: FastStream) -> dict[str, Any]:
    document: dict[str, Any] = app.schema.to_specification().to_jsonable()
    return document


def at(document: dict[str, Any], reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def topics(document: dict[str, Any], action: str) -> set[str]:
    return {
        at(document, one["channel"]["$ref"])["address"]
        for one in document["operations"].values()
        if one["action"] == action
    }


def events(document: dict[str, Any], action: str) -> set[str]:
    """Return the types of the events that a service receives or sends, by the names of their models."""
    found = set()
    for operation in document["operations"].values():
        if operation["action"] == action:
            for message in at(document, operation["channel"]["$ref"])["messages"].values():
                payload = at(document, at(document, message["$ref"])["payload"]["$ref"])
                choices = payload.get("anyOf") or payload.get("oneOf") or payload["items"].get("anyOf")
                found |= {TYPE_OF[choice["$ref"].rpartition("/")[2]] for choice in choices}
    return found


def published(addresses: set[str]) -> set[str]:
    """Return the types of the events that the published document has on these topics."""
    return {
        name
        for channel in asyncapi()["channels"].values()
        if channel["address"] in addresses
        for name in channel["messages"]
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reads_and_writes_the_channels_of_its_decider(name: str) -> None:
    document, decider = view(APPS[name]), SERVICES[name]
    addresses = {channel["address"] for channel in asyncapi()["channels"].values()}
    assert topics(document, "receive") == set(decider.reads) <= addresses
    assert topics(document, "send") == ({decider.own} if name in DECIDERS else set()) <= addresses


@pytest.mark.parametrize("name", SERVICES)
def test_its_events_are_those_that_the_published_document_has_there(name: str) -> None:
    document, decider = view(APPS[name]), SERVICES[name]
    assert events(document, "receive") == published(set(decider.reads))
    assert events(document, "send") == published({decider.own} - {""})
    assert len(events(document, "receive")) > 3, "the comparison sees events"
    assert len(events(document, "send")) > 3 or name not in DECIDERS

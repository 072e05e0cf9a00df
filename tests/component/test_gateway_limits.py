"""What the gateway does not take, and what it says while Kafka does not take its events."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import httpx
import pytest

from rapport.serving.gateway import gateway
from rapport.terminal.failure import Failure
from services.gateway import link_pages
from services.gateway.link_pages import BODY_BYTES_MAX, RETRY_AFTER_SECONDS, URL_BYTES_MAX
from shared.embedded import System
from shared.runtime.kafka.connection import KafkaAccess
from tests.component.gateway_bed import (
    BROWSER,
    ONE_CLICK,
    Door,
    digest,
    open_door,
    said_of,
)


@pytest.fixture
async def door(embedded: System) -> AsyncIterator[Door]:
    async with open_door(embedded) as opened:
        yield opened


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(door: Door, method: str) -> None:
    answer = await door.client.request(method, door.links.address("unsubscribe", digest("m-method")))
    assert answer.status_code == 405
    assert answer.json()["status"] == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_what_is_too_long_is_refused_and_changes_nothing(embedded: System, door: Door) -> None:
    url = door.links.address("unsubscribe", digest("m-long"))
    assert (await door.client.post(url, content=b"x" * (BODY_BYTES_MAX + 1))).status_code == 413
    assert (await door.client.post(f"{url}?{'x' * URL_BYTES_MAX}")).status_code == 414
    assert await said_of(embedded, "m-long") == []
    assert (await door.client.post(url, content=b"x" * BODY_BYTES_MAX)).status_code == 200


async def test_a_body_that_does_not_come_is_waited_for_so_long_and_no_longer(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_pages, "BODY_SECONDS_MAX", 0.2)
    url = httpx.URL(door.links.address("unsubscribe", digest("m-slow")))
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"POST {url.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nList".encode())
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 30)
    writer.close()


async def test_a_port_that_is_taken_is_named_with_its_setting(embedded: System, door: Door) -> None:
    with pytest.raises(Failure, match=r"RAPPORT_GATEWAY: 127\.0\.0\.1:\d+ cannot be served: Address already in use"):
        async with gateway(door.settings, KafkaAccess(embedded.kafka)):
            pass


async def test_more_presses_at_once_than_there_is_room_for_are_asked_to_come_again(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_pages, "PUBLISHING_MAX", 0)
    async with open_door(embedded) as door:
        answer = await door.client.post(door.links.address("unsubscribe", digest("m-room")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(RETRY_AFTER_SECONDS))
    assert await said_of(embedded, "m-room") == []


async def test_while_kafka_is_away_a_press_is_not_taken_for_said_and_afterwards_it_is(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_pages, "PUBLISH_SECONDS_MAX", 1.0)
    async with open_door(embedded) as door:
        url = door.links.address("unsubscribe", digest("m-away"))
        broker = embedded.addresses.processes["kafka"]
        os.kill(broker, signal.SIGSTOP)
        try:
            page = await door.client.post(url, headers=BROWSER)
            machine = await door.client.post(url, data=ONE_CLICK)
        finally:
            os.kill(broker, signal.SIGCONT)
        assert (page.status_code, machine.status_code) == (503, 503)
        assert page.headers["retry-after"] == machine.headers["retry-after"] == str(RETRY_AFTER_SECONDS)
        assert "One moment, please" in page.text
        assert machine.json()["title"] == "Service Unavailable"
        monkeypatch.setattr(link_pages, "PUBLISH_SECONDS_MAX", 30.0)
        assert (await door.client.post(url, data=ONE_CLICK)).status_code == 200
    events = await said_of(embedded, "m-away")
    assert len({event.id for event in events}) == 1

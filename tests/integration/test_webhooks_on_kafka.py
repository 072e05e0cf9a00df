"""Webhooks on the real Kafka: a receiver that is away, a process that ends in the middle, offsets that say what was taken."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from standardwebhooks import Webhook

from rapport.webhooks.delivering import gate
from rapport.webhooks.delivering.endpoints import Endpoint, Endpoints, add_endpoint, read_endpoints
from rapport.webhooks.delivering.failure import read_back
from rapport.webhooks.delivering.posting import posting
from rapport.webhooks.replay import replay
from rapport.webhooks.runner import Runners, offsets_of
from rapport.webhooks.status import status_of
from shared.contracts.topic_names import INVITES
from shared.runtime.ports.clock import SystemClock
from tests.e2e.outside import records_of
from tests.integration.shell_bed import (
    PARTITIONS,
    STALE,
    Bed,
    place,  # noqa: F401 - a fixture
    shell_bed,  # noqa: F401 - the fixture `bed`
    until,
    until_settled,
)

pytestmark = pytest.mark.deep


class Receiver:
    """Serves on loopback, at the same port each time, and keeps what it was posted and has taken."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self._server: asyncio.Server | None = None
        self.port = 0
        self.refused = 0
        self.takes = True
        self.bodies: list[dict[str, object]] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
                body = await reader.readexactly(int(headers["content-length"]))
                if self.takes:
                    event = self._webhook.verify(body, headers)
                    assert event["id"] == headers["webhook-id"]
                    self.bodies.append(event)
                self.refused += not self.takes
                writer.write(f"HTTP/1.1 {204 if self.takes else 503} x\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        writer.close()

    def ids(self) -> list[str]:
        return [str(event["id"]) for event in self.bodies]


async def _posts(bed: Bed, file: Path, stop: asyncio.Event) -> None:
    async with posting(SystemClock().now) as post:
        await Runners(bed.access, Endpoints(file), post, SystemClock().now).run(stop)


async def _on_the_log(bed: Bed) -> dict[str, list[str]]:
    """Return the ids of what *invites* has said since this test began, by member."""
    found: dict[str, list[str]] = defaultdict(list)
    for records in (await records_of(bed.access, [INVITES])).values():
        for record in records:
            headers = dict(record.headers)
            if (member := headers["ce_memberid"].decode()) in bed.names:
                found[member].append(headers["ce_id"].decode())
    return found


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "RETRY_SECONDS", (0.05, 0.2))


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("place", ["embedded"], indirect=True)
async def test_a_receiver_that_is_away_and_a_process_that_ends_lose_nothing(bed: Bed, tmp_path: Path) -> None:
    file = tmp_path / "webhooks.json"
    service = await bed.service()
    receiver = Receiver(endpoint_of(file, bed, "http://127.0.0.1:9/").secret)
    async with receiver.serving():
        replace_url(file, bed, receiver)
    await bed.say(*[event for member in bed.names for event in bed.sent(member)])
    bed.clock.advance_to(bed.start + STALE)
    await until_settled([service])
    wanted = await _on_the_log(bed)
    every = {identity for ids in wanted.values() for identity in ids}
    assert every

    first = asyncio.Event()
    async with asyncio.TaskGroup() as group:  # nobody is there, then somebody who refuses, then one who takes
        group.create_task(_posts(bed, file, first))
        await _until_it_fails(bed, file)
        async with receiver.serving():
            receiver.takes = False
            await until(lambda: receiver.refused > 0)
            receiver.takes = True
            await until(lambda: len(set(receiver.ids())) >= len(every) // 2)
        first.set()

    second = asyncio.Event()
    async with receiver.serving(), asyncio.TaskGroup() as group:
        group.create_task(_posts(bed, file, second))
        await until(lambda: set(receiver.ids()) >= every)
        await _until_all_is_committed(bed, file)
        second.set()

    assert set(receiver.ids()) == every, "nothing is posted that no service has said"
    order = list(dict.fromkeys(receiver.ids()))
    for ids in wanted.values():
        assert [one for one in order if one in set(ids)] == ids, "each member's events come in their order"

    again = len(receiver.bodies)
    async with receiver.serving(), posting(SystemClock().now) as post:
        endpoint = Endpoints(file).now()["own"]
        assert (await status_of(bed.access, endpoint)) == "own  0 records wait"
        count = await replay(bed.access, endpoint, post, bed.start, bed.names[0])
    assert [str(event["id"]) for event in receiver.bodies[again:]] == wanted[bed.names[0]]
    assert count == len(wanted[bed.names[0]])


def endpoint_of(file: Path, bed: Bed, url: str) -> Endpoint:
    return add_endpoint(file, "own", url, ["rapport.invite.*"], bed.start, private=True)


def replace_url(file: Path, bed: Bed, receiver: Receiver) -> None:
    """Point the endpoint at the port that the receiver has got."""
    content = json.loads(file.read_text("utf-8"))
    content["endpoints"][0]["url"] = f"http://127.0.0.1:{receiver.port}/"
    file.write_text(json.dumps(content), "utf-8")


async def _until_it_fails(bed: Bed, file: Path) -> None:
    """Wait until the failure is kept beside an offset."""
    async with asyncio.timeout(120):
        while not any(read_back(one.metadata) for one in (await _committed(bed, file)).values()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _committed(bed: Bed, file: Path) -> Mapping[TopicPartition, OffsetAndMetadata]:
    [endpoint] = read_endpoints(file)
    return await offsets_of(bed.access, endpoint, [TopicPartition(INVITES, number) for number in range(PARTITIONS)])


async def _until_all_is_committed(bed: Bed, file: Path) -> None:
    ends = {at: records[-1].offset for at, records in (await records_of(bed.access, [INVITES])).items() if records}
    async with asyncio.timeout(120):
        while True:
            committed = {(at.topic, at.partition): one for at, one in (await _committed(bed, file)).items()}
            if all(at in committed and committed[at].offset > end for at, end in ends.items()):
                assert not any(read_back(one.metadata) for one in committed.values()), "what was mended is forgotten"
                return
            await asyncio.sleep(0.1)

"""An agenda page of a member with a thousand things on it beside bare FastAPI routes that read the same bytes.

`python -m tests.bench.bench_agenda` prints requests a second of CPU of each, in turns, and the part that ours reaches.
All run in this process without a socket, on a store in memory. Each bare route has the same items loaded, those of the people
on the page, too, and answers with the same bytes: one reads them and no more, the other also decodes them, as any does that
looks at what it has read. Ours is asked twice: for a page that is composed, as when it is asked for first or has changed, and
for the same page again, when the store and the clock say that it holds.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import httpx
from fastapi import FastAPI
from fastapi.responses import Response
from starlette.types import ASGIApp

from services.gateway.api.access.keys import create_key
from services.gateway.api.answer_cache import AnswerCache, Kept
from services.gateway.api.app import application
from services.gateway.api.routes import reading
from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.followups import OPEN_MAX
from services.gateway.reading.view import AGENDA
from shared.contracts import Event
from shared.process.by_settings import tune_collector
from shared.process.logs import set_up_logs
from shared.runtime.processing.member.member_state import NOTES, PROFILE
from shared.runtime.reader import Reader
from tests.bench.bed import Runs
from tests.unit.services.gateway.api.api_bed import Log, pages, parts_of
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, due, planned, said, stored

FOLLOWUPS, MEETINGS, INVITES = OPEN_MAX, 300, 200
"""On the agenda: 1,000 in all. Of follow-ups there are never more than `OPEN_MAX`."""
LIMIT = 200
REQUESTS = 30
TURNS = 15
PATH = f"/v1/members/{MEMBER}/agenda"


def life() -> list[Event]:
    """Return what was said of the member."""
    ids = [f"i{n}" for n in range(INVITES)]
    asked = [
        {"invite_id": one, "contact": {"id": f"c{one}", "name": one}, "sent_at": "2026-01-01T00:00:00Z"} for one in ids
    ]
    return [
        said(-9, "member.joined", name="Ada", zone="Europe/Paris"),
        *(said(-9, "contact.connected", contact={"id": f"c{n}", "name": f"Zoé {n}"}) for n in range(FOLLOWUPS)),
        *(planned(1 + n % 300, f"contact/c{n}/thank/{n}") for n in range(FOLLOWUPS)),
        *(due(-1 - n % 20, f"contact/c{n}/thank/{n}") for n in range(0, FOLLOWUPS, 10)),
        *(said(-1, "followup.done", followup_id=f"contact/c{n}/other/{n}") for n in range(20)),
        *(
            said(-2, "meeting.scheduled", meeting_id=f"k{n}", contact_ids=[f"c{n}"], kind="lunch",
                 starts=f"2027-{1 + n % 12:02}-{1 + n // 12:02}T12:30", zone="Europe/Paris", minutes=60)
            for n in range(MEETINGS)
        ),
        *(said(-200, "invite.sent", invite_id=one, contact={"id": f"c{one}", "name": one}) for one in ids),
        said(-2, "invite.retraction_proposed", proposal_id="proposal/1", invites=asked, oldest_days=90, attempt=1),
    ]  # fmt: skip


def bare(read: Callable[[str], Awaitable[object]], body: bytes) -> FastAPI:
    """Return a route that reads what the agenda is made of, and answers with its bytes."""
    app = FastAPI()

    @app.get("/v1/members/{member}/agenda")
    async def agenda(member: str, limit: int = LIMIT) -> Response:
        await read(member)
        return Response(body, media_type="application/json")

    return app


async def per_second(client: httpx.AsyncClient) -> float:
    """Return requests a second of this process's CPU."""
    begun = time.process_time()
    for _ in range(REQUESTS):
        (await client.get(PATH, params={"limit": LIMIT})).raise_for_status()
    return REQUESTS / (time.process_time() - begun)


async def first_page(client: httpx.AsyncClient) -> bytes:
    """Return the page that is measured, of an agenda that has a thousand entries in all."""
    entries, after = 0, None
    while True:
        params = {"limit": LIMIT} | ({} if after is None else {"after": after})
        told = (await client.get(PATH, params=params)).raise_for_status()
        answer = told.json()
        entries += len(answer["entries"])
        if (after := answer.get("next")) is None:
            break
    if entries != FOLLOWUPS + MEETINGS + INVITES:
        raise AssertionError(f"{entries} entries")
    return (await client.get(PATH, params={"limit": LIMIT})).content


def client_of(app: ASGIApp, key: str) -> httpx.AsyncClient:
    """Return a client of an application."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://door", headers={"authorization": f"Bearer {key}"}
    )


async def main() -> None:
    """Measure in turns, and say so."""
    set_up_logs(logging.WARNING, "console")
    store = await stored(life())
    reader = Reader(PROJECTION, store, PARTITIONS)
    with tempfile.TemporaryDirectory() as folder:
        keys, clock = Path(folder) / "keys.json", [0.0]
        _, key = create_key(keys, "bench", ("read",), NOW)
        parts = replace(parts_of(keys, Log(), clock), members=reader, now=lambda: NOW, monotonic=time.monotonic)
        with patch.object(reading, "AnswerCache", Forgetful):
            composing = application(pages, parts)
        async with client_of(composing, key) as first, client_of(application(pages, parts), key) as again:
            body = await first_page(again)
            if body != await first_page(first):
                raise AssertionError("a page that is kept is another one")
            read = [*AGENDA, *{f"c/{one['who']['id']}": None for one in json.loads(body)["entries"]}]
            wanted, partition = {MEMBER: [PROFILE, NOTES, *read]}, reader.partition_of(MEMBER)
            by_bytes = bare(lambda _: store.load(partition, wanted), body)
            decoded = bare(lambda member: reader.read(member, lambda view: view.all_of(read)), body)
            async with client_of(by_bytes, key) as bytes_alone, client_of(decoded, key) as with_decoding:
                tune_collector()
                sys.stdout.write(f"agenda of 1,000, {LIMIT} a page ({len(body):,} bytes), requests a second of CPU\n")
                await compare(
                    {"composed": first, "again": again},
                    {
                        "bare route that reads the same bytes": bytes_alone,
                        "bare route that decodes them, too": with_decoding,
                    },
                )


class Forgetful(AnswerCache):
    """Does all that a cache does for a page, and lets it go at once."""

    def keep(self, asked: Hashable, kept: Kept) -> None:
        super().keep(asked, kept)
        self.drop(asked)


async def compare(ours: dict[str, httpx.AsyncClient], others: dict[str, httpx.AsyncClient]) -> None:
    """Measure each in its turn, and print the figures, those of ours with the part that they reach of each other."""
    runs = {name: Runs() for name in (*ours, *others)}
    parts = {(mine, other): Runs() for mine in ours for other in others}
    for _ in range(TURNS):
        for name, client in (ours | others).items():
            runs[name].add(await per_second(client))
        for (mine, other), run in parts.items():
            run.add(100 * runs[mine].values[-1] / runs[other].values[-1])
    for name, run in runs.items():
        sys.stdout.write(f"{name}: {run.shown()}\n")
    for (mine, other), run in parts.items():
        sys.stdout.write(f"{mine}, part of a {other}, %: {run.shown()}\n")


if __name__ == "__main__":
    asyncio.run(main())

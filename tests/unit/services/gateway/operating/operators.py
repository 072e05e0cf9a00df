"""The operators' page in memory: a system that tells what it is given to tell, a file of keys, and a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx

from services.gateway.api.access.identity import Identity
from services.gateway.api.access.keys import ApiKeys, Scope, create_key
from services.gateway.api.access.tokens import MemberTokens
from services.gateway.operating.entry import OperatorDeps
from services.gateway.operating.routes import OperatorPages
from services.gateway.port import (
    Checked,
    ItemHistory,
    LetterInFull,
    LetterLine,
    ParkedLine,
    PartitionStatus,
    Replayed,
    ServiceStatus,
    Worker,
)
from shared.links import LinkKeys

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SECRET = "only-for-tests-and-for-nothing-else"
PLACE = "rapport.activity.v1/3/17"
PARKED = "invites/rapport.invites.v1/7/815"


@dataclass
class System:
    """Tells of one service, one dead letter, one parked item; `words` stand wherever a record's words do."""

    words: str = "data.invite_id: must be a text"
    acts: list[tuple[str, str]] = field(default_factory=list)
    """What it was asked to do."""
    fails: Exception | None = None
    history: ItemHistory | None = None
    """Of an item; None: one with steps."""
    letters_found: int = 101

    async def services(self) -> Sequence[ServiceStatus]:
        self._state_error()
        worker = Worker(
            "host/1/ab", 2, 1, (self.words,), 3, {"timers": 1_234, "mails_failed": 2}, (1.5, 9.25), (0.5, 2.0)
        )
        partitions = (
            PartitionStatus(0, ("host/1/ab",), recovered=True, lag=12_345, due=7, late_seconds=7_300.0),
            PartitionStatus(1, ()),
        )
        return [ServiceStatus("invites", (worker,), partitions), ServiceStatus("digest", (), ())]

    async def checks(self) -> Sequence[Checked]:
        self._state_error()
        return [Checked("kafka", ok=True, says="answers"), Checked("store", ok=False, says=self.words, way_out="look")]

    async def letters(self) -> tuple[Sequence[LetterLine], int, int]:
        self._state_error()
        return [self._line()], self.letters_found, 2_000 if self.letters_found == 2_000 else 0

    async def letter(self, place: str) -> LetterInFull | None:
        self._state_error()
        rows = (("key", self.words), (self.words, self.words), ("value", self.words))
        return LetterInFull(self._line(), self.words, rows) if place == PLACE else None

    async def replay_letters(self, places: Sequence[str]) -> Replayed:
        self.acts += [("replay", place) for place in places]
        return Replayed((), tuple((f"followups/{place}", self.words) for place in places))

    async def discard_letters(self, places: Sequence[str]) -> int:
        self.acts += [("discard", place) for place in places]
        return len(places)

    async def parked(self) -> tuple[Sequence[ParkedLine], int]:
        self._state_error()
        return [ParkedLine(PARKED, NOW, self.words, self.words, self.words)], 2_000

    async def replay_parked(self, identity: str) -> Replayed:
        self.acts.append(("try", identity))
        return Replayed((identity,))

    async def why(self, member: str, item: str) -> ItemHistory:
        self._state_error()
        if self.history is not None:
            return self.history
        return ItemHistory((self.words, f"asked of {member}, {item}"), 5, (self.words,), 1, (self.words,), self.words)

    def _line(self) -> LetterLine:
        return LetterLine(PLACE, NOW, self.words, ("followups", "invites"), self.words)

    def _state_error(self) -> None:
        if self.fails is not None:
            raise self.fails


@dataclass
class Desk:
    """A browser on the operators' page, with its cookies."""

    system: System
    file: Path
    keys: LinkKeys
    clock: list[datetime]
    client: httpx.AsyncClient = field(init=False)
    page: httpx.Response = field(init=False)

    def key(self, *scopes: Scope) -> str:
        return create_key(self.file, "/".join(scopes), scopes, NOW)[1]

    async def enter(self, key: str) -> httpx.Response:
        self.page = await self.post("/operate/enter", {"key": key}, follow=True)
        return self.page

    async def get(self, path: str) -> httpx.Response:
        self.page = await self.client.get(path)
        return self.page

    @property
    def mark(self) -> str:
        found: list[str] = re.findall(r'name="mark" value="([^"]+)"', self.page.text)
        return found[0]

    async def press(self, path: str, **fields: str) -> httpx.Response:
        self.page = await self.post(path, {"mark": self.mark, **fields})
        return self.page

    async def post(self, path: str, fields: dict[str, str], *, follow: bool = False, **headers: str) -> httpx.Response:
        sends = {"content-type": "application/x-www-form-urlencoded"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.client.post(path, content=urlencode(fields), headers=sends, follow_redirects=follow)


def deps_of(system: System, file: Path, clock: list[datetime], base: str) -> OperatorDeps:
    keys = ApiKeys(file)
    identity = Identity(keys, MemberTokens([SECRET]), lambda: clock[0])
    return OperatorDeps(system, LinkKeys([SECRET]), identity, keys.scopes_of, lambda: clock[0], lambda: 0.0, base)


@asynccontextmanager
async def desk(folder: Path, system: System | None = None, base: str = "http://pages") -> AsyncIterator[Desk]:
    """Open the page in a browser without cookies."""
    told, file, clock = system or System(), folder / "keys.json", [NOW]
    deps = deps_of(told, file, clock, base)
    opened = Desk(told, file, deps.keys, clock)
    transport = httpx.ASGITransport(OperatorPages(deps).app(), raise_app_exceptions=False)
    host = "/".join(base.split("/", 3)[:3])
    async with httpx.AsyncClient(transport=transport, base_url=host) as opened.client:
        yield opened

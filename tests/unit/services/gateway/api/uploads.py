"""Imports in memory: what is kept of them, and the API with them."""

from __future__ import annotations

import asyncio
import io
import tempfile
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from services.gateway.api.app import application
from services.gateway.api.importing.apart import content, frames
from services.gateway.api.importing.apart.frames import Answer, Content, Order, Progress, Refused
from services.gateway.api.importing.work import Imports
from services.gateway.personal.visits import Deps
from shared.contracts import Event
from shared.importing.existing.activity import Existing, existing_of
from shared.importing.refusals import ArchiveError
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.redis.uploads import NOTHING, Changed, NoRoom
from tests.unit.services.gateway.api.api_bed import NOW, Api, Log, pages, parts_of

CONNECTIONS = (
    "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
    "Zoé,Moreau,https://www.linkedin.com/in/zoe-moreau,,Luna,Baker,12 Mar 2026\n"
    "Ben,Okafor,https://www.linkedin.com/in/ben-okafor,,,,not a day\n"
    "Mei,Tanaka,https://www.linkedin.com/in/mei-tanaka,,,,14 Mar 2026\n"
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nX-WR-CALNAME:ada@example.com\r\nBEGIN:VEVENT\r\n"
    "UID:lunch-1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261126T113000Z\r\nDTEND:20261126T123000Z\r\nSUMMARY:Lunch\r\n"
    "ORGANIZER:mailto:ada@example.com\r\nATTENDEE;CN=Zoé Moreau;PARTSTAT=ACCEPTED:mailto:zoe@example.com\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
ZONE = "Asia/Tokyo"
"""Of the member's own clocks."""
BOOK = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé Moreau\r\nEMAIL:zoe@example.com\r\nBDAY:--0517\r\nEND:VCARD\r\n"
    "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ben Okafor\r\nBDAY:never\r\nEND:VCARD\r\n"
)


def archive(**files: str) -> bytes:
    """Return a zip of such files; without any, of connections."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, text in (files or {"Connections": CONNECTIONS}).items():
            made.writestr(f"{name}.csv", text)
    return packed.getvalue()


@dataclass
class KeptInMemory:
    """Keeps imports as the store does; `full` and `fails` make it refuse."""

    kept: dict[str, dict[str, bytes]] = field(default_factory=dict)
    full: bool = False
    fails: bool = False
    noted: list[bytes] = field(default_factory=list)

    def _ask(self) -> None:
        if self.fails:
            raise Uncertain("store: TimeoutError")

    async def begin(self, member: str, identity: str, status: bytes) -> bool:
        self._ask()
        if not self.full:
            self.kept[member] = {"id": identity.encode(), "status": status}
        return not self.full

    async def note(
        self, member: str, identity: str, status: bytes, events: bytes | None = None, instead_of: bytes = b""
    ) -> bool:
        self._ask()
        found = self.kept.get(member, {})
        if found.get("id") != identity.encode():
            return False
        if instead_of and found["status"] != instead_of:
            raise Changed
        if self.full and events not in (None, NOTHING):
            raise NoRoom
        self.noted.append(status)
        found["status"] = status
        if events is not None:
            found["events"] = events
        return True

    async def status(self, member: str) -> bytes | None:
        self._ask()
        return self.kept.get(member, {}).get("status")

    async def events(self, member: str, identity: str) -> bytes | None:
        self._ask()
        found = self.kept.get(member, {})
        return found.get("events") if found.get("id") == identity.encode() else None

    async def drop(self, member: str, identity: str = "") -> None:
        self._ask()
        if not identity or self.kept.get(member, {}).get("id") == identity.encode():
            self.kept.pop(member, None)


@dataclass
class Uploading:
    """An API that takes uploads, and what a test asks of it."""

    api: Api
    imports: Imports
    keeper: KeptInMemory
    headers: dict[str, str]
    told: list[Event] = field(default_factory=list)
    incarnation: list[int] = field(default_factory=lambda: [1])

    async def upload(
        self, content: bytes | str, file: str = "export.zip", *, look: bool = False, **more: str
    ) -> httpx.Response:
        body = content.encode() if isinstance(content, str) else content
        given: Any = {"files": {"file": (file, body)}, "data": more} if file else {"content": body}
        answer = await self.api.client.post(
            "/v1/members/ada/imports", params={"look": "true"} if look else {}, headers=self.headers, **given
        )
        if answer.status_code == 202:
            await self.imports.settled(answer.json()["id"], 30)
        return answer

    async def status(self, identity: str) -> dict[str, Any]:
        answer = await self.api.client.get(f"/v1/members/ada/imports/{identity}", headers=self.headers)
        return dict(answer.json())

    async def settled(self, answer: httpx.Response) -> dict[str, Any]:
        """Return how an import stands that was just uploaded."""
        assert answer.status_code == 202, answer.text
        return await self.status(answer.json()["id"])


def imports_of(uploading_to: Api, keeper: KeptInMemory, told: list[Event], incarnation: list[int]) -> Imports:
    async def known(member: str) -> Existing:
        return existing_of(told)

    async def which(member: str) -> int:
        return incarnation[0]

    async def no_pause(_: float) -> None:
        return None

    async def zone(_: str) -> str:
        return ZONE

    return Imports(keeper, uploading_to.parts.outbox, known, which, lambda: NOW, no_pause, read_here, zone)


def imports_for(deps: Deps) -> Imports:
    """Return the imports of a member of whom nothing was told before."""

    async def known(_: str) -> Existing:
        return Existing()

    async def incarnation(_: str) -> int:
        return 0

    return Imports(KeptInMemory(), deps.outbox, known, incarnation, deps.now, reads=read_here)


async def read_here(
    order: Order, known: Callable[[], Awaitable[Existing]], progress: Callable[[int, int], None]
) -> Content:
    """Read a file in a thread, as its process does: to start one takes a second (`test_api_imports_apart` does)."""
    loop, answers = asyncio.get_running_loop(), list[Answer]()

    async def asked() -> Existing:
        return await known()

    await asyncio.to_thread(
        content.answer,
        order,
        lambda: asyncio.run_coroutine_threadsafe(asked(), loop).result(),
        lambda made: answers.append(frames.answer_in(frames.framed(made)[frames.LENGTH_BYTES :])),
    )
    for made in answers:
        if isinstance(made, Progress):
            progress(made.done, made.total)
    if isinstance(made, Refused):
        raise ArchiveError(made.reason)
    assert isinstance(made, Content)
    return made


class Current:
    """The imports of the test that runs: to make an API for each takes a second."""

    now: Imports

    def __getattr__(self, name: str) -> object:
        return getattr(self.now, name)


@cache
def shared() -> tuple[Api, Current]:
    folder, current, log, clock = Path(tempfile.mkdtemp(prefix="rapport-api-")), Current(), Log(), [0.0]
    parts = replace(parts_of(folder / "keys.json", log, clock), imports=current)  # type: ignore[arg-type]
    return Api(folder / "keys.json", log, application(pages, parts), parts, clock), current


@asynccontextmanager
async def uploading() -> AsyncIterator[Uploading]:
    made, current = shared()
    made.keys.unlink(missing_ok=True)
    made.log.events.clear()
    keeper, known, incarnation = KeptInMemory(), list[Event](), [1]
    imports = current.now = imports_of(made, keeper, known, incarnation)
    transport = httpx.ASGITransport(made.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as made.client:
        yield Uploading(made, imports, keeper, made.key("act"), known, incarnation)
    await imports.stop()


def is_empty(folder: Path) -> bool:
    """Say whether nothing is left in the folder for what is temporary."""
    return not list(folder.iterdir())

"""`GET /v1/members/{member}/stream`: what changes for a member, the moment it does, as server-sent events.

A stream begins with `reset`, the agenda as it is, and goes on with each event of *followups* and *invites* about the member.
The id of each says up to where the topics were told. Who comes back with it in `Last-Event-ID` is told what follows, each
event once, by whichever process answers; where that is not known any more, `reset` comes again. What the agenda knows already
is not told after it: the projection's cursors and the numbers of services say what that is.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.gateway.api.access.principals import Authenticate, Principal, credentials, needs
from services.gateway.api.limits import RETRY_AFTER_SECONDS
from services.gateway.api.parts import Parts
from services.gateway.api.paths import MemberId
from services.gateway.api.problems import Problem, later
from services.gateway.api.routes.reading import members_of, problems
from services.gateway.api.stream.recent import TOPICS, NextOffsets, after
from services.gateway.api.stream.streams import Stream, Streams
from services.gateway.reading import agenda
from services.gateway.reading.forms import rows
from services.gateway.reading.forms.pages import LIMIT_MAX
from services.gateway.reading.view import ProjectionView, findings, followups
from shared.contracts import AboutFollowup, AboutRule, Event, InviteFinding, InviteRetractionProposed
from shared.contracts.cloudevents.codec import Unreadable, decode
from shared.contracts.cloudevents.structured import to_json
from shared.runtime.ports.instants import for_people
from shared.runtime.ports.interfaces import Record, Uncertain
from shared.runtime.reader import AnswerWithOffsets, UnknownMember
from shared.runtime.web.http_server import LONG

HEARTBEAT_SECONDS: Final = 15.0
"""Between two signs of life; proxies end what is silent for a minute. With each, who asks is looked at again."""
STREAM_SECONDS_MAX: Final = 3_600.0
"""Then a stream ends, and its client takes up again: where a process goes away, streams come to others in time."""
RETRY_MS: Final = 2_000
"""How long a client waits before it takes up again."""
MEDIA_TYPE: Final = "text/event-stream"
RESET: Final = "reset"
_ID: Final = re.compile(r"([0-9a-f]{8})" + r"\.([0-9]{1,19})" * len(TOPICS), re.ASCII)
_STREAMED: Final = (AboutFollowup, AboutRule, InviteFinding, InviteRetractionProposed)
May = Annotated[Principal, needs("read")]
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="The last `id` that was read: what follows it is told.")
]
EXAMPLE: Final = (
    'id: 5f0c1d7e.1041.87\nevent: reset\ndata: {"entries":[]}\n\n'
    'id: 5f0c1d7e.1042.87\nevent: rapport.followup.due\ndata: {"specversion":"1.0","type":"rapport.followup.due", ...}\n\n'
)
STREAMED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Events until either side ends it: `reset` with `MemberAgenda`, all others with a CloudEvent.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": EXAMPLE}},
    },
    404: {"description": "Nothing is known of the member."},
}


def router(parts: Parts) -> APIRouter:
    """Return the route."""
    made = APIRouter(tags=["reading"], prefix="/members/{member}")

    @made.get("/stream", response_class=Response, responses=STREAMED)
    async def stream_changes(principal: May, member: MemberId, request: Request, last: LastEventId = None) -> Response:
        """What changes for a member, the moment it does, as server-sent events."""
        if (streams := parts.streams) is None:
            raise later(RETRY_AFTER_SECONDS, "there is nothing here to hear of changes from")
        members_of(parts)
        opened = streams.enter(principal.key, member)
        try:
            begun = await _beginning(parts, streams, opened, last)
        except BaseException:
            opened.leave()
            raise
        key = credentials(request.headers["authorization"].encode("latin-1"))
        incarnation = begun[0].incarnation

        async def may() -> bool:
            return _may_still(parts.authenticate, key) and await _is_there(parts, member, incarnation)

        return EventStream(streams, opened, *begun, may)

    return made


class EventFrames:
    """Makes events of records, and knows up to where a stream has been told the topics."""

    __slots__ = ("_skips", "_stamp", "incarnation", "offsets", "over")

    def __init__(
        self,
        stamp: str,
        offsets: NextOffsets,
        incarnation: int = 0,
        skips: Callable[[Event], bool] = lambda event: False,
    ) -> None:
        """Tell of one incarnation of the member; `skips` says what is of an earlier one."""
        self._stamp, self.incarnation, self._skips = stamp_of(stamp, incarnation), incarnation, skips
        self.offsets = offsets
        self.over = False
        """Whether the member was erased: something was said of a later incarnation."""

    def of(self, records: Iterable[Record]) -> bytes:
        """Return the records that are told of, and come to stand behind all of them."""
        frames = bytearray()
        for record in records:
            self.offsets = after(self.offsets, record)
            event = event_in(record)
            if event is None or self._skips(event):
                continue
            self.over = self.over or event.incarnation > self.incarnation
            if not self.over:
                frames += self.frame(event.data.TYPE, json.dumps(to_json(event), ensure_ascii=False))
        return bytes(frames)

    def frame(self, name: str, data: str) -> bytes:
        """Return an event; `data` is JSON on one line."""
        return f"{self._id()}event: {name}\ndata: {data}\n\n".encode()

    def beat(self, offsets: NextOffsets) -> bytes:
        """Return a sign of life, and come to stand at `offsets`: an id without data moves a browser's `Last-Event-ID`."""
        self.offsets = offsets
        return f":\n{self._id()}\n".encode()

    def _id(self) -> str:
        return f"id: {self._stamp}.{'.'.join(map(str, self.offsets))}\n"


def stamp_of(topics: str, incarnation: int) -> str:
    """Return what ids begin with: those of other topics, and of before an erasure, mean nothing here."""
    return hashlib.sha256(f"{topics}.{incarnation}".encode()).hexdigest()[: len(topics)] if incarnation else topics


Begun = tuple[EventFrames, int, bytes]
"""What tells on, the member's partition, and what is told first."""


async def _beginning(parts: Parts, streams: Streams, opened: Stream, last: str | None) -> Begun:
    """Return what a stream begins with. What waits for it then follows without a gap."""
    members, member = members_of(parts), opened.member
    partition = members.partition_of(member)

    def question(view: ProjectionView) -> tuple[rows.MemberAgenda[str], tuple[int, ...]]:
        return agenda.as_text(view, parts.now(), limit=LIMIT_MAX), (followups(view).number, findings(view).number)

    await streams.ready()
    with problems():
        answered = await members.read_with_offsets(member, question)
    offsets = _offsets_of(last, stamp_of(streams.stamp, answered.incarnation))
    missed = None if offsets is None else streams.recent.since(partition, offsets, member.encode())
    if offsets is not None and missed is not None:
        opened.take()
        frames = EventFrames(streams.stamp, offsets, answered.incarnation, answered.skips)
        return frames, partition, _retry() + frames.of(missed)
    return await _anew(streams, opened, partition, answered)


async def _anew(
    streams: Streams,
    opened: Stream,
    partition: int,
    answered: AnswerWithOffsets[tuple[rows.MemberAgenda[str], tuple[int, ...]]],
) -> Begun:
    """Return the agenda, and what was said since the state that it was made of."""
    shown, numbered = answered.answer
    await streams.until(partition, tuple(answered.reached[topic] for topic in TOPICS))
    since = tuple(answered.applied[topic] for topic in TOPICS)
    records = streams.recent.since(partition, since, opened.member.encode())
    if records is None:
        raise later(RETRY_AFTER_SECONDS, "the agenda is not brought up to now yet")
    opened.take()
    numbers = dict(zip(TOPICS, numbered, strict=True))

    def is_new(record: Record) -> bool:
        event = event_in(record)
        return event is not None and (event.number or 0) > numbers[record.topic] and not answered.skips(event)

    new = [one for one in records if is_new(one)]
    ends = dict(zip(TOPICS, streams.recent.end(partition), strict=True))
    for one in reversed(new):
        ends[one.topic] = one.offset
    offsets = tuple(ends[topic] for topic in TOPICS)
    frames = EventFrames(streams.stamp, offsets, answered.incarnation, answered.skips)
    return (
        frames,
        partition,
        _retry() + frames.frame(RESET, rows.encoded(shown).decode()) + frames.of(new),
    )


def event_in(record: Record) -> Event | None:
    """Return the event that a record holds, where streams tell of its kind."""
    try:
        event = decode(record.key, record.value, record.headers, for_people(record.logged_ms), record.topic)
    except Unreadable:
        return None
    return event if event is not None and isinstance(event.data, _STREAMED) else None


def _offsets_of(last: str | None, stamp: str) -> NextOffsets | None:
    """Return the offsets that an id names; None where it is none of these topics."""
    match = _ID.fullmatch(last or "")
    return tuple(map(int, match.groups()[1:])) if match is not None and match[1] == stamp else None


def _retry() -> bytes:
    return f"retry: {RETRY_MS}\n\n".encode()


def _may_still(authenticate: Authenticate, key: str) -> bool:
    try:
        return "read" in authenticate(key).scopes
    except Problem as problem:
        return problem.status != HTTPStatus.UNAUTHORIZED


async def _is_there(parts: Parts, member: str, incarnation: int) -> bool:
    """Tell whether the member was not erased meanwhile; where the store does not say, they are taken to be there."""
    try:
        return (await members_of(parts).read_with_offsets(member, lambda view: None)).incarnation == incarnation
    except UnknownMember:
        return False
    except Uncertain:
        return True


StillMay: TypeAlias = Callable[[], Awaitable[bool]]


class EventStream(Response):
    """An answer that goes on until its client goes, its key or token ends, the member is erased, or the process stops."""

    def __init__(
        self, streams: Streams, opened: Stream, frames: EventFrames, partition: int, first: bytes, may: StillMay
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"}, media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._streams, self._opened, self._frames = streams, opened, frames
        self._partition, self._first, self._may = partition, first, may

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        gone = asyncio.create_task(_gone(receive))
        gone.add_done_callback(self._end)
        try:
            scope.get("extensions", {}).get(LONG, lambda: None)()
            await send({"type": "http.response.start", "status": HTTPStatus.OK.value, "headers": self.raw_headers})
            await self._tell(send)
        finally:
            self._opened.leave()
            gone.cancel()

    def _end(self, gone: asyncio.Task[None]) -> None:
        if not gone.cancelled():
            gone.exception()  # what keeps the rest of a request from coming ends it like any other end
        self._opened.end()

    async def _tell(self, send: Send) -> None:
        clock = asyncio.get_running_loop().time
        until, look, part, self._first = clock() + STREAM_SECONDS_MAX, clock() + HEARTBEAT_SECONDS, self._first, b""
        while True:
            if part:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await self._opened.wait(HEARTBEAT_SECONDS)
            if self._opened.ended or clock() >= until:
                break
            if clock() >= look:
                if not await self._may():
                    break
                look = clock() + HEARTBEAT_SECONDS
            records = self._opened.take()
            part = self._frames.of(records)
            if self._frames.over:
                break
            if not records:
                part = self._frames.beat(self._streams.recent.end(self._partition))
        await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""The store on Redis, Valkey or a Redis Cluster: all keys of a partition share one hash tag, each call is one script.

Under the prefix `{<service>:<partition>}`:

- `:meta` is a hash (head: the fencing token, owner, number, own_end, checkpoint, off:<topic>, ...);
- `:m:<member>` is a hash of all that is known of a member: the profile under "", the shell's notes under "!", and the
  items by name (`shared.stored.item_names`). Small fields of one hash lie side by side in memory: a third of what a key of
  its own costs each;
- `:l:<member>` is a hash of those of them whose values are long, so that the others stay small;
- `:w:<member>` is a sorted set of the member's items by the instant of their wake (ms since 1970);
- `:w` is a sorted set of all members by their earliest wake, +inf for none: the wake index, and the list of members;
- `:s` is the set of members that owe a sweep.

It promises that a commit is all or nothing and never runs twice. No call is ever retried: a commit whose reply was lost
would meet its own fencing token and call itself fenced. So every error and every timeout is `Uncertain`, and nothing else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import msgpack
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError, ResponseError

from shared.config.redis_address import redis_address
from shared.runtime.ports.errors import UncertainKind
from shared.runtime.ports.interfaces import Changes, Loaded, Uncertain
from shared.runtime.ports.limits import SWEEP_PAGE_KEYS_MAX, SWEEP_PAGE_MEMBERS_MAX
from shared.runtime.redis.cluster import ClusterClient
from shared.runtime.redis.rows import row_of
from shared.runtime.redis.scripts import ACQUIRE, COMMIT, DUE, KEYS, LOAD, TIMERS, WIPE, Script
from shared.stored.item_names import key_of, stored_name

CONNECTIONS_MAX = 48
"""Of one process to the store: 32 recoveries at once, and some for the owners that are live. Who finds none free waits."""
CONNECT_SECONDS_MAX = 2.0
REPLY_SECONDS_MAX = 5.0
"""For one reply, and for a free connection. No script of ours takes a tenth of it."""
WIPE_MEMBERS_MAX = 500
"""Members that one call deletes when a partition is wiped: bounds each Lua call."""

Client = Redis | ClusterClient
T = TypeVar("T")


def connect(url: str, *, reply_seconds: float = REPLY_SECONDS_MAX) -> Client:
    """Return a client for a URL (see `shared.config.redis_address`) that never retries; it connects when it is first used."""
    address = redis_address(url)
    settings: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS_MAX,
        "socket_timeout": reply_seconds,
        "protocol": 2,  # the same replies from every server, and no messages that nobody asked for
        "decode_responses": False,
    }
    if address.cluster:
        return ClusterClient(address, CONNECTIONS_MAX, reply_seconds, **settings)
    pool = BlockingConnectionPool.from_url(
        url, max_connections=CONNECTIONS_MAX, timeout=reply_seconds, retry=Retry(NoBackoff(), 0), **settings
    )
    return Redis.from_pool(pool)


class RedisStore:
    """What one service knows, in Redis. The `Store` of `shared.runtime.ports.interfaces`."""

    def __init__(self, client: Client, service: str) -> None:
        """Keep the state of `service` through `client`, which must not retry (see `connect`)."""
        if not re.fullmatch(r"[a-z0-9_-]{1,64}", service):
            raise ValueError("service: expected 1 to 64 of a-z, 0-9, _ and -, as it is part of every key")
        self._client = client
        self._service = service
        self._writing: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Wait for the writes that are under way, then close the connections."""
        if self._writing:
            await asyncio.wait(self._writing)
        await self._client.aclose()

    async def meta(self, partition: int) -> Mapping[str, str]:
        """Read the partition's meta. `wiping` in it: what is stored is being deleted."""
        flat: Mapping[bytes, bytes] = await self._ask("HGETALL", self._key(partition, "meta"))
        return {name.decode(): value.decode() for name, value in flat.items()}

    async def fencing_token(self, partition: int) -> str:
        """Read the partition's fencing token alone: empty if new."""
        found: bytes | None = await self._ask("HGET", self._key(partition, "meta"), "head")
        return "" if found is None else found.decode()

    async def acquire(self, partition: int, fencing_token: str, owner: str) -> Mapping[str, str]:
        """Write a new fencing token and return the meta that stands there. A wipe that did not end is ended first."""
        return await self._to_the_end(self._acquire(partition, fencing_token, owner))

    async def load(self, partition: int, wanted: Mapping[str, Sequence[str]]) -> Loaded:
        """Load items and the fencing token, in one atomic step."""
        rows = [[member, *map(stored_name, keys)] for member, keys in wanted.items()]
        fencing_token, *values = _unpacked(await self._run(LOAD, partition, _packed(rows)))
        return Loaded(
            fencing_token.decode(),
            {
                member: {key: None if value is False else value for key, value in zip(keys, found, strict=True)}
                for (member, keys), found in zip(wanted.items(), values, strict=True)
            },
        )

    async def due(self, partition: int, at_ms: int, members_max: int, items_max: int) -> list[tuple[int, str, str]]:
        """Return (wake, member, key) of at most `items_max` due items, from the members whose earliest is earliest."""
        flat = _unpacked(await self._run(DUE, partition, at_ms, members_max, items_max))
        return [
            (int(wake), member.decode(), key_of(key))
            for member, wakes in zip(flat[::2], flat[1::2], strict=True)
            for key, wake in zip(wakes[::2], wakes[1::2], strict=True)
        ]

    async def commit(self, partition: int, expected: str, fencing_token: str, changes: Changes) -> int | None:
        """Write `changes` and the new `fencing_token` if the stored one is `expected`, else raise `Uncertain`.

        A call that is cancelled goes on: the server may have it already. A wipe of the partition that dies half-way
        leaves it empty, under `fencing_token`.
        """
        rows = [row_of(member, change) for member, change in changes.members.items()]
        packed = _packed([[part for pair in changes.meta.items() for part in pair], rows])
        return await self._to_the_end(self._commit(partition, expected, fencing_token, packed, wipe=changes.wipe))

    async def earliest(self, partition: int) -> int | None:
        """Return the partition's earliest wake in ms, or None."""
        index = self._key(partition, "w")
        found = await self._ask("ZRANGEBYSCORE", index, "-inf", "(+inf", "WITHSCORES", "LIMIT", 0, 1)
        return int(found[1]) if found else None

    async def sweeps(self, partition: int, members_max: int) -> list[str]:
        """Return members that owe a sweep."""
        return sorted(
            member.decode() for member in await self._ask("SRANDMEMBER", self._key(partition, "s"), members_max)
        )

    async def members(self, partition: int) -> list[str]:
        """Return the ids of all members of the partition, sorted.

        They are asked in pages: who is there all the while is among them, who comes or goes meanwhile may be.
        """
        index, cursor, found = self._key(partition, "w"), 0, set[bytes]()
        while True:
            cursor, page = await self._ask("ZSCAN", index, cursor, "COUNT", SWEEP_PAGE_MEMBERS_MAX)
            found.update(member for member, _ in page)
            if int(cursor) == 0:
                return sorted(member.decode() for member in found)

    async def keys(self, partition: int, members: Sequence[str]) -> dict[str, list[str]]:
        """Return the keys of all items, without "" and "!", sorted: the first member's, and of those after as fill a page.

        They are asked in pages, as `members` are. What is there all the while is among them.
        """
        found: dict[str, set[str]] = {member: set() for member in members}
        left: dict[str, bytes | str] = dict.fromkeys(members, "0")
        while members and members[0] in left:
            pages = _unpacked(await self._run(KEYS, partition, _packed(list(left.items())), SWEEP_PAGE_KEYS_MAX))
            for member, (cursor, page) in zip(left, pages, strict=False):  # page by page: others take turns
                found[member].update(key_of(name) for name in page if name not in (b"", b"!"))
                left[member] = cursor
            left = {member: cursor for member, cursor in left.items() if cursor != b"0"}
        return {member: sorted(keys) for member, keys in found.items() if member not in left}

    async def timers(self, partition: int, member: str) -> dict[str, int]:
        """Return the instants in ms of the wakes of the member's items.

        They are asked in pages by rank: all of them are there where nobody writes meanwhile.
        """
        found: dict[str, int] = {}
        first, page = 0, None
        while page is None or len(page) == 2 * SWEEP_PAGE_KEYS_MAX:
            page = _unpacked(await self._run(TIMERS, partition, member, first, SWEEP_PAGE_KEYS_MAX))
            found |= {key_of(key): int(wake) for key, wake in zip(page[::2], page[1::2], strict=True)}
            first += SWEEP_PAGE_KEYS_MAX
        return found

    async def wakes(self, partition: int, member: str, wakes_max: int | None) -> list[tuple[int, str]]:
        """Return (wake in ms, key) of the member's next wakes, the earliest first; with None all.

        For people: nothing decides by it.
        """
        last = -1 if wakes_max is None else wakes_max - 1
        flat = await self._ask("ZRANGE", self._key(partition, f"w:{member}"), 0, last, "WITHSCORES")
        return [(int(wake), key_of(key)) for key, wake in zip(flat[::2], flat[1::2], strict=True)]

    async def _acquire(self, partition: int, fencing_token: str, owner: str) -> Mapping[str, str]:
        flat = [part.decode() for part in await self._run(ACQUIRE, partition, fencing_token, owner)]
        meta = dict(zip(flat[::2], flat[1::2], strict=True))
        if meta.pop("wiping", None):
            await self._wipe_on(partition, fencing_token)
        return meta

    async def _commit(
        self, partition: int, expected: str, fencing_token: str, packed: bytes, *, wipe: bool
    ) -> int | None:
        if wipe:
            left = await self._run(WIPE, partition, expected, fencing_token, WIPE_MEMBERS_MAX, 1)
            if left:
                await self._wipe_on(partition, fencing_token)
            expected = fencing_token
        earliest = await self._run(COMMIT, partition, expected, fencing_token, packed)
        return None if earliest is None else int(earliest)

    async def _wipe_on(self, partition: int, fencing_token: str) -> None:
        # It ends: each page deletes members, and nobody else can add one under this fencing token.
        while await self._run(WIPE, partition, fencing_token, fencing_token, WIPE_MEMBERS_MAX, 0):
            pass

    async def _to_the_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        self._writing.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it may be gone: nobody else looks at it then

    async def _run(self, script: Script, partition: int, *arguments: str | int | bytes) -> Any:
        meta = self._key(partition, "meta")
        try:
            return await self._execute("EVALSHA", script.sha, 1, meta, *arguments)
        except NoScriptError:
            # The server has not run it: it was restarted, or its scripts were flushed.
            return await self._ask("EVAL", script.text, 1, meta, *arguments)

    async def _ask(self, *command: str | int | bytes) -> Any:
        try:
            return await self._execute(*command)
        except NoScriptError as error:
            raise _uncertain(error) from error

    async def _execute(self, *command: str | int | bytes) -> Any:
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py
        except NoScriptError:
            raise
        except (RedisError, OSError, TimeoutError) as error:
            raise _uncertain(error) from error

    def _key(self, partition: int, rest: str) -> str:
        return f"{{{self._service}:{partition}}}:{rest}"


STORE_FULL: Final = "store: it is full (maxmemory)"
STORE_DISK: Final = "store: it cannot write to its disk (MISCONF)"
TAKES_NOTHING: Final = frozenset({STORE_FULL, STORE_DISK})
"""Reasons of uncertain outcomes of a store that answers questions and refuses every commit."""


def takes_nothing(uncertain: Iterable[str]) -> bool:
    """Say whether one of the uncertain outcomes, as an owner remembers them (`Uncertain: reason`), is about such a store."""
    return any(one.endswith(tuple(TAKES_NOTHING)) for one in uncertain)


def _uncertain(error: Exception) -> Uncertain:
    """Say what went wrong without the rest of the message, which may quote what was sent."""
    reason = f"store: {type(error).__name__}"
    if not isinstance(error, ResponseError):
        return Uncertain(reason, UncertainKind.STORE_UNREACHABLE)
    code = str(error).partition(" ")[0]
    if isinstance(error, OutOfMemoryError) or code == "OOM" or "OOM command not allowed" in str(error):
        return Uncertain(STORE_FULL, UncertainKind.STORE_FULL)
    if "MISCONF" in str(error):
        return Uncertain(STORE_DISK, UncertainKind.STORE_FULL)
    if code == "FENCED":
        return Uncertain("store: the fencing token is another one", UncertainKind.FENCED_AT_COMMIT)
    return Uncertain(f"{reason} {code[:32]}" if code.isupper() else reason)


def _packed(value: object) -> bytes:
    """Encode without the type `bin`, which the server's Lua does not know: text and bytes are the same to it."""
    return cast("bytes", msgpack.packb(value, use_bin_type=False))


def _unpacked(packed: bytes) -> Any:
    return msgpack.unpackb(packed, raw=True)

"""Imports that members have uploaded, in Redis: how far each is, and its events until it counts.

They lie beside what services know, under keys of their own: `{uploads:<partition>}:all` lists the members of a partition by
the end of their time, `{uploads:<partition>}:m:<member>` holds one import, `{uploads:<partition>}:bytes` how much the events
of each member take. Redis itself ends them; nothing is rebuilt of them. A member has one at most, and a partition so many
and so much, so what they hold is bounded.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any, Final

from redis.exceptions import NoScriptError, RedisError

from shared.contracts import partition_for
from shared.runtime.ports.interfaces import Uncertain
from shared.runtime.redis.store import Client

SECONDS: Final[float] = 1_800
"""How long an import is kept after its file has come; from its first word on it is not prolonged."""
OF_PARTITION_MAX: Final = 16
"""Imports that are kept at once of the members of one partition."""
BYTES_MAX: Final = 128 * 1024 * 1024
"""Of the events of all imports that are kept: each partition has its share of it."""
IMPORT_BYTES_MAX: Final = 5 * 1024 * 1024
"""A share is no less: any one import has room, with what holds its 4 MiB together."""
NOTHING: Final = b"\x90"
"""In the place of events that there are none of, or none any more: an empty list of MessagePack."""
_SCRIPT: Final = files("shared.runtime.redis").joinpath("lua", "upload.lua").read_text("utf-8")
_SHA: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


class NoRoom(Exception):
    """Others keep so much already that there is no room for the events of an import."""


class Changed(Exception):
    """Somebody else has noted something of the import meanwhile."""


class RedisUploads:
    """Keeps the import of each member, through a client that does not retry (`store.connect`)."""

    def __init__(self, client: Client, partitions: int) -> None:
        self._client = client
        self._partitions = partitions

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def begin(self, member: str, identity: str, status: bytes) -> bool:
        """Keep a new import in the place of any before; False where there is no room for it."""
        return await self._run("begin", member, identity, status) == 1

    async def note(
        self, member: str, identity: str, status: bytes, events: bytes | None = None, instead_of: bytes = b""
    ) -> bool:
        """Keep how far it is, and its events; False where it is another one by now, or gone.

        `NoRoom` where others keep too much, `Changed` where `instead_of` is not what was noted last. One of which nothing is
        kept any more (`NOTHING`) gives its place back; what it says of itself stays for its time.
        """
        made = await self._run("note", member, identity, status, events or b"", instead_of)
        if made == -1:
            raise NoRoom
        if made == -2:
            raise Changed
        return made == 1

    async def status(self, member: str) -> bytes | None:
        """Return what was noted last."""
        found: bytes | None = await self._ask("HGET", self._keys(member)[1], "status")
        return found

    async def events(self, member: str, identity: str) -> bytes | None:
        """Return its events; None where they are not there, or it is another one."""
        whose, events = await self._ask("HMGET", self._keys(member)[1], "id", "events")
        return events if whose == identity.encode() else None

    async def drop(self, member: str, identity: str = "") -> None:
        """Keep nothing of a member; with `identity`, where it is that import still."""
        await self._run("drop", member, identity, b"")

    async def _run(
        self, what: str, member: str, identity: str, status: bytes, events: bytes = b"", instead_of: bytes = b""
    ) -> int:
        arguments = (
            3,
            *self._keys(member),
            what,
            member,
            identity,
            status,
            events,
            int(SECONDS * 1_000),
            OF_PARTITION_MAX,
            max(BYTES_MAX // self._partitions, IMPORT_BYTES_MAX),
            "1" if events == NOTHING else "0",
            instead_of,
        )
        try:
            return int(await self._ask("EVALSHA", _SHA, *arguments))
        except NoScriptError:  # the server was restarted, or its scripts were flushed
            return int(await self._ask("EVAL", _SCRIPT, *arguments))

    async def _ask(self, *command: str | int | bytes) -> Any:
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py
        except NoScriptError:
            raise
        except (RedisError, OSError, TimeoutError) as error:
            raise Uncertain(f"store: {type(error).__name__}") from error

    def _keys(self, member: str) -> tuple[str, str, str]:
        begin = f"{{uploads:{partition_for(member, self._partitions)}}}"
        return f"{begin}:all", f"{begin}:m:{member}", f"{begin}:bytes"

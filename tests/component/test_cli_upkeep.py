"""Commands of whoever keeps the system: rebuild, backup, show and export."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared.contracts import ACTIVITY, partition_for
from shared.embedded import System
from shared.runtime.ports.interfaces import Changes, MemberChange
from shared.runtime.processing.member.member_state import NOTES
from shared.runtime.processing.member.runtime_meta import RuntimeMeta, stored_of
from shared.runtime.redis.store import RedisStore, connect
from tests.component.cli_bed import Rapport, invite, rapport, running

__all__ = ["rapport", "running"]


def test_a_rebuild_empties_the_store_of_one_service_and_fences_its_owners(running: Rapport, embedded: System) -> None:
    async def written(service: str) -> None:
        store = RedisStore(connect(embedded.redis), service)
        await store.acquire(3, "ours:0", "test")
        await store.commit(3, "ours:0", "ours:1", Changes({"own_end": "7"}, {"ada": MemberChange(puts={"": b"\x80"})}))
        await store.close()

    async def found(service: str) -> tuple[dict[str, str], list[str]]:
        store = RedisStore(connect(embedded.redis), service)
        try:
            return dict(await store.meta(3)), await store.members(3)
        finally:
            await store.close()

    for service in ("invites", "followups"):
        asyncio.run(written(service))
    assert running("rebuild", "followups", "--yes").code == 0
    meta, members = asyncio.run(found("followups"))
    assert (set(meta), members) == ({"head"}, [])
    assert meta["head"] != "ours:1"
    meta, members = asyncio.run(found("invites"))
    assert (meta["own_end"], members) == ("7", ["ada"])
    assert running("rebuild", "invites", "--yes").code == 0


def test_a_backup_is_a_file_of_its_own_and_never_takes_the_place_of_another(running: Rapport, tmp_path: Path) -> None:
    copy = tmp_path / "store.rdb"
    assert running("backup", copy).code == 0
    assert copy.read_bytes().startswith(b"VALKEY")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600, "it holds all that is known of everybody"
    nowhere = tmp_path / "nowhere" / "store.rdb"
    ran = running("backup", nowhere)
    assert (ran.code, ran.err) == (1, f"rapport: no copy: {nowhere}.part: No such file or directory\n")
    held = copy.read_bytes()
    ran = running("backup", copy)
    assert (ran.code, ran.err) == (1, f"rapport: {copy} exists: a copy never takes the place of another one\n")
    assert (copy.read_bytes(), list(tmp_path.glob("*.part"))) == (held, [])


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b"-NOPERM this user has no permissions to run the 'sync' command\r\n", "NOPERM this user has no permissions"),
        (b"\n\n$9000\r\nREDIS0011", "the connection ended after 9 of 9,000 bytes"),
        (b"$9000\r\n<html>", "is no copy of a Redis or Valkey"),
        (b"", "the connection ended before the copy began"),
    ],
)
def test_a_server_that_gives_no_whole_copy_leaves_no_file(
    rapport: Rapport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reply: bytes, reason: str
) -> None:
    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            while b"SYNC" not in (said := connection.recv(4096)):
                connection.sendall(b"+OK\r\n" * said.count(b"*"))
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as apart:
        served = apart.submit(serve, listening)
        monkeypatch.setenv("RAPPORT_REDIS", f"redis://127.0.0.1:{listening.getsockname()[1]}/0")
        ran = rapport("backup", tmp_path / "store.rdb")
        served.result()
    assert (ran.code, list(tmp_path.iterdir())) == (1, [])
    assert ran.err.startswith("rapport: no copy: ")
    assert reason in ran.err


def test_a_member_of_whom_nothing_is_known_is_told_apart(running: Rapport) -> None:
    ran = running("show", f"m-{uuid4()}", "--json")
    assert ran.code == 1
    assert all(not of["known"] for of in json.loads(ran.out)["services"].values())


def test_nothing_is_known_of_a_member_who_was_erased_until_they_join_again(running: Rapport, embedded: System) -> None:
    member, erased = f"m-{uuid4()}", datetime(2026, 3, 1, tzinfo=UTC)
    _note(embedded, member, RuntimeMeta(incarnation=5, erased_at=erased))
    ran = running("show", member)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("rapport: nothing is known of this member")
    _note(embedded, member, RuntimeMeta(incarnation=5, erased_at=erased, joined_at=erased + timedelta(days=1)))
    assert running("show", member).code == 0


def test_all_that_is_kept_of_a_member_is_exported(running: Rapport, tmp_path: Path) -> None:
    member, file = f"m-{uuid4()}", tmp_path / "invite.jsonl"
    ran = running("export", member)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.endswith("rapport: nothing is kept of this member\n")
    file.write_text(invite(member, "e1"), encoding="utf-8")
    assert running("send", file).code == 0
    ran = running("export", member)
    assert ran.code == 0
    kept = json.loads(ran.out)
    assert [one["event"]["id"] for one in kept["topics"][ACTIVITY]] == ["e1"]
    assert set(kept["services"]) == {"invites", "followups", "digest", "projection"}


def _note(embedded: System, member: str, notes: RuntimeMeta) -> None:
    async def noted() -> None:
        store, partition = RedisStore(connect(embedded.redis), "digest"), partition_for(member, 12)
        await store.acquire(partition, "ours:0", "test")
        change = MemberChange(puts={NOTES: stored_of(notes, b"")})
        await store.commit(partition, "ours:0", "ours:1", Changes(members={member: change}))
        await store.close()

    asyncio.run(noted())

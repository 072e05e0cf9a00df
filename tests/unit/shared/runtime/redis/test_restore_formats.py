"""`deploy/restore-store.sh` moves nothing where the folder's server could not read the copy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from shared.runtime.redis.store_copy import maker_of

SCRIPT = Path(__file__).parents[5] / "deploy" / "restore-store.sh"
HEADS = {
    "redis 7.0.15": b"REDIS0010\xfa\tredis-ver\x067.0.15\xfa\nredis-bits\xc0@",
    "redis 7.2.4": b"REDIS0011\xfa\tredis-ver\x057.2.4\xfa\nredis-bits\xc0@",
    "redis 8.2.1": b"REDIS0012\xfa\tredis-ver\x058.2.1\xfa\nredis-bits\xc0@",
    "valkey 9.1.2": b"VALKEY080\xfa\nvalkey-ver\x059.1.2\xfa\nredis-bits\xc0@",
}
"""As these servers begin their copies."""


def restore(copy: Path, folder: Path, anyway: str = "") -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "RESTORE_ANYWAY": anyway}
    return subprocess.run(["sh", SCRIPT, copy, folder], capture_output=True, text=True, env=told, check=False)


def folder_of(path: Path, server: str | None) -> Path:
    (path / "appendonlydir").mkdir(parents=True)
    if server is not None:
        (path / "appendonlydir" / "appendonly.aof.1.base.rdb").write_bytes(HEADS[server])
    return path


@pytest.mark.parametrize("there", HEADS)
@pytest.mark.parametrize("made_by", HEADS)
def test_a_copy_is_laid_only_where_it_is_read(tmp_path: Path, made_by: str, there: str) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(HEADS[made_by])
    folder = folder_of(tmp_path / "data", there)
    reads = made_by in (there, "redis 7.0.15") or (made_by, there != "redis 7.0.15") == ("redis 7.2.4", True)
    done = restore(copy, folder)
    assert (done.returncode == 0) == reads, done.stderr
    held = folder / "appendonlydir" / "appendonly.aof.1.base.rdb"
    assert held.read_bytes() == HEADS[made_by if reads else there]
    assert (folder / "before-restore").exists() == reads
    if not reads:
        assert made_by in done.stderr
        assert there in done.stderr
        assert restore(copy, folder, "1").returncode == 0


def test_an_empty_folder_tells_nothing_and_the_server_that_is_needed_is_named(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(HEADS["valkey 9.1.2"])
    done = restore(copy, folder_of(tmp_path / "data", None))
    assert done.returncode == 0
    assert "it has to be valkey 9.1.2" in done.stderr


@pytest.mark.parametrize("server", HEADS)
def test_a_copy_says_who_wrote_it(tmp_path: Path, server: str) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(HEADS[server])
    assert maker_of(copy).startswith(f"{server}, format ")

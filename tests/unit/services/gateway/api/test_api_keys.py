"""The file of keys, and the commands that write it."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapport.cli import app
from rapport.serving.first_key import first_key
from rapport.serving.gateway import _drawn
from services.gateway.api.access import keys as keys_file
from services.gateway.api.access.keys import (
    ApiKey,
    ApiKeys,
    KeyRefused,
    KeysUnreadable,
    create_key,
    read_keys,
    revoke_key,
)
from shared.config import private_file
from shared.config.private_file import changing
from shared.config.settings import Settings
from tests.unit.services.gateway.api.api_bed import NOW


def test_a_key_is_found_by_itself_alone_and_its_file_does_not_hold_it(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    made, key = create_key(file, "backend", ["ingest"], NOW)
    _, other = create_key(file, "pages", ["read"], NOW)
    keys = ApiKeys(file)
    assert keys.find(key) == made
    assert made.scopes == ("ingest",)
    secret = key.rpartition(made.id + "_")[2]
    assert len(secret) == 43, "256 bits"
    assert secret not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"keys.json", ".keys.json.lock"}
    mixed = f"rk_{made.id}_{other.rpartition('_')[2]}"
    for wrong in (mixed, key[:-1], key + "A", key.upper(), "", "rk_", f"rk__{secret}", key + "\n", " " + key):
        assert keys.find(wrong) is None, wrong


def test_a_name_has_two_keys_at_most_so_one_follows_the_other_without_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    keys = ApiKeys(file)
    old, first = create_key(file, "backend", ["ingest"], NOW)
    _, second = create_key(file, "backend", ["ingest"], NOW + timedelta(days=1))
    assert keys.find(first)
    assert keys.find(second)
    with pytest.raises(KeyRefused, match=rf"backend has 2 keys that work: revoke the old one first \({old.id}\)"):
        create_key(file, "backend", ["ingest"], NOW)
    revoke_key(file, old.id, NOW)
    assert keys.find(first) is None
    assert not keys.works(old.id)
    assert keys.find(second)
    create_key(file, "backend", ["ingest"], NOW)
    with pytest.raises(KeyRefused, match="no key has the id 'nobody'"):
        revoke_key(file, "nobody", NOW)


def test_of_two_who_change_the_file_at_once_none_overwrites_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the one has read and not yet written, the other begins: without the lock its key is lost."""
    file = tmp_path / "keys.json"
    other = threading.Thread(target=create_key, args=(file, "other", ["read"], NOW))
    read = keys_file.read_keys

    def then_the_other_begins(path: Path) -> tuple[ApiKey, ...]:
        found = read(path)
        if other.ident is None:
            other.start()
            other.join(0.2)
        return found

    monkeypatch.setattr(keys_file, "read_keys", then_the_other_begins)
    create_key(file, "one", ["read"], NOW)
    other.join()
    assert [key.name for key in read_keys(file)] == ["one", "other"]


def test_a_file_that_another_process_is_changing_is_waited_for_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    made, _ = create_key(file, "one", ["read"], NOW)
    monkeypatch.setattr(private_file, "LOCK_SECONDS_MAX", 0.0)
    with changing(file), pytest.raises(OSError, match="another process is changing the file"):
        revoke_key(file, made.id, NOW)
    assert revoke_key(file, made.id, NOW).revoked == NOW


def test_a_file_that_is_replaced_keeps_its_mode_and_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keys.json"
    made, _ = create_key(file, "one", ["read"], NOW)
    file.chmod(0o640)
    given: list[tuple[int, int]] = []

    def only_root_may(path: object, uid: int, gid: int) -> None:
        given.append((uid, gid))
        raise PermissionError

    monkeypatch.setattr(os, "chown", only_root_may)
    revoke_key(file, made.id, NOW)
    about = file.stat()
    assert (stat.S_IMODE(about.st_mode), given) == (0o640, [(about.st_uid, about.st_gid)])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "must be"),
        ('{"keys": [{"id": "x"}]}', "keys.0.id: must have the form"),
        ('{"keys": [], "more": 1}', "more: is not known"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_by_field_and_reason(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(KeysUnreadable, match=f"keys.json: .*{says}"):
        read_keys(file)


def test_the_commands_make_list_and_revoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_API_KEYS", str(tmp_path / "keys.json"))
    run = CliRunner().invoke
    made = run(app, ["keys", "create", "backend", "--scope", "act", "--scope", "ingest"])
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    found = ApiKeys(tmp_path / "keys.json").find(key)
    assert found is not None
    assert found.scopes == ("ingest", "act")
    listed = run(app, ["keys", "list"])
    assert f"{found.id}  backend  ingest,act  " in listed.stdout
    assert key not in listed.output
    assert run(app, ["keys", "revoke", found.id]).exit_code == 0
    assert "  revoked " in run(app, ["keys", "list"]).stdout
    assert run(app, ["keys", "create", "x", "--scope", "all"]).exit_code == 2


def test_the_embedded_system_has_a_key_from_its_first_start_for_whoever_may_read_its_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    file = first_key(settings)
    assert file == tmp_path / "api-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_text(encoding="utf-8").strip()
    assert ApiKeys(tmp_path / "api-keys.json").find(key)
    assert first_key(settings) == file
    assert file.read_text(encoding="utf-8").strip() == key, "it is made once"
    assert len(json.loads((tmp_path / "api-keys.json").read_text(encoding="utf-8"))["keys"]) == 1
    assert first_key(Settings(data_dir=tmp_path / "b", api_keys=tmp_path / "own.json")) is None
    assert not (tmp_path / "own.json").exists()


def test_tokens_are_sealed_with_a_secret_of_the_process_where_all_of_the_system_is_here() -> None:
    assert _drawn(Settings()) != _drawn(Settings())
    assert _drawn(Settings(kafka="broker:9092")) == []

"""Settings from files: the same values as from the environment, and errors that name the variable and show nothing."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.config.secret_files import BYTES_MAX, SECRETS, file_variable
from shared.config.settings import PREFIX, Settings, SettingsError, load

ROOT = Path(__file__).parents[4]
URL = "redis://:s3cret@valkey:6379/0"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name}".upper(), raising=False)
        monkeypatch.delenv(file_variable(PREFIX, name), raising=False)


def held(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    monkeypatch.setenv(file_variable(PREFIX, name), str(path))


def test_every_setting_that_is_kept_secret_may_come_from_a_file_and_no_other() -> None:
    kept = {name for name, of in Settings.model_fields.items() if SecretStr.__name__ in repr(of.annotation)}
    assert kept == set(SECRETS)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
def test_a_file_is_its_text_without_the_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: bytes) -> None:
    held(monkeypatch, tmp_path, "redis", URL.encode() + end)
    held(monkeypatch, tmp_path, "smtp", "smtp://ada:%C5%82 x@mail.example".replace(" ", "%20").encode() + end)
    settings = load()
    assert settings.redis_url() == URL
    assert settings.smtp is not None
    assert settings.smtp.get_secret_value() == "smtp://ada:%C5%82%20x@mail.example"


def test_what_needs_another_setting_finds_it_in_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAPPORT_PUBLIC_URL", "https://mails.example")
    held(monkeypatch, tmp_path, "link_secret", b"correct-horse-battery-staple-0123")
    assert load().link_secrets() == ["correct-horse-battery-staple-0123"]
    monkeypatch.setenv("RAPPORT_PARTITIONS", "none")
    with pytest.raises(SettingsError) as refusal:
        load()
    assert "RAPPORT_LINK_SECRET" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "RAPPORT_REDIS_FILE: is empty"),
        (b"\n", "RAPPORT_REDIS_FILE: is empty"),
        (b"redis://\xff", "RAPPORT_REDIS_FILE: is no text in UTF-8"),
        (b"x" * (BYTES_MAX + 1), f"RAPPORT_REDIS_FILE: holds more than {BYTES_MAX} bytes"),
        (b"http://:s3cret@valkey", "RAPPORT_REDIS: must begin with"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_its_content(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, reason: str
) -> None:
    held(monkeypatch, tmp_path, "redis", content)
    with pytest.raises(SettingsError) as refusal:
        load()
    assert reason in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_a_file_that_is_not_there_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAPPORT_REDIS_FILE", str(tmp_path / "absent"))
    monkeypatch.setenv("RAPPORT_SMTP_FILE", str(tmp_path))
    with pytest.raises(SettingsError) as refusal:
        load()
    assert "RAPPORT_REDIS_FILE: cannot be read: No such file" in str(refusal.value)
    assert "RAPPORT_SMTP_FILE: cannot be read: Is a directory" in str(refusal.value)


def test_a_value_and_a_file_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held(monkeypatch, tmp_path, "redis", URL.encode())
    monkeypatch.setenv("RAPPORT_REDIS", "redis://other:6379/0")
    with pytest.raises(SettingsError, match="RAPPORT_REDIS_FILE: RAPPORT_REDIS is given, too"):
        load()


def test_an_empty_variable_is_none_and_a_mistyped_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_REDIS_FILE", "")
    assert load().redis is None
    monkeypatch.setenv("RAPPORT_REDISFILE", "/run/secrets/x")
    with pytest.raises(SettingsError, match=r"did you mean RAPPORT_REDIS_FILE\?"):
        load()


def made(folder: Path) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "deploy" / "make-secrets.sh")
    return subprocess.run([script, str(folder)], capture_output=True, text=True, check=False)


def test_secrets_are_made_once_at_random_in_a_folder_of_ones_own(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert [made(folder).returncode for folder in (one, other)] == [0, 0]
    files = {path.name: path.read_text(encoding="utf-8") for path in one.iterdir()}
    assert made(one).returncode == 0
    assert files == {path.name: path.read_text(encoding="utf-8") for path in one.iterdir()}, "what is there stays"
    assert stat.S_IMODE(one.stat().st_mode) == 0o700
    assert all((one / name).stat().st_mode & stat.S_IROTH for name in files), "containers have users of their own"
    password = files["valkey.conf"].split()[1]
    assert files["rapport_redis"] == f"redis://:{password}@valkey:6379/0\n"
    at_random = {"valkey.conf", "rapport_redis", "rapport_link_secret", "grafana_password"}
    assert all(files[name] != (other / name).read_text(encoding="utf-8") for name in at_random)
    assert len({password, files["rapport_link_secret"].strip(), files["grafana_password"].strip()}) == 3


@pytest.mark.parametrize("lost", ["valkey.conf", "rapport_redis"])
def test_one_half_of_the_stores_password_is_not_made_anew(tmp_path: Path, lost: str) -> None:
    assert made(tmp_path).returncode == 0
    (tmp_path / lost).unlink()
    done = made(tmp_path)
    assert done.returncode == 1
    assert "belong together" in done.stderr


def test_the_secrets_that_are_made_are_settings_that_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert made(tmp_path).returncode == 0
    for name in ("redis", "smtp", "link_secret"):
        monkeypatch.setenv(file_variable(PREFIX, name), str(tmp_path / f"rapport_{name}"))
    monkeypatch.setenv("RAPPORT_PUBLIC_URL", "https://mails.example")
    settings = load()
    assert settings.redis_url() == (tmp_path / "rapport_redis").read_text(encoding="utf-8").strip()
    assert len(settings.link_secrets()) == 1

"""API keys, in a file that holds the hash of each and no key: who has the file can call nothing with it.

`rk_<id>_<secret>`: the id finds the entry, and 256 random bits are the secret. Such a secret cannot be guessed, so its
SHA-256 is as good as a slow hash. A name has two keys at most that work at once: the next is made, put to use, and then
the one before it is revoked, without a moment in which none works.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.config.private_file import PrivateFileUnreadable, changing, content_of, replace_list, version_of
from shared.contracts.fields import Instant, Name
from shared.contracts.refusal import refusal_of

Scope: TypeAlias = Literal["ingest", "read", "act", "operate"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""To report events; to read what a member has; to say what a member does; to look after the system."""
PREFIX: Final = "rk_"
SECRET_BYTES: Final = 32
ID_BYTES: Final = 6
PER_NAME_MAX: Final = 2
"""Keys of one name that work at once: an old one and its successor."""
KEYS_MAX: Final = 1_000
"""In one file, with those that are revoked."""
KEY_CHARS_MAX: Final = 80
FILE_BYTES_MAX: Final = 1024 * 1024
_KEY: Final = re.compile(r"rk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODY: Final = hashlib.sha256(b"nobody").hexdigest()
"""Compared where no entry has the id, so that both take as long."""


class KeysUnreadable(Exception):
    """The file of keys cannot be read, so who may and who may not is not known; the message says why."""


class KeyRefused(Exception):
    """A key cannot be made or revoked; the message says why."""


class ApiKey(BaseModel):
    """What is kept of a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    name: Name
    """Whose it is; in log lines it stands for the key."""
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(SCOPES))]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of the secret."""
    created: Instant
    revoked: Instant | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Annotated[tuple[ApiKey, ...], Field(max_length=KEYS_MAX)] = ()


class ApiKeys:
    """The keys of a file, read anew when it has changed, so a key that was revoked is refused from then on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] | None = None
        self._keys: dict[str, ApiKey] = {}

    def find(self, given: str) -> ApiKey | None:
        """Return the key that was given; None where there is none such, or it was revoked. `KeysUnreadable`."""
        self._look()
        match = _KEY.fullmatch(given) if len(given) <= KEY_CHARS_MAX else None
        identity, secret = match.groups() if match else ("", "")
        key = self._keys.get(identity)
        same = hmac.compare_digest(_hash(secret), _NOBODY if key is None else key.sha256)
        return key if key is not None and same and key.revoked is None else None

    def works(self, identity: str) -> bool:
        """Tell whether there is a key of this id which was not revoked. `KeysUnreadable`."""
        self._look()
        key = self._keys.get(identity)
        return key is not None and key.revoked is None

    def scopes_of(self, identity: str) -> frozenset[str]:
        """Return what the key of this id may; nothing where there is none, or it was revoked. `KeysUnreadable`."""
        self._look()
        key = self._keys.get(identity)
        return frozenset() if key is None or key.revoked is not None else frozenset(key.scopes)

    def _look(self) -> None:
        try:
            seen = version_of(self._path)
            if seen != self._seen:
                self._keys = {key.id: key for key in read_keys(self._path)}
                self._seen = seen
        except FileNotFoundError:
            self._keys, self._seen = {}, None
        except OSError as error:
            raise KeysUnreadable(f"{self._path}: {error.strerror}") from error


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """Return the keys of a file, those that are revoked, too; none where there is no file. `KeysUnreadable`."""
    try:
        content = content_of(path, FILE_BYTES_MAX)
        return () if content is None else _File.model_validate_json(content).keys
    except PrivateFileUnreadable as error:
        raise KeysUnreadable(str(error)) from error
    except ValidationError as failure:
        fault = refusal_of(failure)
        raise KeysUnreadable(f"{path}: {(fault.field or '').removeprefix('data.')}: {fault.reason}") from None


def create_key(path: Path, name: str, scopes: Iterable[Scope], now: datetime) -> tuple[ApiKey, str]:
    """Add a key to a file, which is made where it is missing; return its entry, and the key, which is kept nowhere.

    `KeyRefused` where the name has two already, `KeysUnreadable` where the file cannot be read, OSError where not written.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with changing(path):
        keys = read_keys(path)
        made = _made(path, keys, name, scopes, secret, now)
        replace_list(path, "keys", (*keys, made))
    return made, f"{PREFIX}{made.id}_{secret}"


def revoke_key(path: Path, identity: str, now: datetime) -> ApiKey:
    """Revoke a key by its id and return it; one that was revoked stays so. `KeyRefused` where there is none."""
    with changing(path):
        keys = {key.id: key for key in read_keys(path)}
        if (key := keys.get(identity)) is None:
            raise KeyRefused(f"no key has the id {identity!r}: `rapport keys list` shows them")
        if key.revoked is None:
            keys[identity] = key.model_copy(update={"revoked": now})
            replace_list(path, "keys", tuple(keys.values()))
        return keys[identity]


def _made(
    path: Path, keys: tuple[ApiKey, ...], name: str, scopes: Iterable[Scope], secret: str, now: datetime
) -> ApiKey:
    """Return the entry of a key that may stand beside these."""
    working = [key for key in keys if key.name == name and key.revoked is None]
    if len(working) >= PER_NAME_MAX:
        old = min(working, key=lambda key: key.created)
        raise KeyRefused(f"{name} has {PER_NAME_MAX} keys that work: revoke the old one first ({old.id})")
    if len(keys) >= KEYS_MAX:
        raise KeyRefused(f"{path} has {KEYS_MAX} keys: take out those that are revoked")
    try:
        return ApiKey(
            id=secrets.token_hex(ID_BYTES), name=name, scopes=tuple(scopes), sha256=_hash(secret), created=now
        )
    except ValidationError as failure:
        fault = refusal_of(failure)
        raise KeyRefused(f"{(fault.field or '').removeprefix('data.')}: {fault.reason}") from None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

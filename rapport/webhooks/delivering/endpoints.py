"""Where webhooks go to: a file that `rapport webhooks` writes and its process reads anew when it has changed.

The file holds the secrets that sign what is posted, so only its owner may read it.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.config.private_file import PrivateFileUnreadable, changing, content_of, replace_list, version_of
from shared.contracts.events.table import EVENTS, topics_of
from shared.contracts.fields import Instant
from shared.contracts.refusal import refusal_of
from shared.contracts.topic_names import OWN_TOPICS
from shared.delivery.signature import new_secret, secret_bytes
from shared.web_address import port_of

ENDPOINTS_MAX: Final = 20
"""In one file: each is a consumer group and some connections."""
PATTERNS_MAX: Final = 50
SKIPPED_MAX: Final = 100
LOOK_SECONDS: Final = 0.5
"""How soon a process notices that the file has changed."""
URL_CHARS_MAX: Final = 2_000
FILE_BYTES_MAX: Final = 256 * 1024
OLD_SECRET_FOR: Final = timedelta(hours=24)
"""How long the secret before still signs, too: the time in which a receiver takes the new one."""
_LIST: Final = "endpoints"
TYPES: Final[Mapping[str, frozenset[str]]] = {
    name: topics for name, kind in EVENTS.items() if (topics := topics_of(kind) & OWN_TOPICS)
}
"""What services publish, by type: the topics of theirs on which it stands."""


class EndpointsUnreadable(Exception):
    """The file of endpoints cannot be read; the message says why."""


class EndpointRefused(Exception):
    """An endpoint cannot be added or changed; the message says why."""


def _secret(value: str) -> str:
    secret_bytes(value)
    return value


class Endpoint(BaseModel):
    """An address, what it gets, and what signs it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """Short and plain: it is part of the name of a consumer group, and stands in metrics and log lines."""
    url: Annotated[str, Field(max_length=URL_CHARS_MAX)]
    types: Annotated[tuple[str, ...], Field(max_length=PATTERNS_MAX)] = ()
    """Types of events, with `*` for anything. None: all that services publish."""
    private: bool = False
    """Whether the address may be one of a private network, and reached without TLS."""
    secret: Annotated[str, AfterValidator(_secret), Field(repr=False)]
    old_secret: Annotated[str, AfterValidator(_secret)] | None = Field(default=None, repr=False)
    rotated: Instant | None = None
    """When `secret` took the place of `old_secret`."""
    created: Instant
    """What was appended from then on is posted."""
    resumed: Instant | None = None
    """When somebody said last that a pause is over."""
    skipped: Annotated[tuple[str, ...], Field(max_length=SKIPPED_MAX)] = ()
    """Ids of events that are not posted, because somebody said so."""

    @model_validator(mode="after")
    def _reachable(self) -> Endpoint:
        parts = urlsplit(self.url)
        port_of(self.url)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError("url: must be an https:// address")
        if parts.scheme == "http" and not self.private:
            raise ValueError("url: must begin with https:// unless the receiver is private")
        if parts.username is not None or parts.fragment:
            raise ValueError("url: must have neither a user nor a fragment")
        if not self.url.isascii() or not self.url.isprintable() or " " in self.url:
            raise ValueError("url: must be plain ASCII: percent-encode its path, and write its host in punycode")
        for pattern in self.types:
            if not fnmatch.filter(TYPES, pattern):
                raise ValueError(f"types: no type that a service publishes is {pattern!r}")
        return self

    def wants(self, name: str) -> bool:
        """Tell whether events of this type are posted."""
        return name in TYPES and (not self.types or any(fnmatch.fnmatchcase(name, one) for one in self.types))

    def topics(self) -> frozenset[str]:
        """Return the topics on which what it wants stands."""
        return frozenset().union(*(topics for name, topics in TYPES.items() if self.wants(name)))

    def secrets(self, now: datetime) -> list[str]:
        """Return what signs now, the newest first."""
        old = self.old_secret if self.rotated is not None and now < self.rotated + OLD_SECRET_FOR else None
        return [self.secret, old] if old is not None else [self.secret]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoints: Annotated[tuple[Endpoint, ...], Field(max_length=ENDPOINTS_MAX)] = ()


class Endpoints:
    """The endpoints of a file by their names, read anew when it has changed."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path, self._monotonic = path, monotonic
        self._seen: tuple[int, ...] | None = None
        self._looked: float | None = None
        self._endpoints: Mapping[str, Endpoint] = {}
        self._fault: str | None = None

    def now(self) -> Mapping[str, Endpoint]:
        """Return what the file said `LOOK_SECONDS` ago at most. `EndpointsUnreadable`."""
        now = self._monotonic()
        if self._looked is None or now >= self._looked + LOOK_SECONDS:
            self._looked = now
            self._look()
        if self._fault is not None:
            raise EndpointsUnreadable(self._fault)
        return self._endpoints

    def _look(self) -> None:
        try:
            seen = version_of(self._path)
            if seen != self._seen:
                self._seen, self._fault = seen, None
                self._endpoints = {one.name: one for one in read_endpoints(self._path)}
        except FileNotFoundError:
            self._endpoints, self._seen, self._fault = {}, None, None
        except OSError as error:
            self._seen, self._fault = None, f"{self._path}: {error.strerror}"
        except EndpointsUnreadable as error:
            self._fault = str(error)


def read_endpoints(path: Path) -> tuple[Endpoint, ...]:
    """Return the endpoints of a file; none where there is no file. `EndpointsUnreadable`."""
    try:
        content = content_of(path, FILE_BYTES_MAX)
        return () if content is None else _File.model_validate_json(content).endpoints
    except PrivateFileUnreadable as error:
        raise EndpointsUnreadable(str(error)) from error
    except ValidationError as failure:
        raise EndpointsUnreadable(f"{path}: {_reason(failure)}") from None


def add_endpoint(
    path: Path, name: str, url: str, types: Iterable[str], now: datetime, *, private: bool = False
) -> Endpoint:
    """Add an endpoint with a new secret. `EndpointRefused`, `EndpointsUnreadable`, OSError where it is not written."""
    made = _made({"name": name, "url": url, "types": tuple(types), "private": private, "created": now})
    with changing(path):
        endpoints = read_endpoints(path)
        if any(one.name == name for one in endpoints):
            raise EndpointRefused(f"there is an endpoint {name!r} already")
        if len(endpoints) >= ENDPOINTS_MAX:
            raise EndpointRefused(f"{path} has {ENDPOINTS_MAX} endpoints: remove one first")
        replace_list(path, _LIST, (*endpoints, made))
    return made


def remove_endpoint(path: Path, name: str) -> Endpoint:
    """Take an endpoint away; nothing more is posted to it. `EndpointRefused` where there is none."""
    with changing(path):
        endpoints = read_endpoints(path)
        found = _named(endpoints, name)
        replace_list(path, _LIST, [one for one in endpoints if one is not found])
    return found


def rotate_secret(path: Path, name: str, now: datetime) -> Endpoint:
    """Give an endpoint another secret; the one before it signs, too, for `OLD_SECRET_FOR`. `EndpointRefused`."""
    return _changed(path, name, lambda one: {"secret": new_secret(), "old_secret": one.secret, "rotated": now})


def resume(path: Path, name: str, now: datetime) -> Endpoint:
    """Say that a receiver takes events again: what waits is posted, and three days begin anew. `EndpointRefused`."""
    return _changed(path, name, lambda one: {"resumed": now})


def skip(path: Path, name: str, identity: str) -> Endpoint:
    """Let an event go that an endpoint does not take. `EndpointRefused` where there are `SKIPPED_MAX` already."""

    def change(one: Endpoint) -> Mapping[str, Any]:
        if len(one.skipped) >= SKIPPED_MAX:
            raise EndpointRefused(f"{name} skips {SKIPPED_MAX} events already: its file names them")
        return {"skipped": tuple(dict.fromkeys((*one.skipped, identity)))}

    return _changed(path, name, change)


def _changed(path: Path, name: str, change: Callable[[Endpoint], Mapping[str, Any]]) -> Endpoint:
    with changing(path):
        endpoints = read_endpoints(path)
        found = _named(endpoints, name)
        changed = found.model_copy(update=change(found))
        replace_list(path, _LIST, [changed if one is found else one for one in endpoints])
    return changed


def _named(endpoints: Iterable[Endpoint], name: str) -> Endpoint:
    for one in endpoints:
        if one.name == name:
            return one
    raise EndpointRefused(f"there is no endpoint {name!r}: `rapport webhooks list` shows them")


def _made(given: Mapping[str, Any]) -> Endpoint:
    try:
        return Endpoint.model_validate({**given, "secret": new_secret()})
    except ValidationError as failure:
        raise EndpointRefused(_reason(failure)) from None


def _reason(failure: ValidationError) -> str:
    fault = refusal_of(failure)
    field = (fault.field or "").removeprefix("data").removeprefix(".")
    return f"{field}: {fault.reason}" if field else fault.reason

"""The PEM files of TLS: looked at when settings are read, so that a wrong one is named at start and not at a handshake."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, SecretStr

PEM_BYTES_MAX: Final = 4 * 1024 * 1024
"""A bundle of all public authorities has a quarter of a megabyte."""


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(PEM_BYTES_MAX).decode("ascii", errors="replace")
    except FileNotFoundError:
        raise ValueError("names no file") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None


def _certificates(path: Path) -> Path:
    if "-----BEGIN CERTIFICATE-----" not in _text(path):
        raise ValueError("is no PEM file with certificates")
    return path


def _key(path: Path) -> Path:
    if "PRIVATE KEY-----" not in _text(path):
        raise ValueError("is no PEM file with a private key")
    return path


Certificates = Annotated[Path, AfterValidator(_certificates)]
"""A file with one certificate or several."""
PrivateKey = Annotated[Path, AfterValidator(_key)]


def client_context(ca: Path | None, certificate: Path | None, key: Path | None, password: str | None) -> ssl.SSLContext:
    """Return how to speak TLS as a client: `ca` none for the system's authorities, `certificate` none for no name.

    Raises `ValueError` with the reason when the files do not fit together.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise ValueError(f"the file of authorities cannot be used ({_reason_of(error)})") from None
    if certificate is not None:
        try:
            # A function, as a password of None would be asked for on the terminal.
            context.load_cert_chain(certificate, key, password=lambda: password or "")
        except ssl.SSLError as error:
            raise ValueError(f"certificate, key and its password do not fit together ({_reason_of(error)})") from None
    return context


def context_of(what: Literal["kafka", "redis"], given: Mapping[str, object]) -> ssl.SSLContext:
    """Return how to speak TLS with Kafka or with the store, by the settings that are given; `ValueError` with the reason."""
    ca, certificate, key = (None if given.get(name) is None else Path(str(given[name])) for name in _files(what))
    password = given.get("kafka_key_password") if what == "kafka" else None
    secret = password.get_secret_value() if isinstance(password, SecretStr) else password
    return client_context(ca, certificate, key, None if secret is None else str(secret))


def unfit_files(given: Mapping[str, object], besides: Collection[str] = ()) -> Iterator[str]:
    """Yield a line for files of Kafka and of the store that do not fit together.

    `besides`: settings that are wrong in themselves. Files that one of them names are not tried.
    """
    kinds: tuple[Literal["kafka", "redis"], ...] = ("kafka", "redis")
    for what in kinds:
        named = {name for name in _files(what) if given.get(name) is not None}
        if not named or named.intersection(besides):  # to load the system's authorities takes longer than all else here
            continue
        try:
            context_of(what, given)
        except ValueError as error:
            yield f"{', '.join(f'RAPPORT_{name.upper()}' for name in _files(what))}: {error}"


def _files(what: str) -> tuple[str, str, str]:
    return f"{what}_ca", f"{what}_certificate", f"{what}_key"


def _reason_of(error: ssl.SSLError) -> str:
    return (error.reason or "no PEM").lower().replace("_", " ")

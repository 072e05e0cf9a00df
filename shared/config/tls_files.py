"""The PEM files of TLS: looked at when settings are read, so that a wrong one is named at start and not at a handshake."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

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
        raise ValueError(f"the file of authorities cannot be used ({_said(error)})") from None
    if certificate is not None:
        try:
            # A function, as a password of None would be asked for on the terminal.
            context.load_cert_chain(certificate, key, password=lambda: password or "")
        except ssl.SSLError as error:
            raise ValueError(f"certificate, key and its password do not fit together ({_said(error)})") from None
    return context


def _said(error: ssl.SSLError) -> str:
    return (error.reason or "no PEM").lower().replace("_", " ")

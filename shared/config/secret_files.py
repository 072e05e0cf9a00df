"""Settings whose value stands in a file: `RAPPORT_REDIS_FILE` names the file that holds `RAPPORT_REDIS`.

An environment is seen by whoever may look at a process or inspect a container, and children inherit it. Docker, Kubernetes
and systemd hand secrets over as files for that reason; the suffix `_FILE` is the usage of Docker's official images.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

SUFFIX: Final = "_FILE"
SECRETS: Final = ("kafka_key_password", "kafka_password", "redis", "smtp", "link_secret", "maven")
"""The settings that may hold a secret, and so may come from a file."""
BYTES_MAX: Final = 64 * 1024
"""More than any URL, password or list of them needs: whoever names a log or a device by mistake is told so."""


def file_variable(prefix: str, name: str) -> str:
    """Return the variable that names a setting's file."""
    return f"{prefix}{name.upper()}{SUFFIX}"


def from_files(prefix: str, present: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Read the settings whose files the environment names; return them by name, and a line for each that is wrong.

    An empty variable counts as none, as everywhere. One line end (or several) after the value belongs to the editor.
    """
    given = {name.upper(): value for name, value in present.items() if value}
    values: dict[str, str] = {}
    wrong: list[str] = []
    for name in SECRETS:
        variable, itself = file_variable(prefix, name), f"{prefix}{name.upper()}"
        if variable not in given:
            continue
        if itself in given:
            wrong.append(f"{variable}: {itself} is given, too; only one of them can be meant")
            continue
        try:
            values[name] = _content(Path(given[variable]))
        except ValueError as error:
            wrong.append(f"{variable}: {error}")
    return values, wrong


def _content(path: Path) -> str:
    """Read a secret; `ValueError` with the reason, which shows nothing of it."""
    try:
        with path.open("rb") as file:
            held = file.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:  # a path with a NUL is a ValueError
        reason = error.strerror if isinstance(error, OSError) else "is no path"
        raise ValueError(f"cannot be read: {reason}") from None
    if len(held) > BYTES_MAX:
        raise ValueError(f"holds more than {BYTES_MAX} bytes")
    try:
        text = held.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is no text in UTF-8") from None
    if not (value := text.rstrip("\r\n")):
        raise ValueError("is empty")
    return value

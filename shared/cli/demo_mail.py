"""The demo's mails as their readers get them: from the folder of the embedded catcher, or from a Mailpit."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Collection
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.error import URLError
from urllib.request import urlopen

from shared.cli.failure import Failure

MAILS_MAX = 1_000
"""How many mails a Mailpit is asked for: more than the demo sends."""
ANSWER_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A mail, and the file that shows it in a browser, if there is one."""

    message: EmailMessage
    page: Path | None = None


class Mails(Protocol):
    """The mails that a mail server has taken."""

    def largest(self, identities: Collection[str]) -> ShownMail | None:
        """Return the largest mail whose Message-ID is one of these, or None where none came."""


@dataclass(frozen=True, slots=True)
class KeptMails:
    """The files that the embedded catcher writes."""

    folder: Path

    def largest(self, identities: Collection[str]) -> ShownMail | None:
        """Look into every file: they are named by the time at which they came."""
        kept = [(path, _read(path.read_bytes())) for path in sorted(self.folder.glob("*.eml"))]
        chosen = [(path, message) for path, message in kept if str(message["Message-ID"] or "").strip() in identities]
        if not chosen:
            return None
        path, message = max(chosen, key=lambda one: one[0].stat().st_size)
        return ShownMail(message, path.with_suffix(".html"))


@dataclass(frozen=True, slots=True)
class Mailpit:
    """A Mailpit's API, at the address of its page."""

    url: str

    def largest(self, identities: Collection[str]) -> ShownMail | None:
        """Ask it; `Failure` when it does not answer."""
        listed = json.loads(self._get(f"/api/v1/messages?limit={MAILS_MAX}"))["messages"]
        chosen: list[dict[str, Any]] = [one for one in listed if f"<{one['MessageID']}>" in identities]
        if not chosen:
            return None
        identity = max(chosen, key=lambda one: int(one["Size"]))["ID"]
        return ShownMail(_read(self._get(f"/api/v1/message/{identity}/raw")))

    def _get(self, path: str) -> bytes:
        try:
            with urlopen(self.url.rstrip("/") + path, timeout=ANSWER_SECONDS_MAX) as answer:  # noqa: S310 - http(s), see demo
                return bytes(answer.read())
        except (URLError, OSError) as error:
            raise Failure(f"--mailpit: {self.url} does not answer ({type(error).__name__})") from error


def _read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)

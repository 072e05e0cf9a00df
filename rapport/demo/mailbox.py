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

from rapport.terminal.failure import Failure

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

    def those(self, identities: Collection[str]) -> dict[str, EmailMessage]:
        """Return the mails of these Message-IDs that came."""


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

    def those(self, identities: Collection[str]) -> dict[str, EmailMessage]:
        """Look into every file."""
        kept = (_read(path.read_bytes()) for path in self.folder.glob("*.eml"))
        return {name: one for one in kept if (name := str(one["Message-ID"] or "").strip()) in identities}


@dataclass(frozen=True, slots=True)
class Mailpit:
    """A Mailpit's API, at the address of its page."""

    url: str

    def largest(self, identities: Collection[str]) -> ShownMail | None:
        """Ask it; `Failure` when it does not answer."""
        if not (chosen := self._listed(identities)):
            return None
        return ShownMail(self._mail(max(chosen, key=lambda one: int(one["Size"]))))

    def those(self, identities: Collection[str]) -> dict[str, EmailMessage]:
        """Ask it for each; `Failure` when it does not answer."""
        return {f"<{one['MessageID']}>": self._mail(one) for one in self._listed(identities)}

    def _listed(self, identities: Collection[str]) -> list[dict[str, Any]]:
        listed = json.loads(self._get(f"/api/v1/messages?limit={MAILS_MAX}"))["messages"]
        return [one for one in listed if f"<{one['MessageID']}>" in identities]

    def _mail(self, listed: dict[str, Any]) -> EmailMessage:
        return _read(self._get(f"/api/v1/message/{listed['ID']}/raw"))

    def _get(self, path: str) -> bytes:
        try:
            with urlopen(self.url.rstrip("/") + path, timeout=ANSWER_SECONDS_MAX) as answer:  # noqa: S310 - http(s), see demo
                return bytes(answer.read())
        except (URLError, OSError) as error:
            raise Failure(f"--mailpit: {self.url} does not answer ({type(error).__name__})") from error


def _read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)

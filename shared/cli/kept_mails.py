"""The mails that the embedded catcher has kept, as their readers get them."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path


def kept_mails(folder: Path) -> dict[str, EmailMessage]:
    """Return the mails in a folder by their Message-ID."""
    read = (email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in folder.glob("*.eml"))
    return {str(message["Message-ID"] or "").strip(): message for message in read}

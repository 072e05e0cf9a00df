"""Where a member can be reminded beside the digest: which addresses there are, and how a line is posted to each.

An address is what the channel's own app shows: whoever has it can write to that person. Of all but ntfy the host is
fixed. A host of the member's choice is looked up and checked as those of webhooks are (`public_network`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from shared.contracts import ChannelName
from shared.contracts.fields import CHANNEL_MESSAGE_PATTERN
from shared.delivery.channels.reasons import ADDRESS_CHARS_MAX, AddressFault
from shared.delivery.http_post import Posting

LINE_CHARS_MAX: Final = 1000
"""Of what is posted; each of them takes more."""
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_TELEGRAM: Final = re.compile(
    r"tgram://(?P<bot>[0-9]{5,15}:[A-Za-z0-9_-]{20,80})/(?P<chat>-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64})/?"
)
_SLACK: Final = re.compile(r"/services/[A-Za-z0-9]{1,32}/[A-Za-z0-9]{1,32}/[A-Za-z0-9]{1,64}")
_DISCORD: Final = re.compile(r"/api/webhooks/[0-9]{1,20}/[A-Za-z0-9_-]{1,200}")
_TOPIC: Final = re.compile(r"/(?P<topic>[A-Za-z0-9_-]{1,64})/?")
_DISCORD_HOSTS: Final = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
"""The app shows the host that it speaks with; the last two are those of its test versions."""
_DISCORD_NO_PREVIEWS: Final = 4
"""Message flag SUPPRESS_EMBEDS."""
_MESSAGE_ID: Final = re.compile(CHANNEL_MESSAGE_PATTERN, re.ASCII)
_MARKS: Final = re.compile(r"([\\*_~`|>#\[\]()-])")
"""What Discord reads as Markdown."""


class NoAddress(ValueError):
    """A text is no address of a channel. Its own text says why, for whoever integrates, and repeats nothing of it."""

    def __init__(self, fault: AddressFault, reason: str) -> None:
        self.fault = fault
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The request that takes a message back."""

    method: str
    url: str = field(repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ChannelAddress:
    """An address that was read. It is a secret, so it is shown nowhere."""

    channel: ChannelName
    url: str = field(repr=False)
    body: Callable[[str], Mapping[str, Any]] = field(repr=False)
    """Makes the JSON that says a line."""
    token: str = field(default="", repr=False)
    """Lets us in (`Authorization: Bearer`); empty: nobody asks."""
    withdrawal: Callable[[str], Withdrawal] | None = field(default=None, repr=False)
    """What takes a message back, by its id; None: nothing does."""


def read_address(text: str, *, private: bool = False) -> ChannelAddress:
    """Return what an address leads to; `NoAddress` with the reason.

    `private`: whether one without TLS will do, too.
    """
    if len(text) > ADDRESS_CHARS_MAX or not _PRINTABLE.fullmatch(text):
        raise NoAddress("chars", f"must be an address of at most {ADDRESS_CHARS_MAX} ASCII characters, without blanks")
    if text.startswith("tgram:"):
        return _telegram(text)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NoAddress("scheme", "is no address") from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise NoAddress("scheme", "must begin with https://, or for Telegram with tgram://")
    if not host:
        raise NoAddress("scheme", "must have a host")
    if parts.query or parts.fragment:
        raise NoAddress("extra", "must end before a ? or #")
    if host == "hooks.slack.com":
        return _hosted(parts, "slack", _SLACK, _to_slack)
    if host in _DISCORD_HOSTS:
        return _discord(_hosted(parts, "discord", _DISCORD, _to_discord))
    return _ntfy(parts)


def posting_of(address: ChannelAddress, line: str) -> Posting:
    """Return the request that says a line there."""
    text = " ".join(line.split())[:LINE_CHARS_MAX]
    return Posting(address.url, _headers(address), _json(address.body(text)))


def withdrawal_of(address: ChannelAddress, message_id: str) -> Posting | None:
    """Return the request that takes a message back there; None where nothing does."""
    if address.withdrawal is None:
        return None
    asked, headers = address.withdrawal(message_id), _headers(address)
    if asked.body is not None:
        return Posting(asked.url, headers, _json(asked.body), asked.method)
    del headers["content-type"]  # Discord answers 400 to a type of JSON without any
    return Posting(asked.url, headers, b"", asked.method)


def message_id_in(address: ChannelAddress, answer: bytes) -> str | None:
    """Return what a channel calls a message that it has taken, by its answer; None where it cannot be taken back."""
    if address.withdrawal is None:
        return None
    try:
        message = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if address.channel == "telegram":
        result = message.get("result") if isinstance(message, dict) else None
        number = result.get("message_id") if isinstance(result, dict) else None
        found = str(number) if type(number) is int and number > 0 else None  # True is an int, too
    else:
        found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, str) and _MESSAGE_ID.fullmatch(found) else None


def _headers(address: ChannelAddress) -> dict[str, str]:
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "rapport"}
    return {**headers, "authorization": f"Bearer {address.token}"} if address.token else headers


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _telegram(text: str) -> ChannelAddress:
    if (found := _TELEGRAM.fullmatch(text)) is None:
        raise NoAddress("telegram", "must be tgram://BOT-TOKEN/CHAT for Telegram")
    bot, chat = found["bot"], found["chat"]

    def body(line: str) -> Mapping[str, Any]:
        return {"chat_id": chat, "text": line, "link_preview_options": {"is_disabled": True}}

    def withdrawal(message_id: str) -> Withdrawal:
        return Withdrawal("POST", f"{api}/deleteMessage", {"chat_id": chat, "message_id": int(message_id)})

    api = f"https://api.telegram.org/bot{bot}"
    return ChannelAddress("telegram", f"{api}/sendMessage", body, withdrawal=withdrawal)


def _hosted(
    parts: SplitResult, channel: ChannelName, path: re.Pattern[str], body: Callable[[str], Mapping[str, Any]]
) -> ChannelAddress:
    if parts.username is not None or parts.port not in (None, 443) or not path.fullmatch(parts.path):
        raise NoAddress("webhook", f"is not what {channel} shows as the address of a webhook")
    return ChannelAddress(channel, f"https://{parts.hostname}{parts.path}", body)


def _discord(hosted: ChannelAddress) -> ChannelAddress:
    """Return the address at which Discord answers with the message: only so its id is known."""

    def withdrawal(message_id: str) -> Withdrawal:
        return Withdrawal("DELETE", f"{hosted.url}/messages/{message_id}")

    return replace(hosted, url=f"{hosted.url}?wait=true", withdrawal=withdrawal)


def _ntfy(parts: SplitResult) -> ChannelAddress:
    if (found := _TOPIC.fullmatch(parts.path)) is None or parts.password is not None:
        raise NoAddress("ntfy", "must be https://SERVER/TOPIC for ntfy, where needed https://TOKEN@SERVER/TOPIC")
    topic, where = found["topic"], parts.netloc.rpartition("@")[2]

    def body(line: str) -> Mapping[str, Any]:
        return {"topic": topic, "message": line}

    def withdrawal(message_id: str) -> Withdrawal:
        return Withdrawal("DELETE", f"{parts.scheme}://{where}/{topic}/{message_id}")

    return ChannelAddress("ntfy", f"{parts.scheme}://{where}/", body, parts.username or "", withdrawal)


def _to_slack(line: str) -> Mapping[str, Any]:
    escaped = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "unfurl_links": False, "unfurl_media": False}


def _to_discord(line: str) -> Mapping[str, Any]:
    return {"content": _MARKS.sub(r"\\\1", line), "allowed_mentions": {"parse": []}, "flags": _DISCORD_NO_PREVIEWS}

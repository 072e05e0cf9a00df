"""Addresses of members' channels: which there are, what is posted to each, and what is refused without being repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.delivery.channels.addresses import (
    LINE_CHARS_MAX,
    message_id_in,
    posting_of,
    read_address,
    withdrawal_of,
)
from shared.delivery.channels.answers import of_channel
from shared.delivery.channels.reasons import ADDRESS_CHARS_MAX
from shared.delivery.outcome import Delivered, Outcome, Rejected, Unknown

BOT = "1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp_-3"
LINE = "Say *hi* to <Zoë> & co."


@pytest.mark.parametrize(
    ("address", "channel", "url", "body"),
    [
        ("https://ntfy.sh/ada_1-x", "ntfy", "https://ntfy.sh/", {"topic": "ada_1-x", "message": LINE}),
        ("https://tk_1@n.example:8443/ada", "ntfy", "https://n.example:8443/", {"topic": "ada", "message": LINE}),
        (
            "https://hooks.slack.com/services/T0/B0/abc", "slack", "https://hooks.slack.com/services/T0/B0/abc",
            {"text": "Say *hi* to &lt;Zoë&gt; &amp; co.", "unfurl_links": False, "unfurl_media": False},
        ),
        (
            "https://discord.com/api/webhooks/12/ab-_", "discord", "https://discord.com/api/webhooks/12/ab-_?wait=true",
            {"content": r"Say \*hi\* to <Zoë\> & co.", "allowed_mentions": {"parse": []}, "flags": 4},
        ),
        (
            "https://canary.discord.com/api/webhooks/12/ab", "discord",
            "https://canary.discord.com/api/webhooks/12/ab?wait=true",
            {"content": r"Say \*hi\* to <Zoë\> & co.", "allowed_mentions": {"parse": []}, "flags": 4},
        ),
        (
            f"tgram://{BOT}/-100123", "telegram", f"https://api.telegram.org/bot{BOT}/sendMessage",
            {"chat_id": "-100123", "text": LINE, "link_preview_options": {"is_disabled": True}},
        ),
    ],
)  # fmt: skip
def test_a_line_is_posted_as_each_service_takes_it(address: str, channel: str, url: str, body: dict[str, Any]) -> None:
    read = read_address(address)
    posting = posting_of(read, LINE)
    assert (read.channel, posting.url, json.loads(posting.body)) == (channel, url, body)
    assert posting.headers.get("authorization") == ("Bearer tk_1" if "tk_1" in address else None)
    assert "abc" not in repr((read, posting))
    assert BOT not in repr((read, posting))


ADDRESSES = {
    "ntfy": "https://tk_1@n.example:8443/ada", "slack": "https://hooks.slack.com/services/T0/B0/abc",
    "discord": "https://discord.com/api/webhooks/12/ab-_", "telegram": f"tgram://{BOT}/-100123",
}  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "answer", "message_id", "method", "url", "body"),
    [
        ("ntfy", {"id": "hwQ2YpKdmg", "event": "message"}, "hwQ2YpKdmg", "DELETE",
         "https://n.example:8443/ada/hwQ2YpKdmg", None),
        ("discord", {"id": "1131213", "content": "x"}, "1131213", "DELETE",
         "https://discord.com/api/webhooks/12/ab-_/messages/1131213", None),
        ("telegram", {"ok": True, "result": {"message_id": 42, "id": "x"}}, "42", "POST",
         f"https://api.telegram.org/bot{BOT}/deleteMessage", {"chat_id": "-100123", "message_id": 42}),
    ],
)  # fmt: skip
def test_a_message_is_taken_back_by_the_id_in_the_answer(
    channel: str, answer: Any, message_id: str, method: str, url: str, body: Any
) -> None:
    read = read_address(ADDRESSES[channel])
    assert message_id_in(read, json.dumps(answer).encode()) == message_id
    asked = withdrawal_of(read, message_id)
    assert asked is not None
    assert (asked.method, asked.url, json.loads(asked.body or b"null")) == (method, url, body)
    assert asked.headers.get("authorization") == ("Bearer tk_1" if channel == "ntfy" else None)
    assert BOT not in repr((read, asked))


@pytest.mark.parametrize("channel", ["ntfy", "discord"])
def test_what_has_no_body_names_no_type_of_it(channel: str) -> None:
    """Discord answers 400 to that: its type is JSON, and nothing is none."""
    asked = withdrawal_of(read_address(ADDRESSES[channel]), "1")
    assert asked is not None
    assert asked.body == b""
    assert "content-type" not in asked.headers


def test_slack_takes_nothing_back() -> None:
    read = read_address(ADDRESSES["slack"])
    assert message_id_in(read, b"ok") is None
    assert withdrawal_of(read, "1") is None


@pytest.mark.parametrize("channel", ["ntfy", "discord", "telegram"])
@pytest.mark.parametrize(
    "answer",
    [
        b"", b"ok", b"[]", b"null", b'{"id": 7}', b'{"id": "../x"}', b'{"id": ""}', b'{"id": null}', b'{"result": []}',
        b'{"result": {"message_id": "7"}}', b'{"result": {"message_id": true}}',
        b'{"result": {"message_id": -5}}', b'{"result": {"message_id": 0}}',
        b'{"id": "' + b"a" * 65 + b'"}', b"[" * 60_000, b"\xff",
    ],
)  # fmt: skip
def test_an_answer_without_an_id_says_none(channel: str, answer: bytes) -> None:
    assert message_id_in(read_address(ADDRESSES[channel]), answer) is None


def test_a_line_is_one_line_and_not_too_long() -> None:
    posting = posting_of(read_address("https://ntfy.sh/ada"), "a\r\nb " + "c" * 2 * LINE_CHARS_MAX)
    message = json.loads(posting.body)["message"]
    assert message.startswith("a b c")
    assert len(message) == LINE_CHARS_MAX


@pytest.mark.parametrize(
    "address",
    [
        "", "ntfy.sh/ada", "http://ntfy.sh/ada", "ftp://ntfy.sh/ada", "file:///etc/passwd", "https://ntfy.sh/", "https:///ada",
        "https://ntfy.sh/a/b", "https://ntfy.sh/ada?x=1", "https://ntfy.sh/ada#x", "https://a:b@ntfy.sh/ada", "https://ntfy.sh/%2e",
        "https://ntfy.sh:x/ada", "https://[::1/ada", "https://ntfy.sh/a da", "https://ntfy.sh/ä", "https://ntfy.sh/a\nb",
        "https://hooks.slack.com/ada", "https://hooks.slack.com/services/T/B/x/..", "https://u@hooks.slack.com/services/T/B/x",
        "https://hooks.slack.com:444/services/T/B/x", "https://discord.com/api/webhooks/x/ab", "https://discord.com/ada",
        "tgram://1/2", f"tgram://{BOT}/", f"tgram://{BOT}/../x", "https://ntfy.sh/" + "a" * ADDRESS_CHARS_MAX,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is n)") as refusal:
        read_address(address)
    assert not address or address not in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Delivered()),
        (204, Delivered()),
        (302, Rejected("answers 302", permanent=True)),
        (400, Rejected("answers 400", permanent=True)),
        (401, Rejected("refused: answers 401", permanent=True)),
        (410, Rejected("refused: answers 410", permanent=True)),
        (429, Rejected("answers 429", wait_seconds=7.0)),
        (503, Rejected("answers 503", wait_seconds=7.0)),
        (500, Unknown("answers 500")),
        (504, Unknown("answers 504")),
    ],
)
def test_what_a_status_means(status: int, outcome: Outcome) -> None:
    assert of_channel(status, 7.0) == outcome

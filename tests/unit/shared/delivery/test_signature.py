"""Signatures of webhooks, checked by the library that receivers use."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.delivery.signature import BYTES_MAX, BYTES_MIN, PREFIX, new_secret, secret_bytes, signed_headers

BODY = json.dumps({"type": "rapport.followup.due", "data": {"text": "Thank Zoé"}}, ensure_ascii=False).encode()
IDENTITY = "rapport.followups.v1/7/56"


def now() -> datetime:
    return datetime.now(UTC)


def test_a_receiver_with_the_secret_takes_it() -> None:
    secret = new_secret()
    headers = signed_headers([secret], IDENTITY, now(), BODY)
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)


def test_an_instant_of_any_zone_is_the_same_instant() -> None:
    secret = new_secret()
    elsewhere = now().astimezone(timezone(timedelta(hours=9)))
    assert Webhook(secret).verify(BODY, signed_headers([secret], IDENTITY, elsewhere, BODY))


def test_while_a_secret_is_changed_receivers_with_either_take_it() -> None:
    new, old = new_secret(), new_secret()
    headers = signed_headers([new, old], IDENTITY, now(), BODY)
    assert Webhook(new).verify(BODY, headers)
    assert Webhook(old).verify(BODY, headers)


@pytest.mark.parametrize("change", ["body", "id", "time", "secret"])
def test_what_was_changed_on_the_way_is_refused(change: str) -> None:
    secret, body = new_secret(), BODY
    headers = signed_headers([secret], IDENTITY, now(), body)
    if change == "body":
        body = body.replace(b"due", b"dew")
    elif change == "id":
        headers["webhook-id"] += "7"
    elif change == "time":
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) - 1)
    else:
        secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_what_was_recorded_cannot_be_sent_an_hour_later() -> None:
    secret = new_secret()
    headers = signed_headers([secret], IDENTITY, now() - timedelta(hours=1), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("abc", "must begin with whsec_"),
        (f"{PREFIX}%%%", "must be base64 after whsec_"),
        (PREFIX + base64.b64encode(bytes(BYTES_MIN - 1)).decode(), "must hold 24 to 64 bytes"),
        (PREFIX + base64.b64encode(bytes(BYTES_MAX + 1)).decode(), "must hold 24 to 64 bytes"),
    ],
)
def test_what_is_no_secret_is_refused_with_its_reason(secret: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        secret_bytes(secret)


def test_no_secret_is_like_another() -> None:
    assert len({new_secret() for _ in range(50)}) == 50

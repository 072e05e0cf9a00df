"""What the judge of a chaos run says of mails: lost, unknown or left twice is told, all else is not."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.contracts import DIGESTS, DigestPrepared, DigestSending, DigestSent, DigestUnknown, Event
from shared.contracts.cloudevents import codec
from shared.contracts.events.own.digest import AboutDigest
from shared.runtime.ports.interfaces import Record
from tests.chaos.mails import mails_against
from tests.e2e.outside import Records

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ABOUT = {"digest_id": "digest/2026-W10", "period": "2026-W10"}
PREPARED = DigestPrepared.model_validate({**ABOUT, "items": [], "due_at": NOW})
SENDING = DigestSending.model_validate({**ABOUT, "attempt": 1})
SENT = DigestSent.model_validate({**ABOUT, "attempt": 1, "message_id": "<1@example.org>"})
UNKNOWN = DigestUnknown.model_validate({**ABOUT, "attempt": 1})
MAIL = b"Message-ID: <1@example.org>\r\n\r\n"


def found(*said: AboutDigest, mails: int = 1, unknown_max: int | None = 0) -> list[str]:
    records: Records = {(DIGESTS, 0): []}
    for number, data in enumerate(said, 1):
        event = Event(f"digest/{number}", "ada", NOW, NOW, data, "/rapport/digest", number=number, input_offsets={})
        key, value, headers = codec.encode(event)
        records[DIGESTS, 0].append(Record(DIGESTS, 0, number, key, value, headers, 0))
    return list(mails_against(records, [MAIL] * mails, unknown_max))


def test_a_mail_that_was_announced_and_came_is_well() -> None:
    assert not found(PREPARED, SENDING, SENT)


def test_what_was_said_to_be_sent_and_never_came_is_lost() -> None:
    assert found(PREPARED, SENDING, SENT, mails=0) == [
        "the mail of ada digest/2026-W10 was said to be sent, and is lost"
    ]


def test_a_digest_without_an_end_is_lost_where_that_can_be_told() -> None:
    assert found(PREPARED, mails=0) == ["the mail of ada digest/2026-W10 is lost: nothing is said of its end"]
    assert not found(PREPARED, mails=0, unknown_max=None)


def test_no_more_are_unknown_than_may_be() -> None:
    assert found(PREPARED, SENDING, UNKNOWN) == ["1 mails are unknown, 0 may be"]
    assert not found(PREPARED, SENDING, UNKNOWN, unknown_max=16)


def test_a_mail_that_left_twice_or_unannounced_is_told() -> None:
    assert found(PREPARED, SENDING, SENT, mails=2) == ["mail <1@example.org> left 2 times"]
    assert "1 mails left, 0 were announced" in found(PREPARED)

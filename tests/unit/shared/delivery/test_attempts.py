"""What follows an attempt: again where the receiver deduplicates, never where nobody can ask."""

from __future__ import annotations

import pytest

from shared.delivery.attempts import Guarantee, Next, next_of, pause_after
from shared.delivery.http_post import HttpPost, Posting
from shared.delivery.outcome import Delivered, Outcome, Rejected, Sender, Unknown
from shared.delivery.smtp_post import Letter, SmtpPost

AT_LEAST, AT_MOST = Guarantee.AT_LEAST_ONCE, Guarantee.AT_MOST_ONCE


@pytest.mark.parametrize(
    ("guarantee", "outcome", "expected"),
    [
        (AT_LEAST, Delivered(), Next.DONE),
        (AT_MOST, Delivered(), Next.DONE),
        (AT_LEAST, Rejected("later"), Next.AGAIN),
        (AT_MOST, Rejected("later"), Next.AGAIN),
        (AT_LEAST, Rejected("never", permanent=True), Next.GIVEN_UP),
        (AT_MOST, Rejected("never", permanent=True), Next.GIVEN_UP),
        (AT_LEAST, Unknown("silence"), Next.AGAIN),
        (AT_MOST, Unknown("silence"), Next.LEFT_OPEN),
    ],
)
def test_what_follows_an_attempt(guarantee: Guarantee, outcome: Outcome, expected: Next) -> None:
    assert next_of(guarantee, outcome) is expected


def test_pauses_grow_and_the_last_one_comes_again_and_again() -> None:
    assert [pause_after((1, 5, 30), failures) for failures in (1, 2, 3, 4, 40)] == [1, 5, 30, 30, 30]


def senders(mail: SmtpPost, webhooks: HttpPost) -> tuple[Sender[Letter], Sender[Posting]]:
    """Both are asked by one port: mypy says so."""
    return mail, webhooks

"""Links of each kind, as the tests of the gateway open them."""

from __future__ import annotations

from datetime import UTC, datetime

from services.gateway.actions import WEEK
from shared.links import (
    Link,
    NamedFollowup,
    NamedInvite,
    ToDigest,
    ToFollowup,
    ToFollowups,
    ToInvites,
    ToRule,
    Verb,
)

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
AGAIN = AT + WEEK
DIGEST = ToDigest("ada", "2026-11-23", "daily")
FOLLOWUP = ToFollowup("ada", "c/ben/thank/1", "Thanks to <Ben>", int(AT.timestamp()), int(AGAIN.timestamp()))
INVITES = ToInvites(
    "ada",
    (NamedInvite("i1", "Tom <T>"), NamedInvite("i2", "Mei"), NamedInvite("i3", "Jo")),
    "proposal/1",
    497,
    int(AT.timestamp()),
)
NOTICE = ToInvites("ada", (NamedInvite("i1", "Tom"),), "", 0, int(AT.timestamp()))
REST = ToFollowups(
    "ada",
    (
        NamedFollowup("c/ben/thank/1", "Thanks to <Ben>"),
        NamedFollowup("r/1", "Buy the ticket"),
        NamedFollowup("c/z", "Z"),
    ),
    3,
    int(AT.timestamp()),
    int(AGAIN.timestamp()),
)
RULE = ToRule("ada", "thank", "Thanks for a new connection", int(AT.timestamp()))
LINKS: dict[Verb, Link] = {
    "unsubscribe": DIGEST, "subscribe": DIGEST, "done": FOLLOWUP, "later": FOLLOWUP, "let-go": INVITES, "keep": INVITES,
    "more": REST, "again": RULE,
}  # fmt: skip

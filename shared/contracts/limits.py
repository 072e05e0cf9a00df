"""The bounds of the published language: how long, how many, how large.

Whoever writes events keeps them, whoever reads relies on them: every event fits into one record, one transaction and one
line of a mail. Growing a bound later is an additive change; shrinking one is a new topic version.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

ID_CHARS_MAX: Final = 128
"""Ids that a product gives: members, invites, contacts, meetings, promises ..."""
OWN_ID_CHARS_MAX: Final = 400
"""Ids that a service composes from such ids, and the keys of its items (`item/rule/cycle`)."""
EVENT_ID_CHARS_MAX: Final = 400
"""CloudEvents `id` and `causationid`."""
SOURCE_CHARS_MAX: Final = 256
"""CloudEvents `source`."""
ORIGIN_CHARS_MAX: Final = 64
TRACESTATE_CHARS_MAX: Final = 512
"""CloudEvents `tracestate`; W3C Trace Context wants at least so many to be handed on."""
NAME_CHARS_MAX: Final = 200
"""Names of people and gatherings, headlines, labels, places."""
URL_CHARS_MAX: Final = 500
EMAIL_CHARS_MAX: Final = 254
"""RFC 5321 section 4.5.3.1.3: a path of 256 octets, with its angle brackets."""
WORDS_CHARS_MAX: Final = 2000
"""Personal words: `why`, `note`, `what`, `goal`, `step`, `outcome`."""
REASON_CHARS_MAX: Final = 500
SEALED_CHARS_MAX: Final = 2000
"""An address that is sealed: longer than the longest with its seal."""
MESSAGE_ID_CHARS_MAX: Final = 998
"""RFC 5322 section 2.1.1: a line."""

LIST_ITEMS_MAX: Final = 1000
PROPOSAL_INVITES_MAX: Final = 500
PROPOSAL_MORE_MAX: Final = 2000
"""Ids of further invites in one proposal, beyond those that are shown."""
DIGEST_ITEMS_MAX: Final = 200
DIGEST_TEXT_CHARS_MAX: Final = 500
COUNT_MAX: Final = 10_000_000
COUNTS_KEYS_MAX: Final = 100
RULES_MAX: Final = 100
"""Rules that one preferences event may set, and rules that one parked wake may name."""
OFFSETS_MAX: Final = 10
OFFSET_HOURS_MAX: Final = 14 * 24

DAYS_MAX: Final = 3650
AGE_DAYS_MAX: Final = 73_000
MINUTES_MAX: Final = 7 * 24 * 60
ATTEMPTS_MAX: Final = 1000
PER_DAY_MAX: Final = 50
WAIT_MINUTES_MAX: Final = 24 * 60
"""How long an invite that the member lets go may wait before it is pulled back."""
REOPEN_DAYS_MAX: Final = 7
"""How long after the member said that something is done, or will not be, they can take that back."""
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2200
"""Instants and wall times lie in the years YEAR_MIN to YEAR_MAX, so that adding DAYS_MAX never overflows."""
AHEAD_MAX: Final = timedelta(days=1)
"""How far beyond its log time an event's time is believed: more than any mix-up of zones, less than a wrong date."""

VALUE_BYTES_MAX: Final = 256 * 1024
"""The value of a record; longer lists are split over several events."""
HEADERS_MAX: Final = 64
OFFSET_TOPICS_MAX: Final = 16
DEAD_LETTER_BYTES_MAX: Final = 5120
DEAD_LETTER_VALUE_BYTES_MAX: Final = 1024
"""How much of an unreadable value a dead letter quotes."""
DEAD_LETTER_KEY_BYTES_MAX: Final = 128
DEAD_LETTER_REASON_BYTES_MAX: Final = 400
DEAD_LETTER_FIELD_BYTES_MAX: Final = 200
DEAD_LETTER_NAME_BYTES_MAX: Final = 128
"""How much of an event's id, source, type and member a dead letter repeats."""
TOPIC_CHARS_MAX: Final = 249
"""Kafka's own bound on the name of a topic."""
OFFSET_MAX: Final = 2**63 - 1
PARTITIONS_MAX: Final = 10_000

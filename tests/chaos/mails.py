"""The judgement on mails: what the topics say of each digest, against what the mail server got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from email import message_from_bytes

from shared.contracts import (
    DIGESTS,
    DigestFailed,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestUnknown,
    Event,
)
from shared.contracts.events.own.digest import AboutDigest
from shared.runtime.processing.reading import read_event
from tests.e2e.outside import Records


def mails_against(records: Records, mails: Sequence[bytes], unknown_max: int | None) -> Iterator[str]:
    """Yield what is wrong. The catcher refuses no mail, and keeps all that it got.

    `unknown_max`: how many may be said to be `unknown`, where that can be told, and then every digest has its end: None where
    owners lose their recoveries by other faults than those that were counted, or time ends in the middle of an attempt.
    """
    left = Counter(str(message_from_bytes(mail)["Message-ID"]) for mail in mails)
    yield from (f"mail {identity} left {times} times" for identity, times in left.items() if times > 1)
    digests = _digests(records)
    begun = sum(isinstance(said, DigestSending) for told in digests.values() for said in told)
    if len(left) > begun:
        yield f"{len(left)} mails left, {begun} were announced"
    for (member, digest, _), told in digests.items():
        for said in told:
            if isinstance(said, DigestSent) and said.message_id not in left:
                yield f"the mail of {member} {digest} was said to be sent, and is lost"
        if unknown_max is not None and not any(map(_is_end, told)):
            yield f"the mail of {member} {digest} is lost: nothing is said of its end"
    unknown = sum(isinstance(said, DigestUnknown) for told in digests.values() for said in told)
    if unknown_max is not None and unknown > unknown_max:
        yield f"{unknown} mails are unknown, {unknown_max} may be"


def _digests(records: Records) -> dict[tuple[str, str, int], list[AboutDigest]]:
    """Return what was said of each digest that was prepared, by member, id and the member's incarnation."""
    digests: dict[tuple[str, str, int], list[AboutDigest]] = {}
    for (topic, _), found in records.items():
        for record in found if topic == DIGESTS else ():
            event = read_event(record)
            if not isinstance(event, Event) or not isinstance(event.data, AboutDigest):
                continue
            digest = event.member, event.data.digest_id, event.incarnation
            if isinstance(event.data, DigestPrepared):
                digests.setdefault(digest, [])
            elif (told := digests.get(digest)) is not None:
                told.append(event.data)
    return digests


def _is_end(said: AboutDigest) -> bool:
    return isinstance(said, DigestSent | DigestUnknown) or (isinstance(said, DigestFailed) and said.permanent)

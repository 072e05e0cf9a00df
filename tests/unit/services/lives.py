"""Whole years of members in memory, with invites, followups and digest side by side, and what is counted of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from zlib import crc32

from rapport.composition import DECIDERS
from services.digest.mail.presend_check import taken
from services.followups.rules.table import RULES
from shared.contracts import (
    Contact,
    DigestPrepared,
    DigestSending,
    DigestSent,
    Event,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    MemberJoined,
    MemberPreferencesSet,
    RuleQuieted,
)
from shared.runtime.offline.dry_run import DryRun

MEMBER = "ada"
JOINED = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday."""
YEAR_DAYS = 365
ENDS = (FollowupCompleted, FollowupCancelled, FollowupLapsed)


def at(day: float) -> datetime:
    """The instant `day` days after the member joined, in whole seconds."""
    return JOINED + timedelta(seconds=round(day * 86_400))


def told(day: float, data: EventData, happened: float | None = None) -> Event:
    """An event that was logged on day `day`, and happened then unless said otherwise."""
    time = at(day if happened is None else happened)
    name = f"{data.TYPE}/{day:.6f}/{crc32(data.model_dump_json().encode()):x}"
    return Event(name, MEMBER, time, at(day), data)


def person(number: int) -> Contact:
    return Contact(id=f"c{number}", name=f"Person Number {number}")


def joined(**wishes: object) -> list[Event]:
    wished = [told(0.001, MemberPreferencesSet.model_validate(wishes))] if wishes else []
    return [told(0, MemberJoined(name="Ada", email="ada@example.org")), *wished]


def live(script: Sequence[Event], days: int = YEAR_DAYS) -> list[Event]:
    """Return what the three services say in `days` days, by time; every mail is taken."""
    return side_by_side(script, at(days))


def side_by_side(script: Sequence[Event], until: datetime, member: str = MEMBER) -> list[Event]:
    """Return what they say of a member until then."""
    lived = DryRun(list(DECIDERS.values()), member, {"digest": partial(taken, domain="localhost")})
    for _ in lived.run(sorted(script, key=lambda one: one.logged), until):
        pass
    assert not sum(part.stumbled for part in lived.parts)
    return lived.published


def dues(said: Sequence[Event], *rules: str) -> list[tuple[datetime, FollowupDue]]:
    return [
        (one.time, one.data)
        for one in said
        if isinstance(one.data, FollowupDue) and (not rules or one.data.rule in rules)
    ]


def nudges_by_day(said: Sequence[Event]) -> Counter[str]:
    """Count the product's own pushes on each day, without the hours that the member chose."""
    return Counter(
        f"{time:%Y-%m-%d}" for time, due in dues(said) if due.push and not RULES[due.rule].delivery.hour_chosen
    )


def months(said: Sequence[Event], *kinds: type[EventData]) -> set[str]:
    """Return the months in which something of these kinds was said."""
    return {f"{one.time:%Y-%m}" for one in said if isinstance(one.data, kinds)}


def ended_before_they_left(said: Sequence[Event]) -> list[tuple[datetime, str]]:
    """Return what stands in a digest as due or coming, and had ended when that was handed over, or ended in that instant."""
    over = ended(said)
    left = {(one.data.digest_id, one.data.period): one.time for one in said if isinstance(one.data, DigestSending)}
    found = []
    for one in said:
        if isinstance(one.data, DigestPrepared) and (at := left.get((one.data.digest_id, one.data.period))) is not None:
            names = (item.followup_id for item in one.data.items if item.followup_id)
            found += [(at, name) for name in names if name in over and over[name] <= at]
    return found


def year_of(name: str, said: Sequence[Event]) -> str:
    """Return what a year brought, as a row of `docs/lives.md`."""
    due = [one for _, one in dues(said)]
    chosen = sum(one.push and RULES[one.rule].delivery.hour_chosen for one in due)
    nudges = sum(one.push and not RULES[one.rule].delivery.hour_chosen for one in due)
    mails = Counter(f"{one.time:%Y-%m}" for one in said if isinstance(one.data, DigestSent))
    quiet = sorted({one.data.rule for one in said if isinstance(one.data, RuleQuieted)})
    waited = sum(not one.push for one in due)
    words = ", ".join(f"`{rule}`" for rule in quiet) or "none"
    row = (
        name,
        chosen,
        nudges,
        max(nudges_by_day(said).values(), default=0),
        waited,
        mails.total(),
        max(mails.values()),
        words,
    )
    return f"| {' | '.join(map(str, row))} |"


def ended(said: Sequence[Event]) -> dict[str, datetime]:
    return {one.data.followup_id: one.time for one in said if isinstance(one.data, ENDS)}

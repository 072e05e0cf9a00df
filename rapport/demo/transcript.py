"""What a member lived through with Rapport, told line by line at the hours of the member's own clock.

Everything is read from the topics, as any consumer could; the words of mails are those that the mail server took. Events of
one instant stand in the order of cause and effect, and those of one kind are told as one: so the same events always make
the same transcript.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from itertools import groupby
from textwrap import wrap
from typing import Final, NamedTuple

from rapport.inspect.input_sentences import counted, deed
from rapport.inspect.output_sentences import NarrationContext, Sentence, finding, group_of
from shared.calendar import local
from shared.contracts import (
    ACTIVITY,
    DIGESTS,
    FOLLOWUPS,
    INVITES,
    AboutRule,
    DigestSent,
    DigestSkipped,
    Event,
    ImportCompleted,
    MemberJoined,
)
from shared.preferences import Preferences, evolve_preferences

WIDTH: Final = 100
MARGIN: Final = " " * 9
"""Under the hour."""
IMPORTED: Final = "import"
"""The origin of what an import brings: told as one, by its last event."""
_TOPICS: Final = (ACTIVITY, INVITES, FOLLOWUPS, DIGESTS)
"""In the order of cause and effect."""


class Positioned(NamedTuple):
    """An event, and where the member was."""

    event: Event
    zone: str

    @property
    def wall(self) -> datetime:
        """What the member's clock showed when it was told."""
        return local(_logged_at(self.event), self.zone)

    @property
    def ahead(self) -> float:
        """Hours of the member's clock before UTC."""
        return (self.wall - _logged_at(self.event).replace(tzinfo=None)).total_seconds() / 3600


def transcript(
    events: Iterable[Event], member: str, mails: Mapping[str, EmailMessage], *, mail_text: bool = False
) -> list[str]:
    """Return the member's transcript in lines; `mails` by their Message-ID, and with `mail_text` their words, too."""
    mine = _positioned(events, member)
    return [*_lines(mine, _context_of(mine, member, mails, mail_text=mail_text)), "", _in_all(mine)]


def episode(events: Iterable[Event], member: str, contact_id: str) -> list[str]:
    """Return what passed between the member and one contact, in lines, without the mails that tell of it."""
    mine = _positioned(events, member)
    context = _context_of(mine, member, {}, mail_text=False)
    return list(_lines([one for one in mine if contact_id in context.about(one.event)], context))


def _positioned(events: Iterable[Event], member: str) -> list[Positioned]:
    """Return the member's events in the order of cause and effect, each at the hour of the zone of its day."""
    wishes, placed = Preferences(), []
    for event in sorted((event for event in events if event.member == member), key=_order):
        wishes = evolve_preferences(wishes, event)
        placed.append(Positioned(event, wishes.zone))
    return placed


def _order(event: Event) -> tuple[datetime, int, bool, str, str]:
    ends = not isinstance(event.data, AboutRule)  # what is open of a rule ends as the rule rests
    return _logged_at(event), _TOPICS.index(event.data.TOPIC), ends, str(group_of(event)), event.data.model_dump_json()


def _logged_at(event: Event) -> datetime:
    return event.logged if event.origin == IMPORTED else event.time


def _context_of(
    mine: Sequence[Positioned], member: str, mails: Mapping[str, EmailMessage], *, mail_text: bool
) -> NarrationContext:
    joined = [one.event.data for one in mine if isinstance(one.event.data, MemberJoined)]
    name = next((one.name for one in joined if one.name), member)
    context = NarrationContext(name.split()[0], mails, mail_text)
    for one in mine:
        context.learn(one.event, local(one.event.time, one.zone))
    return context


def _lines(mine: Sequence[Positioned], context: NarrationContext) -> Iterator[str]:
    day, hour, ahead = None, "", mine[0].ahead if mine else 0
    for _, several in groupby(mine, key=lambda one: (one.wall, group_of(one.event))):
        group = list(several)
        if (sentence := _sentence([one.event for one in group], context)) is None:
            continue
        first = group[0]
        if first.wall.date() != day:
            day, hour = first.wall.date(), ""
            yield f"{first.wall:%A, %-d %B %Y}{_clocks(ahead, first.ahead)}"
            ahead = first.ahead
        shown = f"{first.wall:%H:%M}"
        yield from wrap(
            sentence.text,
            WIDTH,
            initial_indent=MARGIN if shown == hour else f"  {shown}  ",
            subsequent_indent=MARGIN + "  ",
            break_on_hyphens=False,
        )
        yield from (f"{MARGIN}  {line}" for line in sentence.below)
        hour = shown


def _sentence(group: Sequence[Event], context: NarrationContext) -> Sentence | None:
    event = group[0]
    if event.data.TOPIC != ACTIVITY:
        return finding(group, context)
    if event.origin == IMPORTED and not isinstance(event.data, ImportCompleted):
        return None
    return Sentence(deed(event, context.me, context.people))


def _clocks(before: float, now: float) -> str:
    if before == now:
        return ""
    return f" (the clocks have gone {'forward' if now > before else 'back'} since: UTC{now:+g})"


def _in_all(mine: Sequence[Positioned]) -> str:
    """Say how quiet it was."""
    mails = sum(isinstance(one.event.data, DigestSent) for one in mine)
    empty = sum(isinstance(one.event.data, DigestSkipped) and one.event.data.why == "empty" for one in mine)
    days = (mine[-1].wall.date() - mine[0].wall.date()).days if mine else 0
    return (
        f"In {days} days: {counted(mails, 'mail')}. {counted(empty, 'digest')} had nothing to tell, and did not come."
    )

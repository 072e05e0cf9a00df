"""Lets the services live through a story in memory, with a mail server that takes every mail."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from rapport.composition import DECIDERS
from rapport.preview.story import Story
from rapport.terminal.failure import Failure
from services.digest.mail.mailer import SENDER
from services.digest.mail.presend_check import taken
from shared.calendar import local
from shared.contracts import Event
from shared.contracts.cloudevents.structured import to_json
from shared.contracts.fields import instant_text
from shared.preferences import Preferences, evolve_preferences
from shared.runtime.offline.dry_run import EVENTS_MAX, DryRun, Perform, Unbounded
from shared.runtime.processing.member.member_state import MemberState
from shared.texts.language import Language, language

if TYPE_CHECKING:
    from rapport.terminal.output import Bar


@dataclass(frozen=True, slots=True)
class Look:
    """A story, and what the services would say in it."""

    story: Story
    events: list[Event]
    """By time."""
    zones: list[tuple[datetime, str]]
    """Since when the member's clock is in which zone; the first entry holds before, too."""
    stumbled: int = 0
    """Events over which a rule stumbled, by service: where the services run, they would be dead letters."""

    @property
    def lang(self) -> Language:
        """The language in which the member reads, as they wished last."""
        return language(reduce(evolve_preferences, self.story.events, Preferences()).locale)

    def wall(self, at: datetime) -> datetime:
        """Return what the member's clock shows at an instant."""
        number = bisect_right(self.zones, at, key=lambda change: change[0])
        return local(at, self.zones[max(number - 1, 0)][1])

    def as_object(self) -> dict[str, Any]:
        """Return the events by type, for programs; a type that did not occur is not listed."""
        by_type: dict[str, list[dict[str, Any]]] = {}
        for event in self.events:
            by_type.setdefault(event.type, []).append(to_json(event))
        return {
            "member": self.story.member,
            "from": instant_text(self.story.begin),
            "until": instant_text(self.story.until),
            "events": dict(sorted(by_type.items())),
        }


def look_at(story: Story, bar: Bar, *, linked: bool = False) -> Look:
    """Return what would be said. `Failure` when it is more than can be held.

    `linked`: whether mails carry links. One without shows more by itself, and what it shows are occasions of its rules.
    """
    dry_run = DryRun(list(DECIDERS.values()), story.member, _performs(linked=linked))
    days = max((story.until - story.begin).days, 1)
    try:
        for now in dry_run.run(story.events, story.until):
            bar.advance((now - story.begin).days, days, "looking ahead")
    except Unbounded as error:
        raise _too_much(error) from None
    return Look(story, dry_run.published, _zones(story), sum(part.stumbled for part in dry_run.parts))


def look_ahead(
    member: str, states: Mapping[str, MemberState[Any, Any]], events: Sequence[Event], now: datetime, until: datetime,
    bar: Bar, *, linked: bool = False,
) -> list[Event]:  # fmt: skip
    """Return what would be said from now on by services that know so much, and are told this besides. Raises as `look_at`."""
    dry_run = DryRun(list(DECIDERS.values()), member, _performs(linked=linked))
    days = max((until - now).days, 1)
    try:
        dry_run.go_on(states, now)
        for at in dry_run.run(events, until):
            bar.advance((at - now).days, days, "looking ahead")
    except Unbounded as error:
        raise _too_much(error) from None
    return dry_run.published


def _performs(*, linked: bool) -> Mapping[str, Perform]:
    return {"digest": partial(taken, domain=SENDER.domain, linked=linked)}


def _too_much(error: Unbounded) -> Failure:
    return Failure(f"more than {EVENTS_MAX:,} events come of it by {error.now:%d %b %Y}: look at fewer days (--days)")


def _zones(story: Story) -> list[tuple[datetime, str]]:
    wishes = Preferences()
    zones: list[tuple[datetime, str]] = []
    for event in story.events:
        after = evolve_preferences(wishes, event)
        if after is not wishes and (not zones or after.zone != zones[-1][1]):
            zones.append((event.logged, after.zone))
        wishes = after
    return zones or [(story.begin, wishes.zone)]

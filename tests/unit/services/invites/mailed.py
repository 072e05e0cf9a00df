"""A member of *invites* beside the mails of *digest*, which come as they were set and name what will be pulled back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from services.invites.decider import DECIDER
from services.invites.rules.notices import NAMED_MAX, no_mail
from services.invites.state import INVITE, Invite, InvitesProfile, Item
from shared.calendar import next_slot
from shared.contracts import DIGESTS, DigestFailed, DigestSent, Event, NamedRetraction
from shared.testing.loop import ITEMS_MAX, Loop

STEPS_MAX = 10_000
"""Wakes and mails in one run."""
Fate = Callable[[datetime], timedelta | None]
"""What becomes of the mail of a digest that is due then: it is taken so much later, or (None) it never is."""


class InvitesLoop(Loop[InvitesProfile, Item]):
    """The decider in memory, beside digests. `fate` says what becomes of each; at once, if nothing is said."""

    def __init__(self, *, items_max: int = ITEMS_MAX, fate: Fate = lambda due: timedelta()) -> None:
        super().__init__(DECIDER, items_max=items_max)
        self.fate = fate
        self.mails: list[Event] = []
        """What *digest* has said."""
        self._numbers = count(1)

    def run_until(self, instant: datetime) -> None:
        """Wake what falls due, and mail what is to be named, in the order of their instants."""
        for _ in range(STEPS_MAX):
            wake, mail = min(self.wakes.values(), default=None), self._next_mail()
            if mail is not None and mail <= instant and (wake is None or mail <= wake):
                super().run_until(mail - timedelta.resolution)
                self._mail(mail)
            elif wake is not None and wake <= instant:
                super().run_until(max(wake, self.now))
            else:
                break
        else:
            raise AssertionError("wakes and mails for ever")
        super().run_until(instant)

    def say(self, data: DigestSent | DigestFailed, at: datetime) -> None:
        """Let *digest* say something."""
        number = next(self._numbers)
        event = Event(f"{DIGESTS}/0/{number}", self.member, at, at, data, "/rapport/digest", number=number)
        self.mails.append(event)
        self.apply(event)

    def _next_mail(self) -> datetime | None:
        wishes = self.profile.preferences
        if no_mail(self.profile) is not None or not self._to_name(self.now):
            return None
        weekday = None if wishes.digest_every == "daily" else wishes.digest_weekday
        return next_slot(self.now, wishes.zone, wishes.digest_time, weekday).instant

    def _mail(self, due: datetime) -> None:
        named, later = self._to_name(due)[:NAMED_MAX], self.fate(due)
        self.now = due
        if later is None or not named:
            return
        if later:
            super().run_until(due + later)
        shown = tuple(NamedRetraction(invite_id=key, retract_at=day) for day, key in named)
        self.say(DigestSent(digest_id="d", period=f"{due:%Y-%m-%d}", message_id="<m>", retractions=shown), due + later)

    def _to_name(self, at: datetime) -> list[tuple[datetime, str]]:
        """Return what a digest finds at an instant: the notices of open invites that were not kept since, the next first."""
        return sorted(
            (one.retract_at, key.removeprefix(INVITE))
            for key, one in self.items.items()
            if isinstance(one, Invite)
            and one.noticed_at is not None
            and one.retract_at is not None
            and one.retract_at > at
            and (one.wish is None or one.wish.time < one.noticed_at)
        )

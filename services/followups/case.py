"""One rule on one subject of one member: what the functions of the core look at together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.followups.rules import Anchor, Rule
from services.followups.state import CONTACT, HABITS, REMINDER, Habits, Item, Profile, Slot, Subject
from shared.decision import View
from shared.preferences import Preferences, Register

Followups = View[Profile, Item]


@dataclass(frozen=True, slots=True)
class Case:
    """A rule on a subject, with what the member wishes. Other items are loaded when they are asked for."""

    view: Followups
    key: str
    rule: Rule
    subject: Subject

    @property
    def slot(self) -> Slot:
        """What was said of it."""
        return self.subject.slots.get(self.rule.name, Slot())

    @property
    def anchor(self) -> Anchor | None:
        return self.rule.anchor(self.subject)

    @property
    def wishes(self) -> Preferences:
        return self.view.profile.preferences

    @property
    def zone(self) -> str:
        return self.wishes.zone

    @property
    def switch(self) -> Register | None:
        """The member's last word on whether the rule is on."""
        return self.wishes.switch(self.rule.name)

    @property
    def on(self) -> bool:
        return self.switch is None or bool(self.switch.value)

    @property
    def on_since(self) -> datetime | None:
        """When the member switched the rule on; None while that is the default."""
        return self.switch.time if self.switch is not None and self.switch.value else None

    @property
    def offsets(self) -> tuple[int, ...]:
        """Days from the base, rising. A reminder always comes at its own time first."""
        wished = self.wishes.rule(self.rule.name).offsets
        days = self.rule.offsets if wished is None else tuple(sorted({offset.days for offset in wished}))
        return (0, *(day for day in days if day > 0)) if self.rule.kind == REMINDER else days

    @property
    def contact_id(self) -> str:
        """Whom it is about; empty when it is about nobody."""
        if self.rule.kind == CONTACT:
            return self.key.removeprefix(f"{CONTACT}/")
        if self.subject.request is not None:
            return self.subject.request.contact_id
        return "" if self.subject.person is None else self.subject.person.contact_id

    @property
    def contact(self) -> Subject | None:
        """What is known of that person."""
        if self.rule.kind == CONTACT:
            return self.subject
        known = self.view.item(f"{CONTACT}/{self.contact_id}") if self.contact_id else None
        return known if isinstance(known, Subject) else None

    @property
    def habits(self) -> Habits:
        known = self.view.item(HABITS)
        return known if isinstance(known, Habits) else Habits()

"""What is known of one meeting: its hour and its people, each as the last word about it leaves it."""

from __future__ import annotations

from datetime import datetime

from shared.decider import State


class Company(State, frozen=True, rename={"time": "t", "id": "i", "contact_ids": "c", "count": "n"}):
    """With whom a meeting is: a register won by the highest (time, id), as its hour may be told without them."""

    time: datetime
    id: str
    contact_ids: tuple[str, ...]
    count: int


class Meeting(
    State,
    frozen=True,
    rename={
        "time": "t", "id": "i", "logged": "l", "starts": "s", "zone": "z", "kind": "k", "minutes": "m", "place": "p",
        "company": "c",
    },
):  # fmt: skip
    """A meeting as the last word about it leaves it: a register won by the highest (time, id)."""

    time: datetime
    id: str
    logged: datetime
    """When the last event about it was logged, whichever won."""
    starts: datetime | None = None
    """Wall time in `zone`. None: it is over, or will not take place."""
    zone: str = ""
    kind: str = ""
    minutes: int = 0
    place: str = ""
    company: Company | None = None
    """With whom, as the last event that names them says; None: no event did."""

    @property
    def contact_ids(self) -> tuple[str, ...]:
        """The first `MEETING_PEOPLE_MAX` people to meet."""
        return () if self.company is None else self.company.contact_ids

    @property
    def count(self) -> int:
        """How many people there are to meet."""
        return 0 if self.company is None else self.company.count

"""What the member said of follow-ups, and which of it they have taken back.

An answer is taken back by one that comes within `REOPEN_WITHIN` after it and names the same turn, or the reminder alone: that
follows from the answers themselves, in whatever order they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.contracts import limits
from shared.decider import State

Kind = Literal["done", "dismissed", "snoozed", "reopened"]
REOPEN_WITHIN: Final = timedelta(days=limits.REOPEN_DAYS_MAX)


class Answer(
    State, frozen=True, rename={"time": "t", "id": "i", "kind": "k", "cycle": "c", "until": "u", "logged": "l"}
):
    """What the member said of a follow-up."""

    time: datetime
    id: str
    kind: Kind
    cycle: str = ""
    """Empty: the member named the reminder, not one of its cycles."""
    until: datetime | None = None
    logged: datetime | None = None
    """When it was logged first, of one that counts as what the rule asks for."""

    @property
    def order(self) -> tuple[datetime, str]:
        return self.time, self.id


class TouchAnswer(State, frozen=True, array_like=True):
    """That the member said of a follow-up with somebody that it is done, or took that back."""

    time: datetime
    id: str
    kind: Kind
    turn: str
    """Its rule and cycle."""

    @property
    def order(self) -> tuple[datetime, str]:
        return self.time, self.id


def standing(answers: Sequence[Answer]) -> Sequence[Answer]:
    """Return the answers but for those that were taken back, and for what took them back."""
    if not any(one.kind == "reopened" for one in answers):
        return answers
    return [one for one in answers if one.kind != "reopened" and taken_back_by(answers, one) is None]


def taken_back_by(answers: Sequence[Answer], answer: Answer) -> Answer | None:
    """Return what took back an answer to the same rule; the first, if several did."""
    if answer.kind not in ("done", "dismissed"):
        return None
    found = (one for one in answers if one.kind == "reopened" and _takes_back(one, answer))
    return min(found, key=lambda one: one.order, default=None)


def withdrawal_of(answers: Mapping[str, Sequence[Answer]], event_id: str) -> Iterator[Answer]:
    """Yield what took back the answer that is that event, among a subject's answers by rule."""
    for of_rule in answers.values():
        if any(one.kind == "reopened" for one in of_rule):
            taken = (taken_back_by(of_rule, one) for one in of_rule if one.id == event_id)
            yield from (one for one in taken if one is not None)


def takes_back(later: datetime, answered: datetime) -> bool:
    """Say whether what was said later comes in time to take back what was answered."""
    return answered <= later <= answered + REOPEN_WITHIN


def _takes_back(later: Answer, answer: Answer) -> bool:
    same = not later.cycle or not answer.cycle or later.cycle == answer.cycle
    return same and answer.order < later.order and takes_back(later.time, answer.time)

"""What the member's answers make of a subject: they join, and what they count as goes with those that are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from services.followups.apply.merge import part, see, whole
from services.followups.model.answers import Answer, Kind, standing
from services.followups.model.event_codes import CODES, STEPS
from services.followups.model.state import ANSWERS_MAX, Subject, parse_followup_id
from services.followups.model.values import LoggedEvent
from services.followups.rules.table import RULES
from shared.contracts import (
    Event,
    EventData,
    FollowupAnswered,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupSnoozed,
)

_KINDS: Final[dict[type[EventData], Kind]] = {
    FollowupDone: "done",
    FollowupDismissed: "dismissed",
    FollowupSnoozed: "snoozed",
    FollowupReopened: "reopened",
}
_DONE: Final = CODES[FollowupDone]


def answered(subject: Subject, data: FollowupAnswered, event: Event) -> Subject:
    """Return the subject after an answer of the member."""
    _, name, cycle = parse_followup_id(data.followup_id)
    rule = RULES.get(name)
    if rule is None:
        return subject
    counts_as, kind = rule.completion.done_counts_as, _KINDS[type(data)]
    until = data.until if isinstance(data, FollowupSnoozed) else None
    logged = event.logged if kind == "done" and counts_as is not None else None
    before = subject.answers.get(name, ())
    kept, dropped = _with(before, Answer(event.time, event.id, kind, cycle, until, logged))
    after = subject if kept == before else replace(subject, answers={**subject.answers, name: kept})
    if counts_as is None or (after is subject and not dropped):
        return after
    return _recount(subject, after, [(counts_as, one) for one in dropped])


def _with(before: tuple[Answer, ...], answer: Answer) -> tuple[tuple[Answer, ...], list[Answer]]:
    """Return the latest answers, of the same one told twice that which was logged first, and which of them are no longer."""
    before_now = {replace(one, logged=None): one for one in before}
    other = before_now.get(same := replace(answer, logged=None))
    if other is not None and other.logged is not None and answer.logged is not None and other.logged <= answer.logged:
        return before, []
    every = sorted({**before_now, same: answer}.values(), key=lambda one: (one.order, one.kind, one.cycle))
    over = {
        id(one)
        for snoozed in (False, True)
        for one in [one for one in every if (one.kind == "snoozed") is snoozed][:-ANSWERS_MAX]
    }
    return tuple(one for one in every if id(one) not in over), [one for one in every if id(one) in over]


def _recount(before: Subject, after: Subject, dropped: list[tuple[type[EventData], Answer]]) -> Subject:
    """Return a subject that knows what its answers count as, as far as they stand; those that it drops stand for good."""
    kinds = {kind for kind, _ in _counted(after)}
    codes = tuple(sorted(CODES[kind] for kind in kinds))
    less = before.without_answers
    every = tuple(sorted({*codes, *less.codes, *(CODES[kind] for kind, _ in dropped)}))
    new = part(before, tuple(code for code in every if code not in less.codes))
    base = whole(
        replace(
            less, seen={**less.seen, **new.seen}, help={**less.help, **new.help}, step=less.step or new.step
        )
    )  # fmt: skip
    for kind, answer in dropped:
        if answer.kind == "done" and answer.logged is not None:
            base = see(base, kind, _event_of(answer))
    counted = base
    for kind, answer in _counted(after, only_standing=True):
        counted = see(counted, kind, _event_of(answer))
    return replace(
        after,
        seen={**{code: seen for code, seen in after.seen.items() if code not in every}, **counted.seen},
        help={**{side: times for side, times in after.help.items() if side not in every}, **counted.help},
        step=after.step if _STEPS.isdisjoint(every) else counted.step,
        without_answers=part(base, codes),
    )


def _counted(subject: Subject, *, only_standing: bool = False) -> Iterator[tuple[type[EventData], Answer]]:
    """Yield what is done by the answers that are remembered, with the type of event that each counts as.

    An older version kept no log time of them: what it has counted stays.
    """
    for name, answers in subject.answers.items():
        if name in RULES and (kind := RULES[name].completion.done_counts_as) is not None:
            found = standing(answers) if only_standing else answers
            yield from ((kind, one) for one in found if one.kind == "done" and one.logged is not None)


def _event_of(answer: Answer) -> LoggedEvent:
    return LoggedEvent(answer.time, answer.id, answer.logged or answer.time, _DONE)


_STEPS: Final = frozenset(CODES[kind] for kind in STEPS)

"""What happened to one item of a member, step by step, and how rules stand with it: for people, programs and pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rapport.inspect.explanation import Stand
    from rapport.inspect.memory.item_lookup import Target
    from rapport.inspect.memory.member_replay import Memory
    from shared.contracts import Event

STEPS_MAX: Final = 5_000
"""Steps of an item that are kept: the latest ones."""


@dataclass(slots=True)
class Step:
    """An event that has to do with the item."""

    event: Event
    services: list[str] = field(default_factory=list)
    """Whose knowledge of the item it changed."""


def steps_of(memory: Memory, target: Target) -> list[Step]:
    """Return what happened to the item, in the order in which it happened: each event once, the latest `STEPS_MAX`."""
    from rapport.inspect.narration import of_services

    found: dict[tuple[str, str], Step] = {}
    for name, history in memory.services.items():
        for event, keys in history.changes:
            if target.key in keys and not target.period and (not of_services(event) or target.is_named_by(event)):
                found.setdefault((event.id, event.type), Step(event)).services.append(name)
    for event in memory.own_events():
        if target.is_named_by(event) and not _is_erased(memory, event):
            found.setdefault((event.id, event.type), Step(event))
    for event in _answers_as_a_whole(memory, target):
        found.setdefault((event.id, event.type), Step(event, ["invites", "digest"]))
    steps = sorted(
        found.values(),
        key=lambda step: (step.event.time, step.event.logged, of_services(step.event), step.event.number or 0),
    )
    return _until_its_end(steps, target)[-STEPS_MAX:]


def _answers_as_a_whole(memory: Memory, target: Target) -> Iterator[Event]:
    """Yield the member's answers to a whole proposal in which an invite stood: they name the proposal alone."""
    from rapport.inspect.memory.item_lookup import items_in
    from services.invites.state import INVITE
    from shared.contracts import ACTIVITY, Event, InviteKept, InviteRetractionApproved, InviteRetractionProposed
    from shared.runtime.processing.reading import read_event

    if not target.key.startswith(INVITE) or target.rule:
        return
    proposals = {
        event.data.proposal_id
        for event in memory.own_events()
        if isinstance(event.data, InviteRetractionProposed) and target.key in items_in(event.data)
    }
    for record in memory.records.get(ACTIVITY, ()) if proposals else ():
        event = read_event(record)
        if not isinstance(event, Event) or not isinstance(event.data, InviteKept | InviteRetractionApproved):
            continue
        if event.data.proposal_id in proposals and not _is_erased(memory, event):
            yield event


def _until_its_end(steps: list[Step], target: Target) -> list[Step]:
    """Leave out what happened to a person or a meeting after the follow-up that is asked about had ended."""
    from shared.contracts import FollowupEnded, FollowupLapsed

    ends = [
        number for number, step in enumerate(steps, 1) if isinstance(step.event.data, FollowupEnded | FollowupLapsed)
    ]
    return steps[: ends[-1]] if target.followup_id and ends else steps


def statuses_of(memory: Memory, target: Target) -> list[Stand]:
    """Return how the rules of each service stand with the item; with an old invite, those of its proposal, too."""
    from rapport.inspect.explanation import Stand
    from services.invites.explain import gathered
    from services.invites.state import INVITE, PROPOSALS

    if target.period and not _is_running(memory, target):
        return []
    asked = [(name, target.key) for name in memory.services]
    if target.key.startswith(INVITE) and gathered(memory.services["invites"].state.view, target.key):
        asked.append(("invites", PROPOSALS))
    stands = (Stand(name, key, reason, target.key) for name, key in asked for reason in memory.reasons(name, key))
    return [stand for stand in stands if target.rule in ("", stand.reason.rule)]


def as_object(memory: Memory, target: Target, steps: Sequence[Step], locale: str = "en") -> dict[str, Any]:
    """Return all of it for programs, with sentences in the language of a locale."""
    from rapport.inspect.explanation import reason_object, step_object
    from rapport.inspect.known_before import kept_of
    from rapport.inspect.narration import Narrator
    from shared.texts.language import language

    narrator = Narrator(memory, language(locale))
    return {
        "member": memory.member,
        "item": target.key,
        "rule": target.rule or None,
        "followup_id": target.followup_id or None,
        "period": target.period or None,
        "zone": memory.zone,
        "steps": [step_object(narrator, target, step.event, step.services) for step in steps],
        "known_before": [one.as_dict(memory.zone) for one in kept_of(narrator, target)],
        "standing": [reason_object(narrator, stand) for stand in statuses_of(memory, target)],
        "unreadable_records": memory.unreadable,
        "begins_at": memory.begins_at,
    }


def _is_running(memory: Memory, target: Target) -> bool:
    """Say whether the digest of a period is not settled: it is the next one, or its mail is under way."""
    from rapport.inspect.memory.item_lookup import periods
    from services.digest.explain import UNDER_WAY
    from services.digest.model.state import DIGEST, Running

    running = memory.item("digest", DIGEST)
    if not isinstance(running, Running):
        return False
    if running.outcome in UNDER_WAY:
        return target.period == running.period
    return target.period == periods(memory)[-1] and target.period not in (running.weekly, running.daily)


def _is_erased(memory: Memory, event: Event) -> bool:
    """Say whether an event lies before the member's last erasure: it is forgotten, wherever it may still stand."""
    from shared.runtime.processing.member.incarnation import is_of_a_service, named_by

    begins = max(history.state.notes.incarnation for history in memory.services.values())
    return (named_by(event, begins) if is_of_a_service(event) else event.offset or 0) < begins

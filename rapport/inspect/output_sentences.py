"""What Rapport said of its own, as sentences: reminders, endings, invites let go, mails, and because of what."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final, NamedTuple

from rapport.inspect.input_sentences import People, concerned, counted
from shared.contracts import (
    AboutMeeting,
    Because,
    DigestPrepared,
    DigestSending,
    DigestSent,
    DigestSkipped,
    Event,
    EventData,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupPlan,
    FollowupRequested,
    InviteIgnored,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    PushSending,
    PushWithdrawing,
    RuleQuieted,
    RuleResumed,
)
from shared.texts.sentences import RESTS

RECURRING: Final = frozenset({"stay_in_touch", "keep_at_it"})
"""Rules that come again, answered or not: to say each time that they rest would be untrue."""
SILENT: Final = (FollowupPlan, DigestPrepared, DigestSending, DigestSkipped, PushSending, PushWithdrawing)
"""What only leads up to something that is told."""


class Sentence(NamedTuple):
    """A sentence, and what stands below it as it is."""

    text: str
    below: tuple[str, ...] = ()


@dataclass(slots=True)
class NarrationContext:
    """What the events tell together: most name people, meetings and reasons by ids alone."""

    me: str
    mails: Mapping[str, EmailMessage]
    mail_text: bool
    people: People = field(default_factory=People)
    plans: dict[str, FollowupPlan] = field(default_factory=dict)
    """Of each follow-up, the plan that held last, as far as the telling has come."""
    due: set[str] = field(default_factory=set)
    """Follow-ups that fell due."""
    company: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Whom each meeting, and each reminder of the member's own, is about."""
    days: dict[str, datetime] = field(default_factory=dict)
    """When each event happened, on the member's clock."""

    def learn(self, event: Event, wall: datetime) -> None:
        """Take in an event."""
        self.people.learn(event)
        self.days[event.id] = wall
        if isinstance(event.data, AboutMeeting):
            if event.data.contact_ids:
                self.company[event.data.meeting_id] = event.data.contact_ids
        elif isinstance(event.data, FollowupRequested):
            self.company[event.data.followup_id] = concerned(event)
        elif isinstance(event.data, FollowupPlan):
            self.plans.setdefault(event.data.followup_id, event.data)
        elif isinstance(event.data, FollowupDue):
            self.due.add(event.data.followup_id)

    def about(self, event: Event) -> tuple[str, ...]:
        """Return the ids of the people whom an event is about, also where it names a meeting or a follow-up alone."""
        data: Any = event.data
        followup_id = getattr(data, "followup_id", "")
        plan = self.plans.get(followup_id)
        if plan is not None and plan.contact_id is not None:
            return (plan.contact_id,)
        return concerned(event) or self.company.get(getattr(data, "meeting_id", followup_id), ())

    def because(self, because: Because) -> str:
        """Return the reason in words: what happened, and on which day."""
        day = self.days.get(because.id)
        return in_words(because.type) + (f", {day:%-d %B}" if day else "")


def group_of(event: Event) -> Hashable:
    """Return what events of one instant have in common that are told as one."""
    data = event.data
    if isinstance(data, FollowupCompleted | FollowupCancelled):
        return (data.TYPE, data.because.id)
    if isinstance(data, InviteIgnored | InviteRetracted):
        return (data.TYPE, getattr(data, "by", ""))
    return (data.TYPE, data.model_dump_json())


def finding(group: Sequence[Event], context: NarrationContext) -> Sentence | None:
    """Return what events of one group say; None for what only leads up to something that is told."""
    data = [event.data for event in group]
    kind = type(data[0])
    if isinstance(data[0], FollowupPlan):
        context.plans[data[0].followup_id] = data[0]
    if issubclass(kind, SILENT) or _is_over(group[0], context):
        return None
    return _SAY[kind](data, context) if kind in _SAY else Sentence(f"Rapport: {in_words(kind.TYPE)}.")


def _is_over(event: Event, context: NarrationContext) -> bool:
    """Say whether nothing is let rest by a lapse: a meeting begins, or what was not answered comes again by itself."""
    if not isinstance(event.data, FollowupLapsed):
        return False
    if event.data.rule in RECURRING:
        return True
    plan = context.plans.get(event.data.followup_id)
    return plan is not None and plan.starts_at == event.time


def in_words(type_name: str) -> str:
    """Return a type of event as words: `invite accepted`."""
    return type_name.removeprefix("rapport.").replace(".", " ").replace("_", " ")


def _due(data: Sequence[Any], context: NarrationContext) -> Sentence:
    [due] = data
    plan = context.plans.get(due.followup_id)
    how = f"Rapport reminds {context.me}" if due.push else "Rapport notes for the next digest"
    why = f", because: {context.because(plan.because)}" if plan else ""
    return Sentence(f"{how}: “{due.text or due.what or due.rule}” [{due.rule}{why}]")


def _completed(data: Sequence[Any], context: NarrationContext) -> Sentence:
    answered = [one.rule for one in data if one.followup_id in context.due]
    spared = [one.rule for one in data if one.followup_id not in context.due]
    clauses = [f"that answers {_listed(answered)}"] if answered else []
    clauses += [f"no need to remind of {_listed(spared)}"] if spared else []
    return Sentence(f"Rapport: {', and '.join(clauses)} [because: {in_words(data[0].because.type)}].")


def _cancelled(data: Sequence[Any], _: NarrationContext) -> Sentence:
    return Sentence(
        f"Rapport: {_listed(one.rule for one in data)} ends here [because: {in_words(data[0].because.type)}]."
    )


def _lapsed(data: Sequence[Any], context: NarrationContext) -> Sentence:
    [lapsed] = data
    plan = context.plans.get(lapsed.followup_id)
    whom = f" with {context.people.named([plan.contact_id])}" if plan and plan.contact_id else ""
    return Sentence(f"Rapport lets {lapsed.rule}{whom} rest.")


def _quieted(data: Sequence[Any], context: NarrationContext) -> Sentence:
    again = "It asked once more, and comes up no more for now" if data[0].again else RESTS.format(who=context.me)
    return Sentence(f"{again}: {data[0].rule}.")


def _resumed(data: Sequence[Any], _: NarrationContext) -> Sentence:
    return Sentence(f"Rapport may bring {data[0].rule} up again [{data[0].why.replace('_', ' ')}].")


def _ignored(data: Sequence[Any], context: NarrationContext) -> Sentence:
    return Sentence(f"Rapport finds {_invites(data, context)}, open for {_ages(data)}.")


def _proposed(data: Sequence[Any], _: NarrationContext) -> Sentence:
    [proposal] = data
    count = len(proposal.invites) + len(proposal.more or ())
    again = " once more" if proposal.attempt > 1 else ""
    one = f"the invite to {proposal.invites[0].contact.name} go"
    what = one if count == 1 else f"{counted(count, 'invite')} go, all at once"
    return Sentence(f"Rapport proposes{again} to let {what}. Without an answer nothing happens.")


def _retracted(data: Sequence[Any], context: NarrationContext) -> Sentence:
    how = f"as {context.me} said" if data[0].by == "member" else f"as {context.me} chose, and was told before"
    return Sentence(f"Rapport pulls back {_invites(data, context)}, after {_ages(data)}, {how}.")


def _noticed(data: Sequence[Any], context: NarrationContext) -> Sentence:
    return Sentence(f"Rapport will pull back {_invites(data, context)} in some days, unless {context.me} says keep.")


def _sent(data: Sequence[Any], context: NarrationContext) -> Sentence:
    [sent] = data
    week = sent.period.partition("-W")
    which = f"of week {int(week[2])}" if week[1] else f"of {sent.period}"
    mail = context.mails.get(sent.message_id)
    if mail is None:
        return Sentence(f"Rapport mails the digest {which}.")
    body = mail.get_body(("plain",))
    words = str(body.get_content()).rstrip().splitlines() if context.mail_text and body is not None else []
    subject = " ".join(str(mail["Subject"]).split())
    return Sentence(f"Rapport mails the digest {which}: “{subject}”", tuple(f"| {line}".rstrip() for line in words))


_SAY: Final[Mapping[type[EventData], Callable[[Sequence[Any], NarrationContext], Sentence]]] = {
    FollowupDue: _due,
    FollowupCompleted: _completed,
    FollowupCancelled: _cancelled,
    FollowupLapsed: _lapsed,
    RuleQuieted: _quieted,
    RuleResumed: _resumed,
    InviteIgnored: _ignored,
    InviteRetractionProposed: _proposed,
    InviteRetractionNoticed: _noticed,
    InviteRetracted: _retracted,
    DigestSent: _sent,
}


def _listed(rules: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(rules))


def _invites(data: Sequence[Any], context: NarrationContext) -> str:
    if len(data) > 1:
        return counted(len(data), "invite")
    return f"the invite to {context.people.named([data[0].contact_id])}"


def _ages(data: Sequence[Any]) -> str:
    ages = sorted({one.age_days for one in data})
    return f"{ages[0]} to {ages[-1]} days" if len(ages) > 1 else f"{ages[0]} days"

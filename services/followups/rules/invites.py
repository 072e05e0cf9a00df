"""Invites, sent and received: why, and whether there will be an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.followups.model.state import INVITE, Subject
from services.followups.rules.form.context import RuleContext, TriggerEvent
from services.followups.rules.form.rule import Completion, Delivery, GoesQuiet, Rule, WithPerson, anytime
from services.followups.rules.form.schedules import after
from services.followups.rules.form.triggers import HORIZON, MORNING, digest_after, first_logged
from shared.contracts import (
    ContactConnected,
    EventData,
    InviteAccepted,
    InviteDeclined,
    InviteExpired,
    InviteReceived,
    InviteReported,
    InviteRetracted,
    InviteSent,
    InviteWhyAsked,
    InviteWhyGiven,
    InviteWithdrawn,
    MessageSent,
    ThanksSent,
)

_YES: Final = (InviteAccepted, ContactConnected)
_NO: Final = (InviteDeclined, InviteReported)
_GONE: Final = (InviteWithdrawn, InviteRetracted, InviteExpired)


def next_digest(case: RuleContext, trigger: TriggerEvent) -> datetime:
    """Count from the first digest after the invite was told, or from when it would come if digests are off."""
    return digest_after(case, max(trigger.time, trigger.logged))


def says_why(data: EventData) -> bool:
    """Say whether an event gives the reason for an invite: one that is sent may do so, too."""
    return not isinstance(data, InviteSent) or data.why is not None


def by_the_member(invite: Subject) -> bool:
    """Say whether the member sent the invite."""
    return invite.saw(InviteSent) is not None


def to_the_member(invite: Subject) -> bool:
    """Say whether the member received the invite."""
    return invite.saw(InviteReceived) is not None


RULES: Final = (
    Rule(
        "say_why",
        about=INVITE,
        trigger=first_logged(InviteSent, logged_within=HORIZON),
        schedule=after(days=(0,), since=next_digest),
        completion=Completion(
            done_by=anytime(InviteWhyGiven),
            with_person=WithPerson(
                (
                    MessageSent,
                    ThanksSent,
                )
            ),
            stopped_by=(*_YES, *_NO, *_GONE),
        ),
        delivery=Delivery(
            quiet=GoesQuiet(woken_by=(InviteWhyGiven, InviteSent), counts=says_why, of=by_the_member),
        ),
    ),
    Rule(
        "no_answer_yet",
        about=INVITE,
        trigger=first_logged(InviteSent, logged_within=HORIZON),
        schedule=after(days=(7,)),
        completion=Completion(done_by=anytime(*_YES), stopped_by=(*_NO, *_GONE)),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteWhyGiven,), of=by_the_member)),
    ),
    Rule(
        "ask_why",
        about=INVITE,
        trigger=first_logged(InviteReceived, logged_within=HORIZON),
        schedule=after(days=(1,), at=MORNING),
        completion=Completion(done_by=anytime(InviteWhyAsked, InviteWhyGiven), stopped_by=(*_YES, *_NO, *_GONE)),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteWhyAsked,))),
    ),
    Rule(
        "answer_invite",
        about=INVITE,
        trigger=first_logged(InviteReceived, logged_within=HORIZON),
        schedule=after(days=(3, 7)),
        completion=Completion(done_by=anytime(*_YES, *_NO), stopped_by=_GONE),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteAccepted, *_NO), of=to_the_member)),
    ),
)

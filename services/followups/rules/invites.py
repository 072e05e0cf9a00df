"""Invites, sent and received: why, and whether there will be an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.followups.model.state import INVITE
from services.followups.rules.context import Anchor, RuleContext
from services.followups.rules.rule import Completion, Delivery, GoesQuiet, Rule, WithPerson, anytime
from services.followups.rules.schedules import after
from services.followups.rules.triggers import HORIZON, MORNING, digest_after, first_told
from shared.contracts import (
    ContactConnected,
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


def next_digest(case: RuleContext, anchor: Anchor) -> datetime:
    """Count from the first digest after the invite was told, or from when it would come if digests are off."""
    return digest_after(case, max(anchor.time, anchor.logged))


RULES: Final = (
    Rule(
        "say_why",
        about=INVITE,
        trigger=first_told(InviteSent, told_within=HORIZON),
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
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteWhyGiven,))),
    ),
    Rule(
        "no_answer_yet",
        about=INVITE,
        trigger=first_told(InviteSent, told_within=HORIZON),
        schedule=after(days=(7,)),
        completion=Completion(done_by=anytime(*_YES), stopped_by=(*_NO, *_GONE)),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteWhyGiven,))),
    ),
    Rule(
        "ask_why",
        about=INVITE,
        trigger=first_told(InviteReceived, told_within=HORIZON),
        schedule=after(days=(1,), at=MORNING),
        completion=Completion(done_by=anytime(InviteWhyAsked, InviteWhyGiven), stopped_by=(*_YES, *_NO, *_GONE)),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteWhyAsked,))),
    ),
    Rule(
        "answer_invite",
        about=INVITE,
        trigger=first_told(InviteReceived, told_within=HORIZON),
        schedule=after(days=(3, 7)),
        completion=Completion(done_by=anytime(*_YES, *_NO), stopped_by=_GONE),
        delivery=Delivery(quiet=GoesQuiet(woken_by=(InviteDeclined, InviteReported))),
    ),
)

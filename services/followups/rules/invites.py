"""Invites, sent and received: why, and whether there will be an answer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.followups.model.state import INVITE
from services.followups.rules.rule import Anchor, Case, Rule
from services.followups.rules.triggers import HORIZON, MORNING, anchored, digest_after, first_of
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


def next_digest(case: Case, anchor: Anchor) -> datetime:
    """Count from the first digest after the invite was told, or from when it would come if digests are off."""
    return digest_after(case, max(anchor.time, anchor.logged))


RULES: Final = (
    Rule(
        name="say_why",
        kind=INVITE,
        anchor=first_of(InviteSent),
        needs=(InviteSent,),
        base=next_digest,
        offsets=(0,),
        asks=(InviteWhyGiven,),
        with_contact=(MessageSent, ThanksSent),
        stops=(*_YES, *_NO, *_GONE),
        wakes=(InviteWhyGiven,),
        horizon=HORIZON,
    ),
    Rule(
        name="no_answer_yet",
        kind=INVITE,
        anchor=first_of(InviteSent),
        needs=(InviteSent,),
        base=anchored,
        offsets=(7,),
        asks=_YES,
        stops=(*_NO, *_GONE),
        wakes=(InviteWhyGiven,),
        horizon=HORIZON,
    ),
    Rule(
        name="ask_why",
        kind=INVITE,
        anchor=first_of(InviteReceived),
        needs=(InviteReceived,),
        base=anchored,
        offsets=(1,),
        at=MORNING,
        asks=(InviteWhyAsked, InviteWhyGiven),
        stops=(*_YES, *_NO, *_GONE),
        wakes=(InviteWhyAsked,),
        horizon=HORIZON,
    ),
    Rule(
        name="answer_invite",
        kind=INVITE,
        anchor=first_of(InviteReceived),
        needs=(InviteReceived,),
        base=anchored,
        offsets=(3, 7),
        asks=(*_YES, *_NO),
        stops=_GONE,
        wakes=(InviteDeclined, InviteReported),
        horizon=HORIZON,
    ),
)

"""All that a member can do over HTTP: for each action its path, its event, and the fields of its body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.contracts import (
    ContactCadenceSet,
    ContactMuted,
    ContactUnmuted,
    EventData,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupRequested,
    FollowupShown,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
    MemberChannelRemoved,
    MemberChannelSet,
    MemberErased,
    MemberPreferencesSet,
)
from shared.contracts.fields import instant_text

ID: Final = "id"
"""A field that every body may have: the event's own id."""
Named = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a member does."""

    path: str
    """Below the member's."""
    kind: type[EventData]
    summary: str
    takes: tuple[str, ...] = ()
    """The fields of its body, which are the event's."""
    example: Mapping[str, Any] | None = None
    method: str = "POST"
    fill: Callable[[str, datetime], Named] = lambda item, now: {}
    """The fields that the path names, by its item and the instant."""
    optional: bool = True
    """Whether there may be no body."""

    @property
    def name(self) -> str:
        """What a client that is made of the document calls it: `post_followups_one_done`."""
        words = ["one" if part.startswith("{") else part for part in self.path.split("/") if part]
        return "_".join([self.method.lower(), *(words or ["member"])])


def _followup(item: str, now: datetime) -> Named:  # noqa: ARG001 - as `Action.fill`
    return {"followup_id": item}


def _contact(item: str, now: datetime) -> Named:  # noqa: ARG001 - as `Action.fill`
    return {"contact_id": item}


def _invite(item: str, now: datetime) -> Named:  # noqa: ARG001 - as `Action.fill`
    return {"invite_ids": [item]}


def _no_pause(item: str, now: datetime) -> Named:  # noqa: ARG001 - as `Action.fill`
    return {"paused_until": instant_text(now)}


PREFERENCES: Final = ("zone", "locale", "quiet_hours", "digest", "retraction", "rules", "per_day", "paused_until")
OF_MEMBER: Final = (
    Action(
        "/followups", FollowupRequested, "Ask to be reminded", ("followup_id", "contact_id", "what", "due", "every_days"),
        {"followup_id": "r/1", "what": "Send Ben the slides", "due": "2026-12-01T09:00"}, optional=False,
    ),
    Action(
        "/invites/keep", InviteKept, "Keep invites open: some, or all of a proposal",
        ("invite_ids", "proposal_id", "for_days"), {"invite_ids": ["i1", "i2"]}, optional=False,
    ),
    Action(
        "/invites/approve", InviteRetractionApproved, "Pull invites back: some, or all of a proposal",
        ("invite_ids", "proposal_id", "try_again", "wait_minutes"), {"proposal_id": "proposal/1"}, optional=False,
    ),
    Action(
        "/preferences", MemberPreferencesSet, "Set preferences: all, or those that are named", PREFERENCES,
        {"digest": {"every": "weekly", "weekday": "mon", "time": "08:00"}}, "PATCH", optional=False,
    ),
    Action(
        "/pause", MemberPreferencesSet, "Pause: nothing is pushed or mailed before", ("paused_until",),
        {"paused_until": "2027-01-04T08:00"}, "PUT", optional=False,
    ),
    Action("/pause", MemberPreferencesSet, "End a pause", (), None, "DELETE", _no_pause),
    Action("/channel", MemberChannelRemoved, "Have nothing pushed to a channel any more", method="DELETE"),
)  # fmt: skip
OF_FOLLOWUP: Final = (
    Action("/followups/{followup_id:path}/done", FollowupDone, "It is done", fill=_followup),
    Action(
        "/followups/{followup_id:path}/snooze", FollowupSnoozed, "Later: at a time, or at the rule's own next step",
        ("until",), {"until": "2026-12-01T09:00"}, fill=_followup,
    ),
    Action("/followups/{followup_id:path}/dismiss", FollowupDismissed, "It will not be done", fill=_followup),
    Action(
        "/followups/{followup_id:path}/reopen", FollowupReopened,
        "It is not done, or will be done after all: takes back what was answered, for a week", fill=_followup,
    ),
    Action("/followups/{followup_id:path}/shown", FollowupShown, "The product has shown it", fill=_followup),
)  # fmt: skip
OF_INVITE: Final = (
    Action("/invites/{invite_id}/keep", InviteKept, "Keep one invite open", ("for_days",), {"for_days": 30}, fill=_invite),
    Action(
        "/invites/{invite_id}/approve", InviteRetractionApproved, "Pull one invite back", ("try_again", "wait_minutes"),
        {"try_again": True, "wait_minutes": 10}, fill=_invite,
    ),
)  # fmt: skip
OF_CONTACT: Final = (
    Action("/contacts/{contact_id}/mute", ContactMuted, "No follow-ups for this contact", fill=_contact),
    Action("/contacts/{contact_id}/unmute", ContactUnmuted, "Follow-ups for this contact again", fill=_contact),
    Action(
        "/contacts/{contact_id}/cadence", ContactCadenceSet, "Stay in touch every so many days; null: no cadence any more",
        ("every_days",), {"every_days": 60}, "PUT", _contact,
    ),
)  # fmt: skip
SET_CHANNEL: Final = Action(
    "/channel", MemberChannelSet, "Have what is pushed come to a channel, too", ("channel", "sealed"), method="PUT",
    optional=False,
)  # fmt: skip
"""Its body names an address, of which these two fields are made (`services.gateway.api.actions.channels`)."""
ERASE: Final = Action("", MemberErased, "Erase the member: all that is known of them is deleted", method="DELETE")

"""The types of facts that are remembered, under short codes, and those that rules speak of together."""

from __future__ import annotations

from typing import Final

from shared.contracts import (
    CallHeld,
    ContactConnected,
    ContactDateSet,
    ContactMuted,
    ContactRemoved,
    ContactUnmuted,
    EventData,
    FollowupDone,
    GatheringAttended,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
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
    MeetingCancelled,
    MeetingDeclined,
    MeetingHeld,
    MeetingMissed,
    MeetingProposed,
    MeetingQuestionsPrepared,
    MessageReceived,
    MessageSent,
    NoteAdded,
    PromiseKept,
    PromiseMade,
    PromiseReleased,
    PursuitClosed,
    PursuitOpened,
    PursuitStepTaken,
    ThanksSent,
)

CODES: Final[dict[type[EventData], str]] = {
    ContactConnected: "cc",
    ContactRemoved: "cr",
    ContactMuted: "cm",
    ContactUnmuted: "cu",
    ThanksSent: "ts",
    MessageSent: "ms",
    MessageReceived: "mr",
    CallHeld: "ch",
    NoteAdded: "na",
    HelpReceived: "hr",
    HelpGiven: "hg",
    IntroductionMade: "im",
    PromiseMade: "pm",
    PromiseKept: "pk",
    PromiseReleased: "pr",
    PursuitOpened: "po",
    PursuitStepTaken: "ps",
    PursuitClosed: "pc",
    GatheringAttended: "ga",
    ContactDateSet: "cd",
    InviteSent: "is",
    InviteReceived: "iv",
    InviteWhyAsked: "ya",
    InviteWhyGiven: "yg",
    InviteAccepted: "ia",
    InviteDeclined: "id",
    InviteReported: "ir",
    InviteWithdrawn: "iw",
    InviteRetracted: "it",
    InviteExpired: "ie",
    MeetingProposed: "mp",
    MeetingDeclined: "md",
    MeetingCancelled: "mx",
    MeetingMissed: "mm",
    MeetingHeld: "mh",
    MeetingQuestionsPrepared: "mq",
    FollowupDone: "fd",
}
"""The types of facts that subjects remember, under codes that never change their meaning."""
TYPES: Final = {code: fact.TYPE for fact, code in CODES.items()}

INTERACTIONS: Final[tuple[type[EventData], ...]] = (
    ThanksSent, MessageSent, MessageReceived, CallHeld, MeetingHeld, HelpReceived, HelpGiven, IntroductionMade,
    GatheringAttended, FollowupDone,
)  # fmt: skip
"""What passes between the member and a person."""
TIES: Final[tuple[type[EventData], ...]] = (*INTERACTIONS, ContactConnected, InviteAccepted)
"""The same, and that the two became connected at all."""
HELP: Final[dict[type[EventData], type[EventData]]] = {
    HelpReceived: HelpReceived,
    HelpGiven: HelpGiven,
    IntroductionMade: HelpGiven,
}
"""Help between the two, each with the side that it is on."""
STEPS: Final[tuple[type[EventData], ...]] = (PursuitOpened, PursuitStepTaken)
"""Steps of a pursuit: to open it is the first one."""

"""The types of events that are remembered, under short codes, and those that rules speak of together."""

from __future__ import annotations

from typing import Final

from shared.contracts import (
    CallHeld,
    ContactConnected,
    EventData,
    FollowupDone,
    GatheringAttended,
    HelpGiven,
    HelpReceived,
    IntroductionMade,
    InviteAccepted,
    MeetingHeld,
    MessageReceived,
    MessageSent,
    PursuitOpened,
    PursuitStepTaken,
    ThanksSent,
)
from shared.contracts.events.table import CODES as EVENT_CODES

CODES: Final[dict[type[EventData], str]] = {kind: code for code, kind in EVENT_CODES.items()}
"""The types of events that subjects remember, under the codes that each event declares (`EventData.CODE`)."""
TYPES: Final = {code: event.TYPE for event, code in CODES.items()}

INTERACTIONS: Final[tuple[type[EventData], ...]] = (
    ThanksSent, MessageSent, MessageReceived, CallHeld, MeetingHeld, HelpReceived, HelpGiven, IntroductionMade,
    GatheringAttended, FollowupDone,
)  # fmt: skip
"""What passes between the member and a person."""
IN_TOUCH: Final[tuple[type[EventData], ...]] = (*INTERACTIONS, ContactConnected, InviteAccepted)
"""The same, and that the two became connected at all."""
HELP: Final[dict[type[EventData], type[EventData]]] = {
    HelpReceived: HelpReceived,
    HelpGiven: HelpGiven,
    IntroductionMade: HelpGiven,
}
"""Help between the two, each with the side that it is on."""
STEPS: Final[tuple[type[EventData], ...]] = (PursuitOpened, PursuitStepTaken)
"""Steps of a pursuit: to open it is the first one."""

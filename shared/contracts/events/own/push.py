"""What the service *digest* says of a reminder that it hands to a member's channel: each attempt, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.events.event import EventData
from shared.contracts.events.member.channel import ChannelName
from shared.contracts.fields import Attempt, ChannelMessageId, EventId, OwnId, Reason, RuleName
from shared.contracts.topic_names import DIGESTS


class AboutPush(EventData):
    """An event on `rapport.digests.v1` about one reminder that goes to the member's channel."""

    TOPIC: ClassVar[str] = DIGESTS
    followup_id: OwnId
    rule: RuleName
    due_id: EventId
    """The id of the `followup.due` that is handed on."""
    channel: ChannelName
    attempt: Attempt


class PushSending(AboutPush):
    """It leaves now. This stands in the log before anybody is asked."""

    TYPE: ClassVar[str] = "rapport.push.sending"


class PushSent(AboutPush):
    """The channel took it."""

    TYPE: ClassVar[str] = "rapport.push.sent"
    message_id: ChannelMessageId | None = None
    """What the channel calls it, where it can be taken back by that."""


class PushUnknown(AboutPush):
    """Nobody knows whether the channel has it; it is not sent again. The digest shows it, as any that is open."""

    TYPE: ClassVar[str] = "rapport.push.unknown"


class PushFailed(AboutPush):
    """The channel refused it, or could not be reached."""

    TYPE: ClassVar[str] = "rapport.push.failed"
    reason: Reason
    permanent: bool
    """True: no further attempt is made. The digest shows it, as any that is open."""
    switched_off: bool = False
    """True: nothing goes to this channel any more, until the member sets one again: it takes nothing from us."""


class PushWithdrawing(AboutPush):
    """It has ended, and is taken back from the channel now, once. This stands in the log before anybody is asked."""

    TYPE: ClassVar[str] = "rapport.push.withdrawing"
    message_id: ChannelMessageId


class PushWithdrawn(AboutPush):
    """The channel took the request to take it away. Where it did not, nothing is said: the reminder stays there."""

    TYPE: ClassVar[str] = "rapport.push.withdrawn"
    message_id: ChannelMessageId

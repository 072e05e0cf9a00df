"""Where a member wants to be reminded, beside the digest: one channel at a time."""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.events.activity import Activity
from shared.contracts.fields import SealedText

ChannelName = Literal["discord", "ntfy", "slack", "telegram"]


class MemberChannelSet(Activity):
    """The member wants what is pushed to come to a channel of theirs, too. It takes the place of the one before."""

    TYPE: ClassVar[str] = "rapport.member.channel_set"
    channel: ChannelName
    sealed: SealedText
    """The address: only the API and the member's own pages make it, as they alone can seal one that *digest* opens."""


class MemberChannelRemoved(Activity):
    """The member wants nothing pushed to a channel any more."""

    TYPE: ClassVar[str] = "rapport.member.channel_removed"

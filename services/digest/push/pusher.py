"""The pusher: makes the attempt that `push.sending` announced, once, and says what became of it.

No channel can be asked what it has, so this is at most once, as mail is: the announcement is on the log before anything
here happens, and where nobody can know the outcome nothing is said here, and the service says `push.unknown` in time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from services.digest.content.build import Digests
from services.digest.model.push import Push
from services.digest.push.evaluate import hindrance, may_begin, push_under_way, withdrawal_under_way
from shared.contracts import ChannelName, Event, PushFailed, PushSending, PushSent, PushWithdrawing, PushWithdrawn
from shared.decider import NewEvent
from shared.delivery.attempts import Guarantee, Next, next_of
from shared.delivery.channels import reasons
from shared.delivery.channels.addresses import (
    ChannelAddress,
    message_id_in,
    posting_of,
    read_address,
    withdrawal_of,
)
from shared.delivery.channels.answers import of_channel
from shared.delivery.channels.sealed import opened_address
from shared.delivery.http_post import HttpPost
from shared.delivery.outcome import Delivered, Rejected
from shared.links import LinkKeys


class Pusher:
    """Posts reminders to members' channels. One for a process; it may perform several at once."""

    def __init__(self, keys: LinkKeys | None, now: Callable[[], datetime], *, private: bool = False) -> None:
        """Take what opens addresses (None: no secret is set, so none opens), and the clock.

        `private`: whether hosts may have addresses that are not public, and no TLS.
        """
        self._keys, self._now, self._private = keys, now, private
        self._post = HttpPost(private=private, judge=of_channel, answers=True)
        self._log = structlog.get_logger()

    async def perform(self, view: Digests, event: Event) -> NewEvent | None:
        """Send or take back what `event` announced, and return what became of it; None when nobody can know.

        None, too, where its fate is settled, and of a reminder that stays where it is. Raises `Missing` for items that were
        not loaded, before anything is sent.
        """
        if isinstance(event.data, PushWithdrawing):
            return await self._withdrawn(view, event, event.data)
        one, sending, now = push_under_way(view, event), event.data, self._now()
        if one is None or not isinstance(sending, PushSending):
            return None
        if event.expires is not None and now >= event.expires:
            return _failed(event, sending, reasons.LATE, permanent=now >= one.expires)
        if reason := hindrance(view.profile, one, now):
            return _failed(event, sending, reason, permanent=may_begin(view.profile, one, now) is None)
        address = self._address(view, event.member, sending.channel)
        if isinstance(address, str):
            return _failed(event, sending, address, permanent=True)
        return await self._sent(event, sending, address, one)

    async def _sent(self, event: Event, sending: PushSending, address: ChannelAddress, one: Push) -> NewEvent | None:
        outcome = await self._post.send(posting_of(address, one.text))
        match next_of(Guarantee.AT_MOST_ONCE, outcome):
            case Next.DONE:
                assert isinstance(outcome, Delivered)
                message_id = message_id_in(address, outcome.answer)
                return NewEvent(PushSent(**sending.model_dump(), message_id=message_id), because=event.id)
            case Next.LEFT_OPEN:
                return None
            case Next.AGAIN | Next.GIVEN_UP as after:
                assert isinstance(outcome, Rejected)
                return _failed(event, sending, outcome.reason, permanent=after is Next.GIVEN_UP)

    async def _withdrawn(self, view: Digests, event: Event, withdrawing: PushWithdrawing) -> NewEvent | None:
        """Ask the channel once to take a reminder away; where it does not, the reminder stays there.

        No event says so, as nothing would follow from it, but a line of the log.
        """
        address = self._address(view, event.member, withdrawing.channel)
        late = event.expires is not None and self._now() >= event.expires
        if late or isinstance(address, str) or not withdrawal_under_way(view, event):
            return None
        posting = withdrawal_of(address, withdrawing.message_id)
        if posting is None:
            return None
        outcome = await self._post.send(posting)
        if not isinstance(outcome, Delivered):
            self._log.info(
                "push not withdrawn",
                id=event.id,
                member=event.member,
                channel=withdrawing.channel,
                reason=outcome.reason,
            )
            return None
        return NewEvent(PushWithdrawn(**withdrawing.model_dump()), because=event.id)

    def _address(self, view: Digests, member: str, channel: ChannelName) -> ChannelAddress | str:
        """Return where it goes, or why it does not."""
        wishes = view.profile.preferences
        if wishes.channel != channel:
            return reasons.ANOTHER
        text = None if self._keys is None else opened_address(self._keys, member, wishes.channel_address)
        if text is None:
            return reasons.NOT_OPENED
        try:
            return read_address(text, private=self._private)
        except ValueError as refusal:
            return f"the address {refusal}"

    async def close(self) -> None:
        """End the connections that are kept."""
        await self._post.aclose()


def _failed(event: Event, sending: PushSending, reason: str, *, permanent: bool) -> NewEvent:
    return NewEvent(PushFailed(**sending.model_dump(), reason=reason, permanent=permanent), because=event.id)

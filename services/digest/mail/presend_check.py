"""What the mailer looks at just before it sends: whether a digest still has somebody to go to and something to say.

Pure: it is asked by the mailer, and by whoever looks ahead at what would be sent, so both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address

from services.digest import delivery_errors
from services.digest.content.build import Digests, content
from services.digest.content.model import DigestContent
from services.digest.evaluate import failed, is_under_way, running_of, sent, unwanted
from services.digest.mail.addresses import recipient
from services.digest.mail.message import message_id
from shared.contracts import DigestSending, Event, PushSending, PushSent, PushWithdrawing, PushWithdrawn
from shared.decider import NewEvent


@dataclass(frozen=True, slots=True)
class Handover:
    """A digest that is to be sent: to whom, and what it tells."""

    sending: DigestSending
    to: Address
    content: DigestContent


def handover(view: Digests, event: Event, now: datetime) -> Handover | NewEvent | None:
    """Return what is to be sent, as `event` (a `digest.sending`) announced; or why nothing is; None when that is settled.

    Raises `Missing` for items that were not loaded.
    """
    running, sending = running_of(view), event.data
    if running is None or running.prepared_at is None or not isinstance(sending, DigestSending):
        return None
    if not is_under_way(view, event):
        return None
    if event.expires is not None and now >= event.expires:
        return NewEvent(failed(sending.period, sending.attempt, delivery_errors.LATE, permanent=False))
    if reason := unwanted(view, now):
        return NewEvent(failed(sending.period, sending.attempt, reason, permanent=True))
    digest = content(view, running, sending.period, running.prepared_at)
    if digest.empty:
        return NewEvent(failed(sending.period, sending.attempt, delivery_errors.NOTHING_LEFT, permanent=True))
    wishes = view.profile.preferences
    try:
        to = recipient(wishes.name or "", wishes.email or "")
    except ValueError as error:
        reason = f"{delivery_errors.BOUNCED}: the address {error}"
        return NewEvent(failed(sending.period, sending.attempt, reason, permanent=True))
    return Handover(sending, to, digest)


def taken(view: Digests, event: Event, now: datetime, domain: str, *, linked: bool = False) -> NewEvent | None:
    """Return what becomes of an announced digest at a mail server that takes everything, and of a reminder at such a channel.

    `domain` is the sender's; `linked`: whether mails carry links, and so show less by themselves.
    """
    if isinstance(event.data, PushWithdrawing):
        return NewEvent(PushWithdrawn(**event.data.model_dump()), because=event.id)
    if isinstance(event.data, PushSending):
        return NewEvent(PushSent(**event.data.model_dump()), because=event.id)
    ready = handover(view, event, now)
    if not isinstance(ready, Handover):
        return ready
    identity = message_id(event.member, ready.sending.period, domain, event.incarnation)
    return NewEvent(sent(ready.content, ready.sending.attempt, identity, linked=linked))

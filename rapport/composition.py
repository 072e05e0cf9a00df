"""The one place that knows all services: which there are, and what each needs to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from email.headerregistry import Address
from typing import Any, Final

from services.digest import app as digest
from services.digest.decider import DECIDER as DIGEST
from services.digest.mail.mailer import SENDER, Mailer
from services.digest.push.pusher import Pusher
from services.digest.sending import Sending
from services.followups import app as followups
from services.followups.decider import DECIDER as FOLLOWUPS
from services.gateway import app as gateway
from services.gateway.projection.decider import PROJECTION
from services.invites import app as invites
from services.invites.decider import DECIDER as INVITES
from shared.calendar import load_zones
from shared.config.values import smtp_access
from shared.decider import Decider
from shared.links import LinkAddresses, LinkKeys
from shared.projection import Projection
from shared.runtime.environment import Environment
from shared.runtime.processing.observer import SILENT, Observer
from shared.runtime.service import Declare, Service
from shared.texts.brand import OURS, Brand

DECIDERS: Final[dict[str, Decider[Any, Any]]] = {decider.name: decider for decider in (INVITES, FOLLOWUPS, DIGEST)}
"""Every service that decides by its name, in the order in which events flow."""
PROJECTIONS: Final[dict[str, Projection[Any, Any]]] = {PROJECTION.name: PROJECTION}
"""What is applied and says nothing: what the gateway's API shows of a member."""
SERVICES: Final[dict[str, Decider[Any, Any]]] = {**DECIDERS, **PROJECTIONS}
"""All that has a consumer group and a store."""
DECLARED: Final[dict[str, Declare]] = {
    INVITES.name: invites.declare,
    FOLLOWUPS.name: followups.declare,
    DIGEST.name: digest.declare,
    PROJECTION.name: gateway.declare,
}
"""What makes the FastStream application of each: the one that `faststream run` runs."""


def services(
    names: Iterable[str],
    where: Environment,
    smtp: str | None,
    sender: Address = SENDER,
    observer: Callable[[str], Observer] = lambda name: SILENT,
    links: LinkAddresses | None = None,
    brand: Brand = OURS,
    channel_keys: LinkKeys | None = None,
    *,
    channels_private: bool = False,
) -> list[Service]:
    """Make the services of these names, with the rules of all time zones in memory: no rule ever opens a file.

    `smtp` is the mail server's URL, `sender` who mails come from, `links` theirs. `channel_keys` open the addresses of
    members' channels, which may lead to private addresses with `channels_private`.
    """
    load_zones()
    made = []
    for name in names:
        decider = SERVICES[name]
        sending = None
        if decider.effects and smtp:
            now = where.clock.now
            mailer = Mailer(smtp_access(smtp), now, sender=sender, links=links, brand=brand)
            sending = Sending(mailer, Pusher(channel_keys, now, private=channels_private))
        made.append(Service(decider, where, sending, observer(name), DECLARED[name]))
    return made

"""The one place that knows all services: which there are, and what each needs to run."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from email.headerregistry import Address
from typing import Any, Final

from services.digest.decider import CORE as DIGEST
from services.digest.mail.mailer import SENDER, Mailer
from services.followups.decider import CORE as FOLLOWUPS
from services.invites.decider import CORE as INVITES
from shared.calendar import load_zones
from shared.config.settings import Settings, smtp_access
from shared.decider import Core
from shared.links import LinkAddresses, LinkKeys
from shared.runtime.processing.observer import SILENT, Observer
from shared.runtime.service import Service, Surroundings
from shared.texts.brand import OURS, Brand

CORES: Final[dict[str, Core[Any, Any]]] = {core.name: core for core in (INVITES, FOLLOWUPS, DIGEST)}
"""Every service by its name, in the order in which facts flow."""
GATEWAY: Final = "gateway"
"""It reads no topic and has no core: it only writes what members say by the links in their mails."""
NAMES: Final = (*CORES, GATEWAY)
"""All that `rapport run` runs."""
GC_THRESHOLDS: Final = (500_000, 50, 100)
"""The batches in hand are some hundred thousand objects, all of which go without the collector's help. A threshold
below walks them again and again: 14 % of the time at 100,000, 6 % at 300,000."""


def services(
    names: Iterable[str],
    where: Surroundings,
    smtp: str | None,
    sender: Address = SENDER,
    observer: Callable[[str], Observer] = lambda name: SILENT,
    links: LinkAddresses | None = None,
    brand: Brand = OURS,
) -> list[Service]:
    """Make the services of these names, with the rules of all time zones in memory: no rule ever opens a file.

    `smtp` is the mail server's URL, `sender` who mails come from, `links` theirs.
    """
    load_zones()
    made = []
    for name in names:
        core = CORES[name]
        mailer = (
            Mailer(smtp_access(smtp), where.clock.now, sender=sender, links=links, brand=brand)
            if core.effects and smtp
            else None
        )
        made.append(Service(core, where, mailer.perform if mailer else None, observer(name)))
    return made


def brand_of(settings: Settings) -> Brand:
    """Return whose mails they are."""
    return Brand(
        settings.brand_name,
        settings.brand_colour,
        settings.brand_footer or "",
        settings.preferences_url or "",
        settings.product_url or "",
    )


def link_addresses(settings: Settings) -> LinkAddresses | None:
    """Return what makes the links of mails; None where no public address is set, and mails carry none."""
    if settings.public_url is None:
        return None
    return LinkAddresses(settings.public_url, LinkKeys(settings.link_secrets()))


def tune_collector() -> None:
    """Keep what is loaded out of the garbage collector's walks: +45 % of throughput."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)

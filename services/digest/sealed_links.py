"""Makes the links of one mail: what each names, sealed into its address."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal, cast

from services.digest.links import Answers, Links
from services.digest.told import DigestContent
from shared.calendar import instant, local
from shared.links import ABOUT_CHARS_MAX, LinkAddresses, ToDigest, ToFollowup

PUT_OFF: Final = timedelta(days=7)
"""A follow-up that is put off comes back at the same wall time so much later: the hour of the next weekly digest."""


def sealed_links(addresses: LinkAddresses, member: str, digest: DigestContent) -> Links:
    """Return the links of a member's digest: the same for every attempt to send it."""
    again = instant(local(digest.at, digest.zone) + PUT_OFF, digest.zone)
    at, back = int(digest.at.timestamp()), int(again.timestamp())

    def answers(followup_id: str, about: str) -> Answers:
        link = ToFollowup(member, followup_id, about[:ABOUT_CHARS_MAX], at, back)
        return Answers(addresses.address("done", link), addresses.address("later", link))

    every = cast("Literal['weekly', 'daily']", digest.every)
    return Links(addresses.address("unsubscribe", ToDigest(member, digest.period, every)), answers)

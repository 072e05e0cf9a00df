"""What a click on the page of a proposal, or of a notice, says: who goes, and who stays.

The invites that a page lists are answered by their own ids, all others by the id of their proposal: so it holds however
many there are, and whoever was kept by name stays when the rest is let go.
"""

from __future__ import annotations

from typing import Final

from services.gateway.choice import Choice
from shared.contracts import EventData, InviteKept, InviteRetractionApproved
from shared.links import ToInvites

WAIT_MINUTES: Final = 10
"""From a press of a button to the invites being pulled back: whoever changes their mind meanwhile can keep them. The words of
the pages say it."""


def let_go(link: ToInvites, choice: Choice) -> list[EventData]:
    """Return the answers by which those with a tick go, and the listed ones without one stay. Those that stay come first."""
    goes = tuple(link.named[index].invite_id for index in choice.picked)
    stays = tuple(one.invite_id for index, one in enumerate(link.named) if index not in choice.picked)
    answers: list[EventData] = []
    if stays:
        answers.append(InviteKept(invite_ids=stays))
    if goes:
        answers.append(InviteRetractionApproved(invite_ids=goes, wait_minutes=WAIT_MINUTES))
    if choice.rest:
        answers.append(InviteRetractionApproved(proposal_id=link.proposal_id, wait_minutes=WAIT_MINUTES))
    return answers


def keep(link: ToInvites, choice: Choice) -> list[EventData]:
    """Return the answers by which those with a tick stay. Of the others nothing is said."""
    if choice.rest:
        return [InviteKept(proposal_id=link.proposal_id)]
    return (
        [InviteKept(invite_ids=tuple(link.named[place].invite_id for place in choice.picked))] if choice.picked else []
    )

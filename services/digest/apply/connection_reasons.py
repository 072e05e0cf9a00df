"""Why people connect, and what they did for each other: the member's own words and those of others, kept to come back.

Words are joined per invite and per person. Beside them stand short lists of whose words came last, so that a digest
finds them without looking at everybody.
"""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from services.digest.apply.touched import HELP, WITH_REASONS
from services.digest.model.state import (
    FAVOURS_MAX,
    REASONS_MAX,
    WORDS_CHARS_MAX,
    Favour,
    Named,
    Person,
    Reason,
    Reasons,
)
from shared.contracts import (
    Event,
    HelpReceived,
    InviteReceived,
    InviteSent,
)
from shared.merge import last_named, last_of

_ID: Final = attrgetter("id")


def reason(state: Reason, event: Event) -> Reason:
    """Return why an invite was sent, after an event about it: whose it is, and the last words."""
    data = event.data
    if not isinstance(data, WITH_REASONS):
        return state
    if data.why:
        state = replace(state, why=state.why.joined(event.time, event.id, data.why[:WORDS_CHARS_MAX]))
    if isinstance(data, InviteSent | InviteReceived):
        side = "mine" if isinstance(data, InviteSent) else "theirs"
        latest_side = state.side.joined(event.time, event.id, side)
        if latest_side is not state.side:
            state = replace(state, side=latest_side, contact_id=data.contact.id)
    return state


def remember(state: Reasons, event: Event) -> Reasons:
    """Return whose words came last."""
    data = event.data
    if isinstance(data, WITH_REASONS):
        return replace(state, whys=_latest(state.whys, event.time, data.invite_id))
    if isinstance(data, HELP):
        return replace(state, people=_latest(state.people, event.time, data.contact_id))
    return state


def help_of(person: Person, event: Event) -> Person:
    """Return a person after help or an introduction: the last few times with words, on either side."""
    data = event.data
    if not isinstance(data, HELP) or not data.what:
        return person
    favour = Favour(event.time, event.id, data.what[:WORDS_CHARS_MAX])
    if isinstance(data, HelpReceived):
        return replace(person, received=_kept(person.received, favour))
    return replace(person, given=_kept(person.given, favour))


def _kept(state: tuple[Favour, ...], favour: Favour) -> tuple[Favour, ...]:
    return last_of(state, favour, FAVOURS_MAX, lambda one: (one.time, one.id, one.text))


def _latest(state: tuple[Named, ...], time: datetime, name: str) -> tuple[Named, ...]:
    """Return what was named last, each with its latest time, so neither order nor the number of events matters."""
    if state and name not in map(_ID, state) and (time, name) > (state[-1].time, state[-1].id):
        return (*state, Named(time, name))[-REASONS_MAX:]  # so come nearly all
    order = last_named(((one.time, one.id) for one in state), time, name, REASONS_MAX)
    return tuple(Named(at, one) for at, one in order)

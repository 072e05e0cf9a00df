"""The first page: what waits for the member today, what comes, what they are asked, and what was done lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.gateway.personal.content import days, lately
from services.gateway.personal.content.cards import Card, Making, Person, followup, line, person
from services.gateway.reading import agenda, invite_states
from services.gateway.reading.forms import answers, rows
from services.gateway.reading.view import AGENDA, findings, invites, meetings, people, reminders
from services.gateway.words import MORE
from shared.links import ABOUT_CHARS_MAX, NAMED_BYTES_MAX, NAMED_MAX, NamedInvite, ToInvites

DUE: Final[tuple[answers.State, ...]] = ("due", "overdue")
DUE_SHOWN_MAX: Final = 20
COMING_SHOWN_MAX: Final = 12
PLACE_CHARS_MAX: Final = 120
ANSWERED_SHOWN_MAX: Final = 2 * NAMED_MAX
"""Invites of each kind that are decided about and may be decided about otherwise: more than one click names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the member is asked about invites: `token` names those that are listed."""

    token: str
    lines: tuple[tuple[int, str, str], ...]
    """Place, name, when it was sent."""
    rest: int
    rest_says: str
    """What stands for the others of the proposal."""


@dataclass(frozen=True, slots=True)
class DecidedInvite:
    """An invite that the member, or their preference, has decided about, and may decide about otherwise."""

    id: str
    who: Person | None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """All of the page."""

    name: str
    date: str
    due: tuple[Card, ...]
    due_more: bool
    asked: Asked | None
    going: tuple[DecidedInvite, ...]
    kept: tuple[DecidedInvite, ...]
    noticed: tuple[DecidedInvite, ...]
    coming: tuple[Card, ...]
    coming_more: bool
    done: tuple[lately.Settled, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not (self.due or self.asked)


def today(making: Making) -> Today:
    """Return the page of a member at this moment."""
    view, now = making.view, making.now
    view.all_of(AGENDA)
    latest = [one for state in DUE for one in agenda.answer(view, now, state, limit=DUE_SHOWN_MAX + 1).entries]
    coming = agenda.answer(view, now, "coming", limit=COMING_SHOWN_MAX + 1).entries
    parted = invite_states.parted(view, now, ANSWERED_SHOWN_MAX)
    return Today(
        name=line(view.profile.preferences.name or ""),
        date=days.whole_day(now, making.zone, making.lang),
        due=tuple(_due(making, one) for one in latest[:DUE_SHOWN_MAX]),
        due_more=len(latest) > DUE_SHOWN_MAX,
        asked=_asked(making),
        going=_decided(making, [one for one in parted if one.state == "letting_go"]),
        kept=_decided(making, [one for one in parted if one.state == "kept"]),
        noticed=_decided(making, [one for one in parted if one.state == "noticed"]),
        coming=tuple(_coming(making, one) for one in coming[:COMING_SHOWN_MAX]),
        coming_more=len(coming) > COMING_SHOWN_MAX,
        done=lately.settled(making),
    )


def _due(making: Making, one: rows.AgendaEntry[datetime]) -> Card:
    late = one.state == "overdue" and one.at is not None
    when = making.t["since"].format(day=making.day(one.at)) if late and one.at is not None else ""
    return followup(making, one, when)


def _coming(making: Making, one: rows.AgendaEntry[datetime]) -> Card:
    when = making.day_and_hour(one.at) if one.at is not None else ""
    if one.kind == "meeting":
        return meeting(making, one, when)
    answer = reminders(making.view).answers.get(one.id)
    rests = answer is not None and answer.how == "snoozed" and one.at is not None and one.at > making.now
    return followup(making, one, when, rests=rests)


def meeting(making: Making, one: rows.AgendaEntry[datetime], when: str) -> Card:
    """Return the card of a meeting: its kind, and where it is."""
    plan = meetings(making.view).by_id[one.id].plan
    kind = making.t.get(f"meeting_{plan.kind}" if plan is not None else "", making.t["meeting_in_person"])
    place = line(one.place or "", PLACE_CHARS_MAX)
    return Card(
        "",
        f"{kind}{making.lang.comma}{making.lang.apart(place)}" if place else kind,
        person(making, one.who),
        when=when,
    )


def _asked(making: Making) -> Asked | None:
    """Return the form of the last proposal: those that it shows and that wait, as many as a token holds."""
    view, proposal = making.view, findings(making.view).proposal
    left = invite_states.waiting(view, making.now)
    if proposal is None or not left:
        return None
    by_member, by_service = invites(view), findings(view)
    who = people(view, [invite_states.contact_of(key, by_member, by_service) for key in left])
    named_ones: list[NamedInvite] = []
    lines: list[tuple[int, str, str]] = []
    room = NAMED_BYTES_MAX
    for key in left[:NAMED_MAX]:
        somebody = who.get(invite_states.contact_of(key, by_member, by_service))
        name = line((somebody.name if somebody is not None else "") or "", ABOUT_CHARS_MAX) or making.somebody()
        room -= len(key.encode()) + len(name.encode())
        if room < 0 and named_ones:
            break
        invite = by_member.by_id.get(key)
        sent = invite.sent.time if invite is not None and invite.sent is not None else None
        lines.append((len(named_ones), name, "" if sent is None else making.day(sent)))
        named_ones.append(NamedInvite(key, name))
    rest = proposal.more + len(left) - len(named_ones)
    link = ToInvites(view.member, tuple(named_ones), proposal.id, rest, int(proposal.at.timestamp()))
    return Asked(making.seal(link), tuple(lines), rest, making.lang.counted(MORE, rest) if rest else "")


def _decided(making: Making, found: list[rows.InviteStanding[datetime]]) -> tuple[DecidedInvite, ...]:
    return tuple(
        DecidedInvite(
            one.id,
            person(making, one.who),
            "" if one.retract_at is None else _goes_at(making, one, one.retract_at),
        )
        for one in found
    )


def _goes_at(making: Making, one: rows.InviteStanding[datetime], at: datetime) -> str:
    """Return when an invite goes: to the minute where the member lets it go, to the day where that was announced."""
    if one.state != "letting_go":
        return making.day(at)
    return making.day_and_hour(at) if at > making.now else ""

"""A member of *invites* in memory, and the events that their stories are told with. Days count from `T0`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from shared.contracts import (
    ContactConnected,
    ContactNamed,
    ContactRemoved,
    DigestFailed,
    Event,
    EventData,
    ImportCompleted,
    InviteAccepted,
    InviteDeclined,
    InviteKept,
    InviteReported,
    InviteRetractionApproved,
    InviteRetractionProposed,
    InviteSent,
    InviteWithdrawn,
    MemberJoined,
    MemberPreferencesSet,
)
from tests.unit.services.invites.mailed import InvitesLoop

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
JOINED = -30


def day(number: float) -> datetime:
    return T0 + number * DAY


def event(data: EventData, at: float, logged: float | None = None, event_id: str = "") -> Event:
    """An event that happened on day `at` and reached the log on day `logged`; by default at once."""
    event_id = event_id or f"{data.TYPE}@{at}:{crc32(data.model_dump_json().encode()):x}"
    return Event(event_id, "m1", day(at), day(at if logged is None else logged), data)


def person(invite_id: str) -> dict[str, str]:
    return {"id": f"c-{invite_id}", "name": f"Contact of {invite_id}"}


def sent(invite_id: str, at: float = 0, logged: float | None = None) -> Event:
    return event(InviteSent.model_validate({"invite_id": invite_id, "contact": person(invite_id)}), at, logged)


def answered(kind: type[EventData], invite_id: str, at: float, logged: float | None = None, **more: object) -> Event:
    data = kind.model_validate({"invite_id": invite_id, "contact_id": person(invite_id)["id"], **more})
    return event(data, at, logged)


def accepted(invite_id: str, at: float, logged: float | None = None) -> Event:
    return answered(InviteAccepted, invite_id, at, logged)


def declined(invite_id: str, at: float, logged: float | None = None) -> Event:
    return answered(InviteDeclined, invite_id, at, logged)


def reported(invite_id: str, at: float, logged: float | None = None) -> Event:
    return answered(InviteReported, invite_id, at, logged)


def withdrawn(invite_id: str, at: float, logged: float | None = None, *, again: bool = False) -> Event:
    return answered(InviteWithdrawn, invite_id, at, logged, try_again=again)


def kept(at: float, *invite_ids: str, days: int | None = None, logged: float | None = None) -> Event:
    return event(InviteKept(invite_ids=invite_ids, for_days=days), at, logged)


def answered_all(kind: type[EventData], at: float, proposal_id: str, **more: object) -> Event:
    """An answer to all that a proposal listed."""
    return event(kind.model_validate({"proposal_id": proposal_id, **more}), at)


def approved(
    at: float, *invite_ids: str, again: bool = False, logged: float | None = None, wait: int | None = None
) -> Event:
    return event(InviteRetractionApproved(invite_ids=invite_ids, try_again=again, wait_minutes=wait), at, logged)


def connected(invite_id: str, at: float, logged: float | None = None, *, via: bool = False) -> Event:
    data: dict[str, Any] = {"contact": person(invite_id), "via_invite": invite_id if via else None}
    return event(ContactConnected.model_validate(data), at, logged)


def removed(invite_id: str, at: float, logged: float | None = None) -> Event:
    return event(ContactRemoved(contact_id=person(invite_id)["id"]), at, logged)


def named(invite_id: str, at: float, name: str, logged: float | None = None) -> Event:
    return event(ContactNamed(contact_id=person(invite_id)["id"], name=name), at, logged)


def imported(at: float, logged: float | None = None, import_id: str = "import") -> Event:
    return event(ImportCompleted(import_id=import_id, source="linkedin", counts={}), at, logged)


def wish(at: float, logged: float | None = None, **part: object) -> Event:
    return event(MemberPreferencesSet.model_validate(part), at, logged)


def policy(at: float, name: str, logged: float | None = None, **more: object) -> Event:
    return wish(at, logged, retraction={"policy": name, **more})


def joined(at: float = JOINED, logged: float | None = None, email: str | None = "ada@example.org") -> Event:
    return event(MemberJoined(name="Ada", email=email), at, logged)


def given_up(at: float) -> Event:
    """Mails to the address are given up."""
    failed = DigestFailed(
        digest_id="d", period="2026-W10", attempt=1, reason="refused", permanent=True, switched_off=True
    )
    return event(failed, at)


def member(*events: Event, items_max: int = 500) -> InvitesLoop:
    """A member with an address and a digest at each midnight, of whom these events are known, applied together.

    What is said on a day is named by the mail of the next one, so a notice counts from a day after it was given.
    """
    loop = InvitesLoop(items_max=items_max)
    loop.apply(joined(), wish(JOINED, digest={"every": "daily", "time": "00:00"}), *events)
    return loop


def told(loop: InvitesLoop) -> list[tuple[str, float]]:
    """What was said, by the last words of its type, with the day."""
    return [(one.data.TYPE.rpartition(".")[2], round((one.time - T0) / DAY, 2)) for one in loop.published]


def proposed(loop: InvitesLoop) -> list[list[str]]:
    """The ids in each proposal, in order."""
    return [[one.invite_id for one in proposal.invites] for proposal in loop.heard(InviteRetractionProposed)]

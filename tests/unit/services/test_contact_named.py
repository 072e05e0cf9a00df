"""What somebody is called may be told at any time, alone or beside anything else; the latest word counts everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from services.digest.content.contacts import name_of, profile_of
from services.digest.decider import DECIDER as DIGEST
from services.digest.model.state import CONTACT, Item, Person
from services.followups.decider import DECIDER as FOLLOWUPS
from services.followups.model.state import Subject
from shared.contracts import EVENTS, Event

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHO = {"id": "ada", "name": "Ada King", "profile_url": "https://example.org/ada"}
NAMED = {"contact_id": "ada", "name": "Ada Lovelace", "headline": "Analyst"}
ABOUT = {
    "rapport.contact.named": NAMED,
    "rapport.message.sent": {"contact_id": "ada", "contact": WHO},
    "rapport.help.received": {"contact_id": "ada", "contact": WHO},
    "rapport.contact.cadence_set": {"contact_id": "ada", "every_days": 30, "contact": WHO},
    "rapport.contact.date_set": {"contact_id": "ada", "label": "Birthday", "month": 3, "day": 9, "contact": WHO},
    "rapport.contact.muted": {"contact_id": "ada", "contact": WHO},
    "rapport.contact.unmuted": {"contact_id": "ada", "contact": WHO},
    "rapport.contact.removed": {"contact_id": "ada", "contact": WHO},
    "rapport.followup.requested": {
        "followup_id": "r",
        "contact_id": "ada",
        "contact": WHO,
        "what": "Call",
        "due": "2026-03-09T12:00",
    },
    "rapport.promise.made": {"promise_id": "p", "contact_id": "ada", "due": "2026-03-09T12:00", "contact": WHO},
    "rapport.invite.accepted": {"invite_id": "i", "contact_id": "ada", "contact": WHO},
    "rapport.meeting.cancelled": {"meeting_id": "k", "contact": WHO},
    "rapport.meeting.held": {"meeting_id": "k", "contact_ids": ["ada"], "contact": WHO},
}


def event(kind: str, day: int) -> Event:
    at = AT + timedelta(days=day)
    return Event(f"f{day}", "m", at, at, EVENTS[kind].model_validate(ABOUT[kind]))


def known(events: tuple[Event, ...]) -> Person:
    item: Item | None = None
    for one in events:
        assert CONTACT + "ada" in set(DIGEST.touches(one))
        item = DIGEST.evolve(CONTACT + "ada", item, one)
    assert isinstance(item, Person)
    return item


@pytest.mark.parametrize("kind", ABOUT)
def test_both_services_learn_a_name_wherever_it_is_told(kind: str) -> None:
    one = event(kind, 0)
    assert name_of({"ada": known((one,))}, "ada").startswith("Ada")
    assert list(FOLLOWUPS.touches(one)).count("contact/ada") == 1
    subject = FOLLOWUPS.evolve("contact/ada", None, one)
    assert isinstance(subject, Subject)
    assert subject.person is not None
    assert subject.person.name.startswith("Ada")


def test_the_latest_name_counts_in_any_order_and_what_is_left_out_stays() -> None:
    events = (event("rapport.message.sent", 0), event("rapport.contact.named", 1), event("rapport.contact.named", 1))
    found = {known(order) for order in permutations(events)}
    assert len(found) == 1
    (person,) = found
    assert (person.name.text, person.headline.text) == ("Ada Lovelace", "Analyst")
    assert profile_of(person) == "https://example.org/ada"


def test_a_page_that_others_could_read_along_is_no_link() -> None:
    told = {"contact_id": "ada", "name": "Ada", "profile_url": "http://example.org/ada"}
    one = Event("f", "m", AT, AT, EVENTS["rapport.contact.named"].model_validate(told))
    assert profile_of(known((one,))) == ""


def test_a_reminder_that_names_somebody_says_by_the_id_that_it_is_about_them() -> None:
    told = {"followup_id": "r", "contact": WHO, "what": "Call", "due": "2026-03-09T12:00"}
    with pytest.raises(ValueError, match=r"goes with contact_id"):
        EVENTS["rapport.followup.requested"].model_validate(told)

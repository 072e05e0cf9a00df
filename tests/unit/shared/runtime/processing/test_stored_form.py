"""What is stored of an item, and of its name, is the item again: also where it is unusual, long, or of another's making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from rapport.composition import DECIDERS
from services.digest.model import state as digest
from services.digest.model.stored import packed, unpacked
from services.followups.model import state as followups
from services.followups.model.answers import Answer
from services.followups.model.slot import Slot
from services.followups.model.values import LoggedEvent, Mark, Person, Plan, Rest, Seen
from services.invites import state as invites
from shared.preferences import Preferences, Register
from shared.runtime.processing.member.stored_form import StoredForm
from shared.stored.compressed import COMPRESSED_FROM_BYTES
from shared.stored.item_names import KINDS, key_of, stored_name
from shared.stored.packing import EventTable, event_in

T0 = datetime(2026, 3, 5, 9, 0, 0, 125_000, tzinfo=UTC)
LATER, ODD = T0 + timedelta(days=3), T0 + timedelta(microseconds=1)
WALL = datetime(2026, 3, 9, 8, 30)  # noqa: DTZ001 - a wall time
FIRST, LAST = Mark(T0, "e-1"), Mark(LATER, "e-2", "is")
ADA = Person(T0, "e-1", "ada", "Ada Lovelace")
BEFORE_1970 = datetime(1969, 1, 1, tzinfo=UTC)
SUBJECTS: tuple[followups.Subject, ...] = (
    followups.Subject(),
    followups.Subject(seen={"is": Seen(T0, FIRST), "yg": Seen(T0, Mark(T0, "e-1", "is"))}, person=ADA),
    followups.Subject(seen={"is": Seen(LATER, FIRST), "yg": Seen(T0, FIRST, LAST, LATER)}),
    followups.Subject(seen={"is": Seen(T0, FIRST, None, LATER), "yg": Seen(LATER, LAST)}),
    followups.Subject(seen={"a": Seen(T0, FIRST), "b": Seen(LATER, Mark(LATER, "e-2", "is"))}),
    followups.Subject(seen={"is": Seen(ODD, Mark(ODD, "e-1"))}, person=Person(BEFORE_1970, "e-1", "bob", "")),
    followups.Subject(person=Person(LATER, "", "ada", "")),
    followups.Subject(seen={"is": Seen(T0, FIRST)}, slots={"no_answer_yet": Slot("open", "2026-03-05", 1, "e-1")}),
    followups.Subject(slots={"thank": Slot("open", "2026-03-05", 1, "gone"), "a_new_one": Slot()}),
    followups.Subject(
        slots={"own_reminder": Slot("lapsed", "", 2, "", WALL, LATER, 1, T0, last_reminded_at=LATER, since=T0)}
    ),
    followups.Subject(slots={"thank": Slot("open", "2026-03-05", 1, "e-1", put_off=(T0, LATER))}),
    followups.Subject(about=("invite/i-1", "date/x/y", "elsewhere")),
    followups.Subject(
        plan=Plan(T0, "e-1", LATER, WALL, "Europe/Paris", 30, "call"), answers={"thank": (Answer(T0, "e-9", "done"),)}
    ),
)
OTHERS: tuple[tuple[str, str, Any], ...] = (
    (
        "followups",
        "ties/07",
        followups.Candidates({"ada": followups.Candidate(LoggedEvent(T0, "e-1", T0, "cc"), T0, done=LATER)}),
    ),
    ("followups", "ties/07", followups.Candidates({"ada": followups.Candidate(muted=T0), "bob": followups.Candidate()})),
    ("followups", "habits", followups.Habits(acted={"thank": T0}, pushed=(T0, LATER))),
    ("invites", "invite/a", invites.Invite()),
    ("invites", "invite/a", invites.Invite(T0, "ada", "Ada", wish=invites.Wish(LATER, "e-2", approved=False, until=T0))),
    ("invites", "invite/a", invites.Invite(answers=1, answered_at=T0, proposals=("p-1", "p-2"))),
    ("invites", "contact/ada", invites.Contact()),
    ("invites", "contact/ada", invites.Contact(T0, ("a",), ("b", "c"), invites.Naming(T0, "e-1", "Ada"))),
    ("invites", "contact/ada", invites.Contact(named=invites.Naming(T0, "e-1", "Ada"))),
    ("digest", "contact/ada", digest.Person()),
    ("digest", "contact/ada", digest.Person(digest.Text(T0, "e-1", "Ada"), note=digest.Text(T0, "e-1", "Met in May."))),
    ("digest", "contact/ada", digest.Person(digest.Text(T0, "e-1", ""), digest.Text(LATER, "e-2", "x"))),
    ("digest", "contact/ada", digest.Person(digest.Text(T0, "e-1", ""))),
    ("digest", "contact/ada", digest.Person(given=(digest.Favour(T0, "e-1", "a book"),))),
    ("digest", "why/a", digest.Reason()),
    ("digest", "why/a", digest.Reason(side=digest.Text(T0, "e-1", "theirs"), contact_id="ada")),
    ("digest", "why/a", digest.Reason(digest.Text(T0, "e-1", "x"), digest.Text(LATER, "e-2", "mine"), "ada")),
    ("digest", "why/a", digest.Reason(digest.Text(T0, "e-1", "x"), digest.Text(T0, "e-1", "another"))),
    ("digest", "digest", digest.Running(T0)),
    ("digest", "digest", digest.Running(
        T0, "2026-W10", "2026-03-05", T0, "2026-W10", T0, "failed", 2, LATER, 1, T0, T0, T0, T0, T0, T0, LATER
    )),  # more fields than the first byte of a short map counts
    ("digest", "open", digest.OpenFollowups()),
    ("digest", "open", digest.OpenFollowups({"f": digest.Followup(3, T0, "thank"), "g": digest.Followup(4, ended_at=T0)})),
    ("digest", "open", digest.OpenFollowups(quiet={"thank": digest.QuietRule(7, T0)})),
)  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("key", ["contact/ada", "invite/i-1"])
def test_a_subject_is_what_it_was(key: str, subject: followups.Subject) -> None:
    """Broken on purpose by dropping `Seen.last_logged`, by a place known by its id alone, and by a cut at an empty name."""
    form: StoredForm[Any, Any] = StoredForm(DECIDERS["followups"])
    assert form.item(key, form.of_item(key, subject)) == subject


@pytest.mark.parametrize(("service", "key", "item"), OTHERS)
def test_any_other_item_is_what_it_was(service: str, key: str, item: Any) -> None:
    form: StoredForm[Any, Any] = StoredForm(DECIDERS[service])
    assert form.item(key, form.of_item(key, item)) == item


def test_each_id_stands_once() -> None:
    form: StoredForm[Any, Any] = StoredForm(DECIDERS["followups"])
    one = SUBJECTS[1]
    full = msgspec.structs.replace(one, slots={"no_answer_yet": Slot("open", "2026-03-05", 1, "e-1", due_at=LATER)})
    stored = form.of_item("contact/ada", full)
    assert stored.count(b"e-1") == 1
    assert b"ada" not in stored, "the key says it"
    assert len(stored) < len(msgspec.msgpack.encode(full)) / 2


def test_what_is_long_is_compressed_and_what_would_not_be_shorter_is_not() -> None:
    form: StoredForm[Any, Any] = StoredForm(DECIDERS["digest"])
    many = digest.OpenFollowups(
        {f"invite/i-{n}/no_answer_yet/2026-03-05": digest.Followup(n, T0) for n in range(1, 60)}
    )
    stored = form.of_item("open", many)
    assert stored[0] == 0xC1
    assert len(stored) < len(msgspec.msgpack.encode(many)) / 4
    assert form.item("open", stored) == many
    noise = digest.Reason(
        digest.Text(T0, "e-1", Random(1).randbytes(COMPRESSED_FROM_BYTES).hex()[:COMPRESSED_FROM_BYTES])
    )
    assert form.item("why/a", form.of_item("why/a", noise)) == noise


def test_a_profile_is_what_it_was() -> None:
    form: StoredForm[Any, Any] = StoredForm(DECIDERS["followups"])
    wishes = Preferences({f"o:rule-{number}": Register(T0, f"e-{number}", True) for number in range(30)})
    profile = followups.Profile(wishes, {"thank": Rest(T0, "e-1")})
    stored = form.of_profile(profile)
    assert stored[0] == 0xC1
    assert form.profile(stored) == profile


@pytest.mark.parametrize(
    "key",
    ["", "!", "habits", "contact/", "contact/ada", "contact/a/b", "why/i-1", "proposal:7", "ключ/ж", "\x01ada", "\x1f"],
)
def test_a_name_is_its_key_again(key: str) -> None:
    assert key_of(stored_name(key).encode()) == key


def test_no_two_keys_have_one_name() -> None:
    """Broken on purpose by leaving out the character before keys that begin as a short name does."""
    keys = [f"{kind}/{rest}" for kind in (*KINDS, "other") for rest in ("", "a", "\x01")]
    keys += [f"{chr(number)}{rest}" for number in range(40) for rest in ("", "a", "\x01")]
    names = {stored_name(key) for key in keys}
    assert len(names) == len(set(keys))
    assert all(len(stored_name(f"{kind}/a")) == 2 for kind in KINDS)


@pytest.mark.parametrize("kind", [Slot, followups.Candidate, invites.Invite, invites.Contact])
def test_what_is_left_out_at_the_end_of_a_list_is_a_default(kind: type[msgspec.Struct]) -> None:
    assert not any(msgspec.structs.astuple(kind()))


def test_a_day_to_remember_that_waits_for_the_digest_comes_back_as_a_day() -> None:
    """Fails where its wall time comes back as a text: the mail that names it could not be made."""
    one = digest.Followup(3, T0, "remember_date", "ada", on_day=WALL)
    waiting = digest.OpenFollowups({"f": one, "g": digest.Followup(4)})
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(packed("open", waiting)))
    assert unpacked("open", stored) == waiting


def test_each_event_has_one_place_and_another_time_under_its_id_a_place_of_its_own() -> None:
    table = EventTable()
    seen = ((T0, "e-1"), (LATER, "e-1"), (T0, "e-2"), (LATER, "e-1"), (T0 + timedelta(0), "e-1"), (T0, "e-2"))
    assert [table.index(*one) for one in seen] == [0, 1, 2, 1, 0, 2]
    assert [event_in(one) for one in table.events] == [(T0, "e-1"), (LATER, "e-1"), (T0, "e-2")]
    assert table.times == [T0, LATER, T0]
    assert (table.named("e-1"), table.named("e-2"), table.named("e-3")) == (0, 2, "e-3")

"""Long lists are structs on the way out: of the form that the document describes, byte for byte as that one would be."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec import NODEFAULT
from msgspec.structs import fields, replace
from pydantic import BaseModel

from services.gateway.projection.decider import PROJECTION
from services.gateway.projection.model.followups import FOLLOWUPS, Followups
from services.gateway.projection.model.people import Reminders
from services.gateway.reading import agenda, invite_states
from services.gateway.reading.forms import answers, rows
from shared.contracts import partition_for
from shared.contracts.fields import instant_text
from shared.decider import View
from shared.runtime.ports.interfaces import Changes, Loaded, MemberChange
from shared.runtime.processing.member.stored_form import StoredForm
from shared.testing.simulation.checker import AllItems
from tests.unit.services.gateway.member_events import known_by
from tests.unit.services.gateway.members import MEMBER, NOW, PARTITIONS, due, planned, said, seen, stored, told
from tests.unit.services.gateway.reading.test_reader import reader_of

ROWS: list[Any] = [
    rows.Who, rows.AgendaEntry, rows.MemberAgenda, rows.OpenFollowup, rows.EndedFollowup, rows.MemberFollowups,
    rows.InviteStanding, rows.OpenProposal, rows.MemberInvites,
]  # fmt: skip
ASKED = [
    {"invite_id": f"i{n}", "contact": {"id": "zoe", "name": "Z"}, "sent_at": "2026-01-01T00:00:00Z"} for n in (1, 2)
]
LIFE = (
    said(-9, "member.joined", name="Ada", zone="Europe/Paris"),
    said(-9, "contact.connected", contact={"id": "zoe", "name": 'Zoé "\\/\u00ad\u200f<&>\U0001f600'}),
    due(-1.123456, text="Thank Zoé"),
    due(-4, "contact/ben/thank/1"),
    due(-3, "contact/cyd/thank/1"),
    said(-0.5, "followup.snoozed", followup_id="contact/cyd/thank/1", until="2026-11-30T09:00:00.120Z"),
    planned(7, "date/zoe/birthday/remember_date/2026", on_day="2026-12-08T00:00"),
    said(-2, "followup.lapsed", followup_id="contact/dan/thank/1", rule="thank"),
    said(-0.2, "followup.requested", followup_id="r", what="One\nTwo\t\x7f\u2028", due="2026-12-01T09:00"),
    said(-2, "meeting.scheduled", meeting_id="k", contact_ids=["zoe"], kind="lunch", starts="2026-11-26T12:30",
         zone="Europe/Paris", minutes=60, place="Chez Paul"),
    *(said(-100, "invite.sent", invite_id=f"i{n}", contact={"id": "zoe", "name": "Z"}) for n in range(4)),
    said(-5, "invite.retraction_noticed", invite_id="i3", retract_at="2026-11-30T00:00:00Z", contact_id="zoe"),
    said(-2, "invite.retraction_proposed", proposal_id="proposal/1", invites=ASKED, oldest_days=90, attempt=1),
    said(-1, "invite.kept", invite_ids=["i2"], for_days=30),
)  # fmt: skip


def form_of(row: Any) -> type[BaseModel]:
    return cast("type[BaseModel]", getattr(answers, row.__name__))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_a_row_has_the_fields_of_its_form_in_their_order(row: Any) -> None:
    form = form_of(row).model_fields
    assert list(form) == [one.name for one in fields(row)]
    left_out = {one.name for one in fields(row) if one.default is not NODEFAULT}
    assert left_out == {name for name, field in form.items() if not field.is_required() and field.default is None}


def test_an_answer_has_the_bytes_that_its_form_would_have() -> None:
    view = seen(*LIFE)
    for answer in (agenda.as_text(view, NOW), agenda.followups_as_text(view, NOW), invite_states.as_text(view, NOW)):
        sent = rows.encoded(answer)
        form = form_of(type(answer))
        assert form.model_validate_json(sent).model_dump_json(exclude_none=True).encode() == sent
    everything = "".join(map(chr, (*range(0x300), *range(0x2000, 0x2100), 0xFEFF, 0xFFFD, 0x1F600)))
    one = answers.Who(id="x", name=everything).model_dump_json(exclude_none=True).encode()
    assert rows.encoded(rows.Who("x", everything)) == one


def test_instants_stand_as_text_in_what_is_sent_and_as_instants_in_what_is_computed_with() -> None:
    view = seen(*LIFE)
    sent, computed = agenda.as_text(view, NOW).entries, agenda.answer(view, NOW).entries
    assert [one.at for one in sent if one.at] == [instant_text(one.at) for one in computed if one.at]
    assert len(sent) > 5


def test_what_was_found_out_of_an_item_is_not_told_of_another() -> None:
    """Broken on purpose: where `remembered` compares only what was asked, the second answer is the first."""
    profile, known = known_by(told(*LIFE))
    items = AllItems()
    items.update(known)
    view = View(MEMBER, profile, items)
    before = agenda.answer(view, NOW)
    said_all = known[FOLLOWUPS]
    assert isinstance(said_all, Followups)
    items[FOLLOWUPS] = replace(said_all, open={})
    after = agenda.answer(view, NOW)
    assert len(after.entries) < len(before.entries)
    assert not [one for one in after.entries if one.kind == "followup" and one.rule == "thank"]
    assert len(agenda.followups_of(view, NOW).open) == 1, "the reminder that was asked for"


async def test_what_has_changed_between_two_loads_is_decoded_again() -> None:
    """Broken on purpose: where the reader keeps what it has decoded, the answer has the follow-up and the new name."""
    store, partition = await stored([*LIFE]), partition_for(MEMBER, PARTITIONS)
    load, loads, form = store.load, 0, StoredForm(PROJECTION)

    async def changing(at: int, wanted: dict[str, list[str]]) -> Loaded:
        nonlocal loads
        loads += 1
        if loads == 3:  # after the agenda was looked at, before the people are loaded
            puts = {
                FOLLOWUPS: form.of_item(FOLLOWUPS, Followups()),
                "reminders": form.of_item("reminders", Reminders()),
            }
            fencing_token = (await store.meta(partition))["head"]
            await store.commit(partition, fencing_token, "b:0", Changes(members={MEMBER: MemberChange(puts=puts)}))
        return await load(at, wanted)

    store.load = changing  # type: ignore[method-assign,assignment]
    found = await reader_of(store).read(MEMBER, lambda view: agenda.answer(view, NOW))
    assert {one.kind for one in found.entries} == {"meeting", "invite"}
    assert loads >= 3

"""One line for each record: cut for people, whole for programs."""

from __future__ import annotations

import json

from rapport.terminal.record_lines import as_line
from shared.runtime.ports.interfaces import Record

LONG = "x" * 190


def test_long_values_are_cut_for_people_and_whole_for_programs() -> None:
    event = {"followup_id": "f-1", "due": "2026-03-05T09:00:00", "zone": "Europe/Vienna", "what": LONG}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "a-1",
        "ce_source": "/test",
        "ce_type": "rapport.followup.requested",
        "ce_time": "2026-03-04T09:00:00Z",
        "ce_memberid": "m",
        "content-type": "application/json",
    }
    record = Record(
        "rapport.activity.v1", 0, 0, b"m", json.dumps(event).encode(),
        tuple((name, text.encode()) for name, text in headers.items()), 1_772_614_800_000,
    )  # fmt: skip
    assert LONG not in as_line(record)
    assert "what=xxx" in as_line(record)
    assert f"what={LONG}" in as_line(record, whole=True)


def test_a_line_names_the_person_where_the_event_does() -> None:
    data = {"contact_id": "c-17", "contact": {"id": "c-17", "name": "Zoë Moreau"}, "every_days": 30}
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "a-1",
        "ce_source": "/test",
        "ce_type": "rapport.contact.cadence_set",
        "ce_time": "2026-03-04T09:00:00Z",
        "ce_memberid": "m",
        "content-type": "application/json",
    }
    shown = tuple((name, text.encode()) for name, text in headers.items())
    record = Record("rapport.activity.v1", 0, 0, b"m", json.dumps(data).encode(), shown, 1_772_614_800_000)
    assert "contact=Zoë Moreau" in as_line(record)

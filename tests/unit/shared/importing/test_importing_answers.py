"""Which invites of an archive were answered, and whose they were."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts import (
    ContactConnected,
    InviteAccepted,
    InviteReceived,
    InviteSent,
)
from shared.importing import ArchiveError
from tests.unit.shared.importing.test_importing_people import AT, IN, answers, contacts, imported


def test_an_invite_is_accepted_when_the_profile_stands_among_the_connections(tmp_path: Path) -> None:
    found, events = imported(
        tmp_path,
        [f"Anna,Adler,{IN}anna,,,,10 Jan 2026"],
        [f"Me,A. Adler,{AT},Hello,OUTGOING,{IN}me,{IN}ANNA", f"Me,Anna Adler,{AT},,OUTGOING,{IN}me,{IN}other"],
    )
    sent = [event.data for event in events if isinstance(event.data, InviteSent)]
    assert [(invite.contact.id, invite.note) for invite in sent] == [("anna", "Hello"), ("other", None)]
    (accepted,) = [event for event in events if isinstance(event.data, InviteAccepted)]
    (connected,) = [event for event in events if isinstance(event.data, ContactConnected)]
    assert isinstance(accepted.data, InviteAccepted)
    assert isinstance(connected.data, ContactConnected)
    assert accepted.data == InviteAccepted(invite_id=sent[0].invite_id, contact_id="anna")
    assert accepted.time == connected.time == datetime(2026, 1, 10, tzinfo=UTC)
    assert accepted.causation == connected.id
    assert connected.data.via_invite == sent[0].invite_id
    assert found.evidence() == {
        "accepted: the profile stands in Connections.csv": 1,
        "pending: neither profile nor name stands in Connections.csv": 1,
    }


def test_an_answer_is_never_before_its_invite(tmp_path: Path) -> None:
    _, events = imported(tmp_path, [f"Anna,A,{IN}anna,,,,5 Jan 2026"], [f"Me,Anna A,{AT},,OUTGOING,{IN}me,{IN}anna"])
    accepted = next(event for event in events if isinstance(event.data, InviteAccepted))
    assert accepted.time == datetime(2026, 1, 5, 17, tzinfo=UTC)


def test_of_two_invites_the_one_before_the_connection_led_to_it(tmp_path: Path) -> None:
    rows = [f'Me,Anna A,"{day}, 9:00 AM",,OUTGOING,{IN}me,{IN}anna' for day in ("6/5/25", "1/5/26", "1/20/26")]
    _, events = imported(tmp_path, [f"Anna,A,{IN}anna,,,,10 Jan 2026"], rows)
    sent = [event.data.invite_id for event in events if isinstance(event.data, InviteSent)]
    assert [event.data.via_invite for event in events if isinstance(event.data, ContactConnected)] == [sent[1]]
    assert len(answers(events)) == 3


def test_a_received_invite_knows_who_sent_it(tmp_path: Path) -> None:
    _, events = imported(tmp_path, [f"Anna,A,{IN}anna,,,,10 Jan 2026"], [f"Anna A,Me,{AT},Hi,INCOMING,{IN}anna,{IN}me"])
    received = next(event.data for event in events if isinstance(event.data, InviteReceived))
    assert (received.contact.id, received.note) == ("anna", "Hi")
    assert [answer.contact_id for answer in answers(events)] == ["anna"]


def test_without_addresses_the_same_name_once_is_an_answer(tmp_path: Path) -> None:
    found, events = imported(tmp_path, ["Anna,Adler,,,,,10 Jan 2026"], [f"Me,ANNA  adler,{AT},,OUTGOING,,"])
    assert [answer.contact_id for answer in answers(events)] == ["name:anna adler"]
    assert found.evidence() == {"accepted: the name stands in Connections.csv, once": 1}


@pytest.mark.parametrize(
    ("connections", "invitations"),
    [
        (["Anna,A,,,,,10 Jan 2026", "Anna,A,,,,,11 Jan 2026"], [f"Me,Anna A,{AT},,OUTGOING,,"]),
        (["Anna,A,,,,,10 Jan 2026"], [f"Me,Anna A,{AT},,OUTGOING,,", 'Me,Anna A,"1/6/26, 9:00 AM",,OUTGOING,,']),
        (
            ["Anna,A,,,,,10 Jan 2026"],
            [f"Me,Anna A,{AT},,OUTGOING,,{IN}anna-1", f"Me,Anna A,{AT},,OUTGOING,,{IN}anna-2"],
        ),
    ],
)
def test_a_name_that_stands_twice_answers_nothing_and_merges_nobody(
    tmp_path: Path, connections: list[str], invitations: list[str]
) -> None:
    found, events = imported(tmp_path, connections, invitations)
    assert answers(events) == []
    assert found.evidence() == {"pending: the name stands more than once": len(invitations)}
    invited = [event.data.contact.id for event in events if isinstance(event.data, InviteSent)]
    known = [contact.id for contact in contacts(events)]
    assert len({*invited, *known}) == len(invited) + len(known)


def test_without_connections_every_invite_is_pending_and_the_reason_is_kept(tmp_path: Path) -> None:
    found, events = imported(tmp_path, None, [f"Me,Anna,{AT},,OUTGOING,{IN}me,{IN}anna"])
    assert answers(events) == []
    assert found.evidence() == {"pending: there is no Connections.csv": 1}


def test_the_owner_is_the_inviter_of_what_went_out_and_the_invitee_of_what_came_in(tmp_path: Path) -> None:
    assert imported(tmp_path, None, [f"Me,Anna,{AT},,OUTGOING,{IN}Me,{IN}anna"])[0].owner == "me"
    assert imported(tmp_path, None, [f"Anna,Me,{AT},,INCOMING,{IN}anna,{IN}Me"])[0].owner == "me"
    assert imported(tmp_path, None, [f"Me,Anna,{AT},,OUTGOING,,"], me=f"{IN}Given")[0].owner == "given"
    assert imported(tmp_path, None, [f"Me,Anna,{AT},,OUTGOING,,"])[0].owner is None


def test_a_missing_direction_follows_from_the_owner_or_is_refused(tmp_path: Path) -> None:
    rows = [
        f"Me,Anna,{AT},,,{IN}me,{IN}anna",
        f"Ben,Me,{AT},,,{IN}ben,{IN}me",
        f"Cora,Dag,{AT},,,{IN}cora,{IN}dag",
        f"Me,Eva,{AT},,SIDEWAYS,{IN}me,{IN}eva",
        f"Me,Me,{AT},,OUTGOING,{IN}me,{IN}me",
    ]
    found, events = imported(tmp_path, None, rows, me="me")
    assert [event.data.contact.id for event in events if isinstance(event.data, InviteSent)] == ["anna"]
    assert [event.data.contact.id for event in events if isinstance(event.data, InviteReceived)] == ["ben"]
    assert [(row["line"], row["reason"].split(":")[0]) for row in found.report()["rows_rejected"]] == [
        (4, "Direction"),
        (5, "Direction"),
        (6, "inviteeProfileUrl"),
    ]


def test_an_unusable_address_of_the_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="me: is no address of a LinkedIn profile"):
        imported(tmp_path, ["Anna,A,,,,,4 Apr 2021"], me="https://example.org/me")

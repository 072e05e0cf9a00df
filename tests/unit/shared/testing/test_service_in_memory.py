"""`TestService`: the example of the docs runs, and what it publishes is what the rules say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.digest.app import app as digest
from services.followups.app import app as followups
from services.invites.app import app as invites
from shared.contracts import (
    Contact,
    FollowupCompleted,
    FollowupDue,
    FollowupScheduled,
    InviteAccepted,
    InviteIgnored,
    InviteRetractionProposed,
    InviteSent,
    MemberErased,
    MemberJoined,
    ThanksSent,
)
from shared.preferences import Preferences
from shared.testing.app import TestService

PAGE = Path(__file__).parents[4] / "docs" / "faststream.md"
STALE = Preferences().stale_after
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SENT = InviteSent(invite_id="i", contact=Contact(id="zoe", name="Zoe"))
ACCEPTED = InviteAccepted(invite_id="i", contact_id="zoe")


def kinds(service: TestService, member: str) -> list[type]:
    return [type(event.data) for event in service.published if event.member == member]


def test_the_example_of_the_page_runs() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    wrong = example.replace("days=1", "hours=1")
    with pytest.raises(AssertionError):
        exec(compile(wrong, str(PAGE), "exec"), {})


def test_members_live_apart_and_an_answer_ends_a_reminder() -> None:
    service = TestService(followups, START)
    service.publish(ACCEPTED, member="ada")
    service.publish(ACCEPTED, member="bo")
    service.advance(timedelta(hours=1))
    service.publish(ThanksSent(contact_id="zoe"), member="bo")
    service.advance(timedelta(days=2))
    assert kinds(service, "ada")[:2] == [FollowupScheduled, FollowupDue]
    assert kinds(service, "bo")[:2] == [FollowupScheduled, FollowupCompleted]
    assert FollowupDue not in kinds(service, "bo")
    assert [event.time for event in service.published] == sorted(event.time for event in service.published)


def test_time_passes_by_the_test_alone() -> None:
    service = TestService(invites, START)
    assert service.publish(SENT) == []
    assert service.advance(STALE - timedelta(milliseconds=1)) == []
    [ignored, *_] = service.advance(timedelta(milliseconds=1))
    assert isinstance(ignored.data, InviteIgnored)
    assert ignored.time == START + STALE == service.now
    with pytest.raises(ValueError, match="time does not go back"):
        service.advance(timedelta(seconds=-1))


def test_a_proposal_after_an_erasure_has_a_name_that_no_mail_of_before_it_bears() -> None:
    """Numbers begin anew then, and a link of an old mail would answer what that mail never showed."""
    service = TestService(invites, START)
    names = []
    for joined in (MemberJoined(name="Mo"), MemberErased(), MemberJoined(name="Mo")):
        service.publish(joined)
        service.publish(SENT)
        said = service.advance(STALE + timedelta(days=3))
        names += [event.data.proposal_id for event in said if isinstance(event.data, InviteRetractionProposed)]
    assert names == ["proposal/1", "proposal/1.1"]


def test_who_was_erased_and_has_joined_again_hears_other_services() -> None:
    service = TestService(followups, START)
    service.publish(ACCEPTED, MemberErased(), MemberJoined(name="Mo"))
    service.publish(InviteIgnored(invite_id="i", contact_id="zoe", age_days=90))
    assert [event.incarnation for event in service.publish(ACCEPTED)] == [1]


def test_a_service_hears_what_others_publish_and_nothing_that_it_does_not_read() -> None:
    said = TestService(invites, START)
    said.publish(SENT)
    [ignored, *_] = said.advance(STALE)
    service = TestService(digest, START)
    service.publish(MemberJoined(name="Ada", email="ada@example.org"))
    service.publish(ignored.data)
    assert service.advance(timedelta(days=7)), "a digest is prepared"
    with pytest.raises(ValueError, match=r"rapport.invite.ignored: invites does not read rapport.invites.v1"):
        said.publish(ignored.data)

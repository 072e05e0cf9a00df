"""What is said in all: of a look ahead, and of a demo. An ending is called an answer only where one was told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from rapport.demo.summary import show
from rapport.preview.entries import summary_of
from rapport.preview.look import Look
from rapport.preview.story import Story
from shared.contracts import Because, Event, FollowupCancelled, FollowupCompleted

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def ended(kind: type[FollowupCompleted | FollowupCancelled], because: str, number: int = 1) -> Event:
    data = kind(followup_id=f"contact/c{number}/reconnect/1", rule="reconnect", because=Because(id="b", type=because))
    return Event(id=f"f{number}", member="ada", time=NOW, logged=NOW, data=data, source="/rapport/followups")


def summary(events: Iterable[Event]) -> list[str]:
    return summary_of(Look(Story("ada", NOW, NOW, []), list(events), [(NOW, "UTC")]))


@pytest.mark.parametrize("because", ["rapport.thanks.sent", "rapport.member.preferences_set", "rapport.contact.muted"])
def test_what_was_told_settles_a_reminder(because: str) -> None:
    assert summary([ended(FollowupCancelled, because)]) == ["One is settled by what happens."]


@pytest.mark.parametrize("because", ["rapport.followup.lapsed", "rapport.invite.retracted", "rapport.invite.ignored"])
def test_what_a_service_finds_is_no_answer(because: str) -> None:
    said = summary([ended(FollowupCancelled, because, number) for number in range(3)])
    assert said == ["Three end together with their kind of reminder, or with their invites."]


def test_the_demo_lists_as_answered_what_its_table_counts_as_answered() -> None:
    events = [
        ended(FollowupCompleted, "rapport.thanks.sent"), ended(FollowupCancelled, "rapport.followup.lapsed", 2),
    ]  # fmt: skip
    out = StringIO()
    show(Console(file=out, width=120), events)
    _, _, lists = out.getvalue().partition("What ended because of an answer")
    answered, _, otherwise = lists.partition("What ended otherwise")
    assert "(1)" in answered
    assert "ended by thanks.sent" in answered
    assert "followup.lapsed" not in answered
    assert "ended by followup.lapsed" in otherwise

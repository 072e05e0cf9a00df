"""What happened in the demo, in words: read from the topics, like any consumer could."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from shared.contracts import (
    DigestPrepared,
    DigestSent,
    DigestSkipped,
    Event,
    FollowupCancelled,
    FollowupCompleted,
    FollowupDue,
    FollowupLapsed,
    FollowupScheduled,
    InviteIgnored,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
)

LINES_MAX = 14
"""Examples shown of each kind; the count stands beside them."""


def show(console: Console, events: Sequence[Event]) -> None:
    """Print the summary."""
    console.print(_table(events))
    for title, kind in (
        ("What ended because of an answer", FollowupCompleted),
        ("What ended otherwise", FollowupCancelled),
    ):
        _list(console, title, [_ended(event) for event in events if isinstance(event.data, kind)])
    _list(console, "What fell due", [_due(event) for event in events if isinstance(event.data, FollowupDue)])
    _list(console, "Invites proposed for letting go", [_proposed(event) for event in events if _is_proposal(event)])
    _list(console, "Invites pulled back", _retracted(events))


def _table(events: Sequence[Event]) -> Table:
    kinds = Counter(type(event.data) for event in events)
    table = Table(title="In all", show_header=False, title_justify="left")
    proposed = sum(len(event.data.invites) for event in events if isinstance(event.data, InviteRetractionProposed))
    rows = [
        ("events from outside", sum(1 for event in events if event.number is None)),
        ("follow-ups scheduled", kinds[FollowupScheduled]),
        ("  fell due", kinds[FollowupDue]),
        ("  completed by an answer", kinds[FollowupCompleted]),
        ("  ended otherwise", kinds[FollowupCancelled]),
        ("  lapsed", kinds[FollowupLapsed]),
        ("invites that nobody answered", kinds[InviteIgnored]),
        (f"  proposed for letting go, in {kinds[InviteRetractionProposed]} proposals", proposed),
        ("  told a week before", kinds[InviteRetractionNoticed]),
        ("  pulled back", kinds[InviteRetracted]),
        ("digests prepared", kinds[DigestPrepared]),
        ("  sent", kinds[DigestSent]),
        ("  skipped (nothing to say, or off)", kinds[DigestSkipped]),
    ]
    for name, count in rows:
        table.add_row(name, str(count))
    return table


def _list(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(f"\n[bold]{title}[/bold] ({len(lines)})")
    for line in lines[:LINES_MAX]:
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    if len(lines) > LINES_MAX:
        console.print(f"  and {len(lines) - LINES_MAX} more")


def _is_proposal(event: Event) -> bool:
    return isinstance(event.data, InviteRetractionProposed)


def _day(event: Event) -> str:
    return f"{event.time:%d %b} {event.member}:"


def _ended(event: Event) -> str:
    assert isinstance(event.data, FollowupCompleted | FollowupCancelled)
    return f"{_day(event)} {event.data.rule} ended by {event.data.because.type.removeprefix('rapport.')}"


def _due(event: Event) -> str:
    assert isinstance(event.data, FollowupDue)
    how = "pushed" if event.data.push else "for the digest"
    return f"{_day(event)} {event.data.text or event.data.what or event.data.rule} ({how})"


def _proposed(event: Event) -> str:
    assert isinstance(event.data, InviteRetractionProposed)
    return f"{_day(event)} {len(event.data.invites)} at once, the oldest {event.data.oldest_days} days old"


def _retracted(events: Sequence[Event]) -> list[str]:
    groups = Counter(
        (f"{event.time:%d %b}", event.member, "approved by the member" if event.data.by == "member" else "by the rule")
        for event in events
        if isinstance(event.data, InviteRetracted)
    )
    return [f"{day} {member}: {count}, {how}" for (day, member, how), count in groups.items()]

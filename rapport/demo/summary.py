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
    Fact,
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


def show(console: Console, facts: Sequence[Fact]) -> None:
    """Print the summary."""
    console.print(_table(facts))
    for title, kind in (
        ("What ended because of an answer", FollowupCompleted),
        ("What ended otherwise", FollowupCancelled),
    ):
        _list(console, title, [_ended(fact) for fact in facts if isinstance(fact.data, kind)])
    _list(console, "What fell due", [_due(fact) for fact in facts if isinstance(fact.data, FollowupDue)])
    _list(console, "Invites proposed for letting go", [_proposed(fact) for fact in facts if _is_proposal(fact)])
    _list(console, "Invites pulled back", _retracted(facts))


def _table(facts: Sequence[Fact]) -> Table:
    kinds = Counter(type(fact.data) for fact in facts)
    table = Table(title="In all", show_header=False, title_justify="left")
    proposed = sum(len(fact.data.invites) for fact in facts if isinstance(fact.data, InviteRetractionProposed))
    rows = [
        ("facts from outside", sum(1 for fact in facts if fact.number is None)),
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


def _is_proposal(fact: Fact) -> bool:
    return isinstance(fact.data, InviteRetractionProposed)


def _day(fact: Fact) -> str:
    return f"{fact.time:%d %b} {fact.member}:"


def _ended(fact: Fact) -> str:
    assert isinstance(fact.data, FollowupCompleted | FollowupCancelled)
    return f"{_day(fact)} {fact.data.rule} ended by {fact.data.because.type.removeprefix('rapport.')}"


def _due(fact: Fact) -> str:
    assert isinstance(fact.data, FollowupDue)
    how = "pushed" if fact.data.push else "for the digest"
    return f"{_day(fact)} {fact.data.text or fact.data.what or fact.data.rule} ({how})"


def _proposed(fact: Fact) -> str:
    assert isinstance(fact.data, InviteRetractionProposed)
    return f"{_day(fact)} {len(fact.data.invites)} at once, the oldest {fact.data.oldest_days} days old"


def _retracted(facts: Sequence[Fact]) -> list[str]:
    groups = Counter(
        (f"{fact.time:%d %b}", fact.member, "approved by the member" if fact.data.by == "member" else "by the rule")
        for fact in facts
        if isinstance(fact.data, InviteRetracted)
    )
    return [f"{day} {member}: {count}, {how}" for (day, member, how), count in groups.items()]

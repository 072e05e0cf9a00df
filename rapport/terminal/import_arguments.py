"""What commands that read an export are given, and what they leave out of it: the member's id, and whole files."""

from __future__ import annotations

import sys
from typing import Any

import typer


def check_member(member: str) -> None:
    """Refuse what can not be the id of a member (`typer.BadParameter`)."""
    from shared.contracts import MemberErased, Unreadable, from_json_line

    probe = {
        "id": "1", "source": "/rapport", "type": MemberErased.TYPE, "time": "2026-01-01T00:00:00Z", "memberid": member,
    }  # fmt: skip
    try:
        from_json_line(probe)
    except Unreadable as error:
        raise typer.BadParameter(error.reason, param_hint="--member") from None


def warn_of_files(report: dict[str, Any]) -> None:
    """Name on stderr what was left out whole, and what may have been misread."""
    refused = report.get("files_refused", [])
    for file in refused:
        print(f"warning: {file['file']} is left out: {file['reason']}", file=sys.stderr)
    if any(file["file"].lower().startswith("connections") for file in refused):
        print("warning: without Connections.csv every invite counts as unanswered", file=sys.stderr)
    for note in report.get("resaved", []):
        print(f"note: {note['file']} {note['what']}", file=sys.stderr)

"""What `rapport show` says to people: a few lines, and where there is more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rapport.commands.show import in_short
from rapport.inspect.memory.to_primitives import plain
from shared.runtime.processing.member.runtime_meta import RuntimeMeta


def test_people_are_told_in_a_few_lines_and_where_there_is_more() -> None:
    wakes = [{"at": f"2026-03-0{day}T08:00:00Z", "key": f"invite/i{day}"} for day in range(1, 6)]
    full: dict[str, Any] = {
        "items": {"invite/i1": {"seen": {}}, "invite/i2": {}, "proposals": {}},
        "wakes": wakes,
        "notes": {"parked": {"invite/i1": 1}},
    }
    bare: dict[str, Any] = {"items": {}, "wakes": [], "notes": None}
    lines = in_short({"member": "ada", "services": {"invites": full, "digest": bare}})
    assert lines == [
        "invites: invite 2, proposals 1",
        "  looks at invite/i1 on 2026-03-01T08:00:00Z",
        "  looks at invite/i2 on 2026-03-02T08:00:00Z",
        "  looks at invite/i3 on 2026-03-03T08:00:00Z",
        "  and at 2 more after that",
        "  some of it is parked: a rule failed (--raw shows what)",
        "digest: nothing yet",
        "What comes up: rapport agenda ada",
        "Why, of one item: rapport why ada ITEM",
        "All of it as it is stored: --raw",
    ]
    assert "seen" not in "\n".join(lines)


def test_all_that_the_shell_knows_of_a_member_is_json() -> None:
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)
    noted = plain(RuntimeMeta({"a": "r"}, 98, moment, moment, 99, b"\x01" * 8))
    assert json.loads(json.dumps(noted)) == {
        "parked": {"a": "r"},
        "incarnation": 98,
        "erased_at": "2026-01-05T09:00:00.000Z",
        "joined_at": "2026-01-05T09:00:00.000Z",
        "joined_from": 99,
        "turns": "01" * 8,
    }

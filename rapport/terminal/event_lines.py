"""Events that are told as JSON, one a line: what a line tells, or all that is wrong with it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.contracts import Event, Unreadable


def say_refused(number: int, refusal: Unreadable) -> None:
    """Print all that is wrong with a line."""
    for fault in (refusal, *refusal.others):
        print(f"line {number}: {fault.field or 'event'}: {fault.reason}", file=sys.stderr)


def event_of_line(line: bytes | None, *, first: bool = False) -> tuple[Event, dict[str, Any]]:
    """Return the event that a line tells (None: it was too long), and the line as JSON.

    `Unreadable` when it may not be published.
    """
    from rapport.terminal.lines import LINE_BYTES_MAX
    from shared.contracts import ACTIVITY, Unreadable, from_json_line, topics_of

    if line is None:
        raise Unreadable(f"is longer than {LINE_BYTES_MAX} bytes")
    try:
        parsed = json.loads(line.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON ({error.msg} at column {error.colno})") from None
    except (ValueError, RecursionError):
        raise Unreadable("holds a number or a depth that JSON does not allow") from None
    event = from_json_line(parsed)
    if ACTIVITY not in (topics := topics_of(type(event.data))):
        raise Unreadable(f"stands on {', '.join(sorted(topics))} alone, which its service writes", "type")
    return event, parsed

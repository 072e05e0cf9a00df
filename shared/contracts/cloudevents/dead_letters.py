"""Dead letters as Kafka records: whatever a record holds, its dead letter is small and says the same each time.

A dead letter may be written again after a crash; its id names the record, so readers drop the repetition. Its time is that of
writing, not the record's: it is kept for so many days from then on, and a record's timestamp may be any number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.contracts import limits
from shared.contracts.cloudevents.envelope import CONTENT_TYPE, SPECVERSION
from shared.contracts.cloudevents.json_format import object_of
from shared.contracts.events.own.upkeep import DeadLetter
from shared.contracts.fields import instant_text
from shared.contracts.refusal import Unreadable


def dead_letter(
    *,
    service: str,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    reason: str,
    written: datetime,
    field: str | None = None,
    headers: Sequence[tuple[str, bytes]] = (),
) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of the dead letter for a record that `service` could not read.

    All of it together stays under `DEAD_LETTER_BYTES_MAX`: reason, field, key, value and what names the event are cut. The
    key is the record's own, or None when that is too long. `headers` are the record's, `written` is now.
    """
    letter = DeadLetter(
        service=service,
        topic=topic,
        partition=partition,
        offset=offset,
        key_prefix=None if key is None else key[: limits.DEAD_LETTER_KEY_BYTES_MAX],
        reason=_cut(reason, limits.DEAD_LETTER_REASON_BYTES_MAX) or "unknown",
        field=None if field is None else _cut(field, limits.DEAD_LETTER_FIELD_BYTES_MAX) or None,
        **_named(key, value, headers),
        value_bytes=None if value is None else len(value),
        value_prefix=None if value is None else value[: limits.DEAD_LETTER_VALUE_BYTES_MAX],
    )
    attributes = {
        "ce_specversion": SPECVERSION,
        "ce_id": f"{service}/{topic}/{partition}/{offset}",
        "ce_source": f"/rapport/{service}",
        "ce_type": DeadLetter.TYPE,
        "ce_time": instant_text(written),
        "content-type": CONTENT_TYPE,
    }
    return (
        key if key is not None and len(key) <= limits.DEAD_LETTER_KEY_BYTES_MAX else None,
        letter.model_dump_json(exclude_none=True).encode(),
        [(name, text.encode()) for name, text in attributes.items()],
    )


def _named(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    """Return what names the event, as far as anybody can read it: its producer looks for that."""
    attributes: Mapping[str, Any] = {name[3:]: raw for name, raw in headers if name.startswith("ce_")}
    if not attributes:
        try:
            attributes = object_of(value)
        except Unreadable:
            attributes = {}
    named = {
        "event_id": attributes.get("id"),
        "event_source": attributes.get("source"),
        "event_type": attributes.get("type"),
    }
    named["member"] = attributes.get("memberid") or key
    texts = {name: _text(raw) for name, raw in named.items()}
    return {name: text for name, text in texts.items() if text}


def _text(raw: Any) -> str:
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw if isinstance(raw, str) else ""
    return _cut(text, limits.DEAD_LETTER_NAME_BYTES_MAX)


def _cut(text: str, bytes_max: int) -> str:
    """Return the beginning of a text, on one line: what does not print becomes a space."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[:bytes_max])
    return line.encode(errors="replace")[:bytes_max].decode(errors="ignore").strip()

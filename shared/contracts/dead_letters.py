"""Dead letters as Kafka records: whatever a record holds, its dead letter is small and always the same bytes.

A dead letter may be written again after a crash; its id names the record, so readers drop the repetition.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from shared.contracts import limits
from shared.contracts.envelope import CONTENT_TYPE, SPECVERSION
from shared.contracts.fields import instant_text
from shared.contracts.upkeep import DeadLetter

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOGGED_MS_MAX: Final = (datetime(limits.YEAR_MAX, 12, 31, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def dead_letter(
    *,
    service: str,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    reason: str,
    logged_ms: int,
    field: str | None = None,
) -> tuple[bytes | None, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of the dead letter for a record that `service` could not read.

    All of it together stays under `DEAD_LETTER_BYTES_MAX`: reason, field, key and value are cut. The key is the
    record's own, or None when that is too long. `logged_ms` is the record's timestamp in ms since 1970; one that is no
    time counts as 0.
    """
    letter = DeadLetter(
        service=service,
        topic=topic,
        partition=partition,
        offset=offset,
        key_prefix=None if key is None else key[: limits.DEAD_LETTER_KEY_BYTES_MAX],
        reason=_cut(reason, limits.DEAD_LETTER_REASON_BYTES_MAX) or "unknown",
        field=None if field is None else _cut(field, limits.DEAD_LETTER_FIELD_BYTES_MAX) or None,
        value_bytes=None if value is None else len(value),
        value_prefix=None if value is None else value[: limits.DEAD_LETTER_VALUE_BYTES_MAX],
    )
    logged = _EPOCH + timedelta(milliseconds=logged_ms if 0 <= logged_ms <= _LOGGED_MS_MAX else 0)
    headers = {
        "ce_specversion": SPECVERSION,
        "ce_id": f"{service}/{topic}/{partition}/{offset}",
        "ce_source": f"/rapport/{service}",
        "ce_type": DeadLetter.TYPE,
        "ce_time": instant_text(logged),
        "content-type": CONTENT_TYPE,
    }
    return (
        key if key is not None and len(key) <= limits.DEAD_LETTER_KEY_BYTES_MAX else None,
        letter.model_dump_json(exclude_none=True).encode(),
        [(name, text.encode()) for name, text in headers.items()],
    )


def _cut(text: str, bytes_max: int) -> str:
    """Return the beginning of a text, on one line: what does not print becomes a space."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[:bytes_max])
    return line.encode(errors="replace")[:bytes_max].decode(errors="ignore").strip()

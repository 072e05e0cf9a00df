"""States as plain values for people and for JSON: fields by their full names, and without those that say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import msgspec

from shared.contracts.fields import instant_text
from shared.preference_names import stored_names
from shared.preferences import Preferences


def plain(value: Any) -> Any:
    """Return a state as dicts, lists, texts and numbers."""
    if isinstance(value, Preferences):
        names = stored_names()
        return {names.get(name, name): plain(register.value) for name, register in value.registers.items()}
    if isinstance(value, msgspec.Struct):
        fields = {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        kept = {name: of for name, of in fields.items() if of not in (None, "", [], {}, False)}
        tag = value.__struct_config__.tag
        return {"kind": type(value).__name__.lower(), **kept} if tag is not None else kept
    if isinstance(value, Mapping):
        return {str(key): plain(of) for key, of in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(of) for of in value]
    if isinstance(value, datetime):
        return instant_text(value) if value.tzinfo is not None else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value

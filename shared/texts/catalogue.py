"""The catalogue of what is said about events and rules: one file for one language, read once and held to its form.

To add an event or a rule is to add a table to the file. Whatever has no words is found by
`tests/unit/repository/test_declared_once.py`, which names what to write where.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import msgspec


class EventTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said about a type of event. `{name}` is the person, `{it}` what it is about, `{me}` the member."""

    happened: str
    happens: str
    told: str = ""


class RuleTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said about a rule of *followups*. `{name}` is the person."""

    why: str
    action: str
    subject: str
    topic: str
    starts: str
    counts: str
    ends: str
    line: str = ""


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events by their type, rules by their name."""

    events: dict[str, EventTexts]
    rules: dict[str, RuleTexts]


def _read(language: str) -> Catalogue:
    return msgspec.toml.decode(files(__package__).joinpath(f"{language}.toml").read_bytes(), type=Catalogue)


ENGLISH: Final = _read("en")

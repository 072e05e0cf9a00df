"""The English of what is said about events and rules, and on a member's own pages.

It is read once and held to its form. Translations stand beside it: see `translations.py`.

To add an event or a rule is to add a table to the file. Whatever has no words is found by
`tests/unit/repository/test_declared_once.py`, which names what to write where.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import msgspec

from shared.texts.message import Text

_NOTES: Final = {
    "line": "All that a reminder of the kind `{rule}` says; it may stand on the screen of a phone.",
    "why": "Beside a person's name in the mail: why now, of a reminder of the kind `{rule}`. It names nobody.",
    "action": "Below that: one thing to do, as a friend would suggest it.",
    "subject": "The same as a heading, and as the subject of a mail. {{name}} is the person.",
    "topic": "What reminders of the kind `{rule}` are about, in a list: small if nouns are.",
}
"""For whoever translates what is said of a rule."""

_EVENT_NOTES: Final = {
    "happened": "What happened, told to the member. {name} is the person.",
    "happens": "The same as what may come: goes on after a colon, and stands in a list with `or`.",
}
"""The same of what is said of an event."""


class EventTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said about a type of event. `{name}` is the person, `{it}` what it is about, `{me}` the member."""

    happened: str
    happens: str
    reported: str = ""


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
    """Events by their type, rules by their name, and the words of a member's own pages."""

    events: dict[str, EventTexts]
    rules: dict[str, RuleTexts]
    pages: dict[str, str] = {}
    """What a member's own pages say, by the place where it stands."""


def read(language: str) -> Catalogue:
    """Return the catalogue of a file (`en`)."""
    return msgspec.toml.decode(files(__package__).joinpath(f"{language}.toml").read_bytes(), type=Catalogue)


ENGLISH: Final = read("en")


def event_text(kind: str, field: str) -> Text:
    """Return what is said of a type of event, as a text that has translations."""
    return Text(f"events.{kind}.{field}", getattr(ENGLISH.events[kind], field), _EVENT_NOTES[field])


def rule_text(rule: str, field: str) -> Text:
    """Return what is said of a rule, as a text that has translations: `rule_text("thank", "why")`."""
    return Text(f"rules.{rule}.{field}", getattr(ENGLISH.rules[rule], field), _NOTES[field].format(rule=rule))

"""The catalogue of what is said about events and rules, and on a member's own pages: one file for one language.

It is read once and held to its form.

To add an event or a rule is to add a table to the file. Whatever has no words is found by
`tests/unit/repository/test_declared_once.py`, which names what to write where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from string import Formatter
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
    """Events by their type, rules by their name, and the words of a member's own pages."""

    events: dict[str, EventTexts]
    rules: dict[str, RuleTexts]
    pages: dict[str, str] = {}
    """What a member's own pages say, by the place where it stands."""


def read(language: str) -> Catalogue:
    """Return the catalogue of a language (`en`); `FileNotFoundError` where there is none."""
    return msgspec.toml.decode(files(__package__).joinpath(f"{language}.toml").read_bytes(), type=Catalogue)


def languages() -> list[str]:
    """Return the languages that there are catalogues of."""
    return sorted(
        file.name.removesuffix(".toml") for file in files(__package__).iterdir() if file.name.endswith(".toml")
    )


def differences(one: Catalogue) -> list[str]:
    """Return a line for each text that a catalogue lacks, has too many, or says with other places than the English one."""
    ours, theirs = (dict(_texts(catalogue)) for catalogue in (ENGLISH, one))
    found = [f"{name}: is missing" for name in ours if name not in theirs]
    found += [f"{name}: English has no such text" for name in theirs if name not in ours]
    for name in ours.keys() & theirs.keys():
        if (wanted := _places(ours[name])) != (given := _places(theirs[name])):
            found.append(f"{name}: names {sorted(given)}, and English names {sorted(wanted)}")
    return sorted(found)


def _texts(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    kinds: tuple[Mapping[str, EventTexts | RuleTexts], ...] = (catalogue.events, catalogue.rules)
    for kind, tables in zip(("events", "rules"), kinds, strict=True):
        for key, table in tables.items():
            yield from ((f"{kind}.{key}.{name}", text) for name, text in msgspec.structs.asdict(table).items() if text)
    yield from ((f"pages.{name}", text) for name, text in catalogue.pages.items())


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


ENGLISH: Final = read("en")

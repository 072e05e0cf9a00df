"""What is wrong with the settings, in lines that name each variable and its reason, and never show a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from pydantic import ValidationError

from shared.config.consistency import contradictions
from shared.config.secret_files import SECRETS, file_variable
from shared.config.tls_files import unfit_files
from shared.contracts.refusal import in_our_words

ALIKE = 0.8
"""An unknown variable this similar to a known one is taken for a typing error, and refused."""


def named(prefix: str, error: ValidationError, present: Mapping[str, str]) -> Iterator[str]:
    """Yield all that is wrong with what is given, a line for each, and each once."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    for problem in problems:
        named = [f"{prefix}{name}".upper() for name in problem["loc"][:1]]
        yield from (": ".join([*named, reason]) for reason in in_our_words(problem["msg"]).splitlines())
    if single := {str(problem["loc"][0]) for problem in problems if problem["loc"]}:
        # Values that are wrong in themselves are found first: what they say against each other was not looked at.
        yield from contradictions(present)
        yield from unfit_files(present, besides=single)


def given(prefix: str, present: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in the environment, by the names of settings."""
    return {name.upper().removeprefix(prefix).lower(): value for name, value in present.items() if value}


def mistyped(prefix: str, names: Iterable[str], present: Iterable[str]) -> list[str]:
    """Return a line for each variable that looks like a setting and is none."""
    declared = [f"{prefix}{name}".upper() for name in names]
    declared += [file_variable(prefix, name) for name in SECRETS]
    strangers = [name for name in present if name.upper().startswith(prefix) and name.upper() not in declared]
    close = {name: difflib.get_close_matches(name.upper(), declared, n=1, cutoff=ALIKE) for name in strangers}
    return [f"{name}: there is no such setting; did you mean {match[0]}?" for name, match in close.items() if match]


def message(wrong: list[str]) -> str:
    """Return all that is wrong as one text."""
    heading = "a setting is wrong:" if len(wrong) == 1 else f"{len(wrong)} settings are wrong:"
    return "\n".join([heading, *(f"  {line}" for line in sorted(wrong))])

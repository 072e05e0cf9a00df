"""Several observers are told the same, each in its turn."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from shared.runtime.processing.observer import Observer, Several, Silent

CALLS = {
    name: len(inspect.signature(method).parameters) - 1
    for name, method in vars(Observer).items()
    if inspect.isfunction(method) and not name.startswith("_")
}
"""What the shell tells, and with how many arguments."""


class Noting(Silent):
    """Notes what it is told."""

    def __init__(self, name: str, told: list[tuple[str, str, tuple[Any, ...]]]) -> None:
        def noting(call: str) -> None:
            setattr(self, call, lambda *says: told.append((name, call, says)))

        for call in CALLS:
            noting(call)


@pytest.mark.parametrize("call", CALLS)
def test_each_of_several_observers_is_told_the_same_in_their_order(call: str) -> None:
    told: list[tuple[str, str, tuple[Any, ...]]] = []
    says = tuple(f"argument {number}" for number in range(CALLS[call]))
    getattr(Several(Noting("first", told), Noting("second", told)), call)(*says)
    assert told == [("first", call, says), ("second", call, says)]


def test_the_shell_tells_six_things() -> None:
    assert sorted(CALLS) == ["began", "finished", "rebalanced", "recovered", "refused", "uncertain"]

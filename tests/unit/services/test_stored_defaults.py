"""What is left out of the stored form is what there is none of: no default of a stored field stands for anything else."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import msgspec
import pytest

from services.digest.model import meeting
from services.digest.model import state as digest
from services.followups.model import state as followups
from services.followups.model import values
from services.gateway.projection.model import followups as projected
from services.gateway.projection.model import people, registers
from services.invites import state as invites

MODULES = (digest, meeting, followups, values, invites, projected, people, registers)


def is_empty(value: Any) -> bool:
    """Say whether it is a struct all of whose fields are left out, or nothing."""
    return value == type(value)() if isinstance(value, msgspec.Struct) else not value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_field_that_is_left_out_is_empty(module: ModuleType) -> None:
    """Else a later version, which may have another default, reads what this one has stored as something else."""
    kinds = [one for one in vars(module).values() if inspect.isclass(one) and issubclass(one, msgspec.Struct)]
    assert kinds
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            if field.default is not msgspec.NODEFAULT:
                assert is_empty(field.default), f"{kind.__name__}.{field.name}"
            elif field.default_factory is not msgspec.NODEFAULT:
                assert is_empty(field.default_factory()), f"{kind.__name__}.{field.name}"

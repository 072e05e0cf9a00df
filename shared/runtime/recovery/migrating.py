"""What an older version has stored of a member, led to today's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.decider import Decider
from shared.runtime.ports.interfaces import Refused
from shared.runtime.processing import invariants
from shared.runtime.processing.member.stored_form import StoredForm
from shared.stored.item_names import NOTES, PROFILE
from shared.stored.migration import gap, way

OLDER: Final = "start the version of Rapport that wrote them, nothing is lost"


def refuse_unmigrated(decider: Decider[Any, Any], version: int) -> None:
    """Refuse, by `Refused`, a snapshot of a version from which no way leads to this one."""
    if way(decider.migrations, version, decider.version) is None:
        raise Refused(
            f"a snapshot was written by version {version} of {decider.name}, this is version {decider.version}: "
            f"{gap(decider.migrations, version, decider.version)}; {OLDER}"
        )


def migrated(decider: Decider[Any, Any], version: int, values: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return what is stored of a member under today's version, to the byte. Raises `Refused` where the way there fails."""
    if version == decider.version:
        return values
    try:
        for step in way(decider.migrations, version, decider.version) or ():
            values = step.change(values)
        return as_stored_today(decider, values)
    except Exception as error:  # a fault of ours: the snapshots stay, so the version before goes on
        if not invariants.blames(error):
            raise
        raise Refused(
            f"a snapshot of version {version} of {decider.name} can not be migrated ({type(error).__name__}); {OLDER}"
        ) from None


def as_stored_today(decider: Decider[Any, Any], values: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return migrated values as today's version writes them: it has to read each, and a map may begin in several ways."""
    form, notes = StoredForm(decider), {key: value for key, value in values.items() if key == NOTES}
    profile = {key: form.of_profile(form.profile(value)) for key, value in values.items() if key == PROFILE}
    others = {key: value for key, value in values.items() if key not in (NOTES, PROFILE)}
    return notes | profile | {key: form.of_item(key, form.item(key, value)) for key, value in others.items()}

"""Paths in which ids stand: an id may hold any letter, a slash, too, where it is percent-encoded.

Servers decode a path as a whole, and with it the difference between a slash that parts and one that belongs to an id. Here
each is kept: routes see a path in which a slash or a percent sign that was encoded still is, and what is taken from it is
decoded to its end.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias
from urllib.parse import unquote_to_bytes

from fastapi import Path
from pydantic import BeforeValidator

from shared.contracts.fields import Id, OwnId

_KEPT: Final = re.compile(rb"%(?=2[Ff5]|0[Aa])")
_LEFT: Final = re.compile(r"%(2[Ff5]|0[Aa])")
"""Slash, percent, and the end of a line, which no route's pattern would take for a part of an id."""


def half_decoded(raw: bytes) -> str:
    """Return a path without percent-encoding but that of slash and percent; ValueError where it is not UTF-8."""
    return unquote_to_bytes(_KEPT.sub(b"%25", raw)).decode()


def whole(text: str) -> str:
    """Return a part of such a path, decoded to its end."""
    return _LEFT.sub(lambda found: chr(int(found[1], 16)), text)


def _decoded(value: object) -> object:
    return whole(value) if isinstance(value, str) else value


MemberId: TypeAlias = Annotated[Id, BeforeValidator(_decoded), Path(description="The member's id.", examples=["ada"])]
InPath: TypeAlias = Annotated[Id, BeforeValidator(_decoded), Path()]
"""An id that a product gives."""
OwnInPath: TypeAlias = Annotated[OwnId, BeforeValidator(_decoded), Path()]
"""An id that a service composes: it holds slashes, which may stand as they are."""

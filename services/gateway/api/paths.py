"""Paths in which ids stand: an id may hold any letter, a slash, too, where it is percent-encoded.

Servers decode a path as a whole, and with it the difference between a slash that parts and one that belongs to an id. Here
each is kept: routes see a path in which `%2F` and `%25` are left, and what is taken from it is decoded to its end.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias
from urllib.parse import unquote_to_bytes

from fastapi import Path
from pydantic import BeforeValidator

from shared.contracts.fields import Id, OwnId

_KEPT: Final = re.compile(rb"%(?=2[Ff5])")
_LEFT: Final = re.compile(r"%(2[Ff]|25)")


def half_decoded(raw: bytes) -> str:
    """Return a path without percent-encoding but that of slash and percent; ValueError where it is not UTF-8."""
    return unquote_to_bytes(_KEPT.sub(b"%25", raw)).decode()


def whole(text: str) -> str:
    """Return a part of such a path, decoded to its end."""
    return _LEFT.sub(lambda found: "%" if found[1] == "25" else "/", text)


def _decoded(value: object) -> object:
    return whole(value) if isinstance(value, str) else value


MemberId: TypeAlias = Annotated[Id, BeforeValidator(_decoded), Path(description="The member's id.", examples=["ada"])]
InPath: TypeAlias = Annotated[Id, BeforeValidator(_decoded), Path()]
"""An id that a product gives."""
OwnInPath: TypeAlias = Annotated[OwnId, BeforeValidator(_decoded), Path()]
"""An id that a service composes: it holds slashes, which may stand as they are."""

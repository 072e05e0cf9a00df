"""What a member picks on the page of a proposal: whom to let go, or to keep, by the form's fields.

A browser sends a field only for what has a tick, so the form says by a field of its own that it was there. A press
without it, as by the button of a page that lists without ticks, is about all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from shared.links import NAMED_MAX, ToInvites

FORM: Final = "form"
"""Stands in every form with ticks."""
ONE: Final = "one"
"""Stands once for each invite that has a tick, with its place among those that the link names."""
REST: Final = "rest"
"""Stands where the others of the proposal have a tick."""
FIELDS_MAX: Final = NAMED_MAX + 10
"""A tick for each that a link can name, and what a form has beside."""


class BadChoice(ValueError):
    """A form that no page of ours has sent."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The invites of a link that have a tick."""

    picked: tuple[int, ...]
    """Places among those that the link names, ascending."""
    rest: bool
    """Whether the others of the proposal have one."""

    @property
    def empty(self) -> bool:
        """Whether nothing has a tick."""
        return not self.picked and not self.rest


def all_of(link: ToInvites) -> Choice:
    """Return the choice of everything."""
    return Choice(tuple(range(len(link.named))), rest=link.more > 0)


def choice_of(body: bytes, link: ToInvites) -> Choice:
    """Read what a form sent. Raises `BadChoice` for what names no invite of the link."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
        picked = sorted({int(value) for name, value in fields if name == ONE})
    except ValueError as error:
        raise BadChoice("is no form of ours") from error
    names = {name for name, _ in fields}
    if FORM not in names:
        return all_of(link)
    if picked and not 0 <= picked[0] <= picked[-1] < len(link.named):
        raise BadChoice(f"{ONE}: names no invite of this link")
    return Choice(tuple(picked), rest=REST in names and link.more > 0)

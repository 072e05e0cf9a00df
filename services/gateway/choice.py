"""What a member picks on a page with ticks: whom to let go or to keep, or what is done, by the form's fields.

A browser sends a field only for what has a tick, so the form says by a field of its own that it was there. To keep takes
a click without it, as by the button of its page, which lists without ticks: it is about all invites. Whom to let go and what
is done is chosen with ticks, and a click without the form chooses nothing, so it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from shared.links import NAMED_MAX, ToFollowups, ToInvites, Verb

FORM: Final = "form"
"""Stands in every form with ticks."""
ONE: Final = "one"
"""Stands once for each invite that has a tick, with its place among those that the link names."""
REST: Final = "rest"
"""Stands where the others of the proposal have a tick."""
GONE: Final = "gone"
"""Stands once for each follow-up that was answered on the page already."""
LATER: Final = "later"
"""Stands where the button to put off was clicked."""
PAGE: Final = "page"
"""When the page was shown, in the milliseconds of the epoch."""
_PAGE: Final = re.compile(rb"(?:^|&)page=([0-9]{1,15})(?:&|$)")
FIELDS_MAX: Final = 2 * NAMED_MAX + 10
"""A tick, or a place that is gone, for each that a link can name, and what a form has beside."""


class BadChoice(ValueError):
    """A form that no page of ours has sent: which field, and why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a link names and has a tick."""

    picked: tuple[int, ...]
    """Places among those that the link names, ascending."""
    rest: bool
    """Whether the others of the proposal have one."""
    gone: tuple[int, ...] = ()
    """Places of the follow-ups that were answered before."""
    later: bool = False
    """Put off, and not done."""

    @property
    def empty(self) -> bool:
        """Whether nothing has a tick."""
        return not self.picked and not self.rest


def page_of(body: bytes) -> str:
    """Return which showing of a page a form was sent from; empty for what no page of ours has sent."""
    found = _PAGE.search(body)
    return found[1].decode("ascii") if found else ""


def all_of(link: ToInvites | ToFollowups) -> Choice:
    """Return the choice of everything: of follow-ups nothing, since each is answered on its own."""
    if isinstance(link, ToFollowups):
        return Choice((), rest=False)
    return Choice(tuple(range(len(link.named))), rest=link.more > 0)


def choice_of(verb: Verb, body: bytes, link: ToInvites | ToFollowups) -> Choice:
    """Read what a form sent. Raises `BadChoice` for what the link does not name, and where nothing was there to choose."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise BadChoice(f"{FORM}: must be URL-encoded, with at most {FIELDS_MAX} fields") from error
    names = {name for name, _ in fields}
    if FORM not in names:
        if verb != "keep":
            raise BadChoice(f"{FORM}: is missing: the page that the link opens sends it, with a tick for each choice")
        return all_of(link)
    picked, gone = (_places(fields, field, len(link.named)) for field in (ONE, GONE))
    if isinstance(link, ToFollowups):
        return Choice(picked, rest=False, gone=gone, later=LATER in names)
    choice = Choice(picked, rest=REST in names and link.more > 0)
    if verb == "keep" and choice.empty:
        raise BadChoice(f"{ONE}: is missing: nothing is chosen")
    return choice


def _places(fields: list[tuple[str, str]], field: str, named: int) -> tuple[int, ...]:
    """Return the places that stand in a field, ascending."""
    values = {value for name, value in fields if name == field}
    if any(not value.isdecimal() or int(value) >= named for value in values):
        raise BadChoice(f"{field}: must be a place among what the link names, from 0 to {named - 1}")
    return tuple(sorted(set(map(int, values))))

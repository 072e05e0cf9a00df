"""Importing on a member's own pages: a file comes in, the page shows what is in it, and a click lets it count.

It is the import of the API (`services.gateway.api.importing`), with a look ahead always.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.gateway.api.importing.refusals import JustConfirmed
from services.gateway.api.importing.spool import BadForm, Form, form_taken
from services.gateway.api.importing.status import ImportStatus
from services.gateway.api.importing.work import Imports
from services.gateway.browser import check_site, later
from services.gateway.personal import forms
from services.gateway.personal.visits import Deps, Guest, Visits

WAIT_SECONDS: Final = 4.0
"""How long a click waits until the file is read: most are by then, and the next page shows what is in them."""
ME_CHARS_MAX: Final = 300
COUNTS: Final = {
    "contact.connected": "people",
    "invite.sent": "invites",
    "invite.received": "invites",
    "message.sent": "messages",
    "message.received": "messages",
    "meeting.scheduled": "meetings",
    "meeting.rescheduled": "meetings",
    "meeting.cancelled": "meetings",
    "meeting.held": "meetings",
    "contact.date_set": "days",
    "help.given": "help",
    "help.received": "help",
}
"""Under which word events are counted; those beside them go without saying."""


class ImportPage(NamedTuple):
    """All of the page: the member's import, where there is one."""

    status: ImportStatus | None

    @property
    def counts(self) -> list[tuple[str, int]]:
        """What is in it, by the name of the word for it."""
        found: dict[str, int] = {}
        for kind, count in (self.status.events if self.status is not None else {}).items():
            if (word := COUNTS.get(kind)) is not None:
                found[word] = found.get(word, 0) + count
        return list(found.items())


class Importing:
    """What the page does."""

    def __init__(self, deps: Deps, visits: Visits) -> None:
        self._deps = deps
        self._visits = visits

    async def shown(self, guest: Guest) -> ImportPage:
        """Return the page."""
        return ImportPage(await self._imports().latest(guest.member))

    async def act(self, request: Request, guest: Guest) -> None:
        """Take a file in, or do what was clicked about it."""
        imports = self._imports()
        if request.headers.get("content-type", "").startswith("multipart/"):
            await self._upload(request, guest, imports)
            return
        _, fields = await self._visits.form(request, guest)
        acts: dict[str, Callable[[str, str], Awaitable[object]]] = {"confirm": imports.confirm, "drop": imports.drop}
        if (do := acts.get(fields.get(forms.DO, ""))) is None:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
        identity = fields.get(forms.ITEM, "")
        with suppress(JustConfirmed):  # a button that was pressed twice
            await do(guest.member, identity)
        await imports.settled(identity, WAIT_SECONDS)

    async def _upload(self, request: Request, guest: Guest, imports: Imports) -> None:
        check_site(request)
        imports.enter(guest.member)
        try:
            form = await _form(request)
        except BaseException:
            imports.leave(guest.member)
            raise
        if not hmac.compare_digest(form.fields.get(forms.MARK, "").encode(), guest.mark.encode()):
            form.spool.close()
            imports.leave(guest.member)
            raise HTTPException(HTTPStatus.FORBIDDEN, "forged")
        me = form.fields.get("me", "").strip()[:ME_CHARS_MAX] or None
        begun = await imports.begin(guest.member, form.spool, me, look=True)
        await imports.settled(begun.id, WAIT_SECONDS)

    def _imports(self) -> Imports:
        if self._deps.imports is None:
            raise later()
        return self._deps.imports


async def _form(request: Request) -> Form:
    """Return what has come."""
    try:
        return await form_taken(request.stream(), request.headers["content-type"])
    except BadForm as fault:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(fault)) from None

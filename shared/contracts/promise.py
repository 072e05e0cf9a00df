"""Promises that a member made to a contact."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.activity import Activity
from shared.contracts.fields import Id, WallTime, Words


class AboutPromise(Activity):
    """An event about one promise."""

    promise_id: Id
    contact_id: Id
    what: Words | None = None


class PromiseMade(AboutPromise):
    """The member promises something by a wall time in the member's own zone."""

    TYPE: ClassVar[str] = "rapport.promise.made"
    due: WallTime


class PromiseKept(AboutPromise):
    """The member has kept the promise."""

    TYPE: ClassVar[str] = "rapport.promise.kept"
    due: WallTime | None = None


class PromiseReleased(AboutPromise):
    """The promise is no longer expected."""

    TYPE: ClassVar[str] = "rapport.promise.released"
    due: WallTime | None = None

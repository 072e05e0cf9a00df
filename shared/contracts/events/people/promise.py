"""Promises that a member made to a contact."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.events.activity import Activity
from shared.contracts.events.moment import EvaluationTime
from shared.contracts.events.people.contact import Contact
from shared.contracts.fields import Id, Words


class AboutPromise(Activity):
    """An event about one promise."""

    promise_id: Id
    contact_id: Id
    what: Words | None = None
    contact: Contact | None = None
    """Who that is, where the product says so again; told once is enough."""


class PromiseMade(AboutPromise):
    """The member promises something by a certain time."""

    TYPE: ClassVar[str] = "rapport.promise.made"
    CODE: ClassVar[str] = "pm"
    due: EvaluationTime


class PromiseKept(AboutPromise):
    """The member has kept the promise."""

    TYPE: ClassVar[str] = "rapport.promise.kept"
    CODE: ClassVar[str] = "pk"
    due: EvaluationTime | None = None


class PromiseReleased(AboutPromise):
    """The promise is no longer expected."""

    TYPE: ClassVar[str] = "rapport.promise.released"
    CODE: ClassVar[str] = "pr"
    due: EvaluationTime | None = None

"""What passes between a member and a contact: words, calls, help, introductions."""

from __future__ import annotations

from typing import ClassVar

from shared.contracts.events.people.contact import AboutContact, Contact
from shared.contracts.fields import Words


class Interaction(AboutContact):
    """Something between the member and a contact, with the member's own words about it."""

    what: Words | None = None
    contact: Contact | None = None
    """Who that is, where the product says so again; told once is enough."""


class ThanksSent(Interaction):
    """The member thanks the contact."""

    TYPE: ClassVar[str] = "rapport.thanks.sent"
    CODE: ClassVar[str] = "ts"


class MessageSent(Interaction):
    """The member writes to the contact."""

    TYPE: ClassVar[str] = "rapport.message.sent"
    CODE: ClassVar[str] = "ms"


class MessageReceived(Interaction):
    """The contact writes to the member."""

    TYPE: ClassVar[str] = "rapport.message.received"
    CODE: ClassVar[str] = "mr"


class CallHeld(Interaction):
    """The two talk on the phone or online."""

    TYPE: ClassVar[str] = "rapport.call.held"
    CODE: ClassVar[str] = "ch"


class NoteAdded(Interaction):
    """The member writes something down about the contact."""

    TYPE: ClassVar[str] = "rapport.note.added"
    CODE: ClassVar[str] = "na"


class HelpReceived(Interaction):
    """The contact helps the member."""

    TYPE: ClassVar[str] = "rapport.help.received"
    CODE: ClassVar[str] = "hr"


class HelpGiven(Interaction):
    """The member helps the contact."""

    TYPE: ClassVar[str] = "rapport.help.given"
    CODE: ClassVar[str] = "hg"


class IntroductionMade(Interaction):
    """The member introduces the contact to somebody."""

    TYPE: ClassVar[str] = "rapport.introduction.made"
    CODE: ClassVar[str] = "im"

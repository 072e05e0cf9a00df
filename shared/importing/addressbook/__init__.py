"""Import an address book: birthdays and anniversaries become days to remember of the people whom they are about.

Read in this order: `days` (what a date of an address book says), `columns` (what those of a table are called, and how it is
encoded), `vcard` and `tables` (cards out of a file), `cards` (one person, and how much is read), `reading` (all of it). A
library without side effects: whoever calls it publishes.
"""

from __future__ import annotations

from shared.importing.addressbook.reading import AddressBookImport, read_address_book

__all__ = ["AddressBookImport", "read_address_book"]

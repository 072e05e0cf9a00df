"""Address books: vCards, and the tables of Google Contacts and Outlook."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shared.importing.addressbook import read_address_book, tables, vcard
from shared.importing.importer import Compared, FileImport, Given, Importer, Look, Sureness


def _knows(look: Look) -> Sureness:
    if vcard.is_vcard(look.head):
        return Sureness.CERTAIN
    return Sureness.LIKELY if tables.is_table(look.head) else Sureness.NO


def _read(path: Path, given: Given) -> FileImport:
    book = read_address_book(path, member=given.member, now=given.now)
    return Compared("contacts", book.events, book.report, "card", book.place)


IMPORTER: Final = Importer(
    "contacts", "an address book (.vcf, or the .csv of Google Contacts or Outlook)", _knows, _read
)

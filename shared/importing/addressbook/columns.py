"""What the columns of an address book's table are called: Google's and Outlook's in English, Outlook's in its own language.

Google Contacts names them in English for everybody. Outlook for Windows names them in the language that it runs in, and
writes the file in that language's code page. The names are the ones that Exchange takes in an upload of contacts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Final

_READ: Final = ("name", "first name", "middle name", "last name", "birthday", "anniversary")
_ADDRESS: Final = re.compile(r"e-?mail( \d+)?( - value| address)?|e-mail \d address", re.IGNORECASE)
EVENT: Final = re.compile(r"event (\d+) - (label|type)", re.IGNORECASE)
_EVENT_DAY: Final = re.compile(r"event \d+ - value")
_OUTLOOKS: Final = (
    "first name", "middle name", "last name", "birthday", "anniversary", "e-mail address", "e-mail 2 address",
    "e-mail 3 address",
)  # fmt: skip
"""In this order the names stand below; an empty one is English there, too."""
_ELSEWHERE: Final = (
    ("vorname", "weitere vornamen", "nachname", "geburtstag", "jahrestag",
     "e-mail-adresse", "e-mail 2: adresse", "e-mail 3: adresse"),
    ("prénom", "deuxième prénom", "nom", "anniversaire", "anniversaire de mariage ou fête",
     "adresse de messagerie", "adresse de messagerie 2", "adresse de messagerie 3"),
    ("nombre", "segundo nombre", "apellidos", "", "",
     "", "dirección de correo electrónico 2", "dirección del correo electrónico 3"),
    ("nome", "secondo nome", "cognome", "compleanno", "anniversario",
     "indirizzo posta elettronica", "indirizzo posta elettronica 2", "indirizzo posta elettronica 3"),
    ("primeiro nome", "segundo nome", "sobrenome", "", "datas especiais",
     "", "endereço de email 2", "endereço de email 3"),
    ("primeiro nome", "outros nomes/apelidos", "apelido", "data de nascimento", "aniversário",
     "endereço de correio electrónico", "endereço do correio electrónico 2", "endereço do correio electrónico 3"),
    ("voornaam", "middelste naam", "achternaam", "verjaardag", "",
     "e-mailadres", "e-mailadres 2", "e-mailadres 3"),
    ("imię", "drugie imię", "nazwisko", "urodziny", "rocznica", "adres e-mail", "adres e-mail 2", "adres e-mail 3"),
    ("förnamn", "mellannamn", "efternamn", "födelsedag", "årsdag", "e-postadress", "e-postadress 2", "e-postadress 3"),
    ("i̇lk adı", "i̇kinci adı", "soyadı", "doğum günü", "yıldönümü",
     "elektronik posta adresi", "elektronik posta 2 adres", "elektronik posta 3 adres"),
    ("الاسم الأول", "الاسم الأوسط", "اسم العائلة", "تاريخ الميلاد", "الذكرى السنوية",
     "عنوان البريد الإلكتروني", "عنوان البريد الإلكتروني 2", "عنوان البريد الإلكتروني 3"),
    ("名", "ミドル ネーム", "姓", "誕生日", "記念日",
     "電子メール アドレス", "電子メール 2 アドレス", "電子メール 3 アドレス"),
)  # fmt: skip
_ENGLISH: Final = {own: english for names in _ELSEWHERE for own, english in zip(names, _OUTLOOKS, strict=True) if own}
_CODE_PAGES: Final = ("cp1252", "cp1250", "cp1254", "cp1256", "cp932")
"""Of those languages. Where several read the header alike, the first one counts."""
_SEPARATORS: Final = (",", ";", "\t")
"""Outlook writes the list separator of the computer, and a spreadsheet that saves the table again its own."""
_LINE_END: Final = re.compile(r"[\r\n]")
HEADER_BYTES: Final = 64 * 1024
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def encoding_of(content: bytes) -> str:
    """Return how a table is encoded: as it says itself, in UTF-8, or in the code page in which its header has a meaning."""
    if content.startswith(_UTF16):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if (
            error.start < len(content) - 3 or error.reason != "unexpected end of data"
        ):  # a file's beginning may end in a letter
            return max(_CODE_PAGES, key=lambda page: len(columns_read(header_in(content, page)[0])))
    return "utf-8-sig"


def header_in(content: bytes, encoding: str) -> tuple[list[str], str]:
    """Return the names of the columns as they stand there, and the separator by which most of them are known."""
    line = _LINE_END.split(content[:HEADER_BYTES].decode(encoding, errors="replace"), maxsplit=1)[0]
    found = [(_cells(line, separator), separator) for separator in _SEPARATORS]
    return max(found, key=lambda one: len(columns_read(one[0])))


def columns_read(header: Sequence[str]) -> list[tuple[int, str]]:
    """Return the place and the English name of each column that is read."""
    named = [(place, _english(name)) for place, name in enumerate(header)]
    return [(place, name) for place, name in named if _is_read(name)]


def is_address(name: str) -> bool:
    """Whether a column of that English name holds addresses for mail."""
    return bool(_ADDRESS.fullmatch(name))


def _english(name: str) -> str:
    bare = name.strip().lower()
    return _ENGLISH.get(bare, bare)


def _is_read(name: str) -> bool:
    return name in _READ or bool(_ADDRESS.fullmatch(name) or EVENT.fullmatch(name) or _EVENT_DAY.fullmatch(name))


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []

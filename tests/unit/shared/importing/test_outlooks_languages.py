"""The table of contacts that Outlook writes in each language: the same day and name, however it is encoded and separated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.shared.importing.calendar_bed import data
from tests.unit.shared.importing.test_address_book import told


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Vorname,Weitere Vornamen,Nachname,E-Mail-Adresse,Geburtstag,Jahrestag", "Zoë,,Okafor,z@f.example,12.4.1990,0.0.00"),
        ("Prénom,Nom,Adresse de messagerie,Anniversaire", "Zoë,Okafor,z@f.example,1990-04-12"),
        ("Nombre,Apellidos,E-mail Address,Birthday", "Zoë,Okafor,z@f.example,1990-04-12"),
        ("Nome,Cognome,Indirizzo posta elettronica,Compleanno", "Zoë,Okafor,z@f.example,12-4-1990"),
        ("Primeiro nome,Sobrenome,E-mail Address,Birthday", "Zoë,Okafor,z@f.example,1990-04-12"),
        ("Voornaam,Achternaam,E-mailadres,Verjaardag", "Zoë,Okafor,z@f.example,12-4-1990"),
        ("Imię,Nazwisko,Adres e-mail,Urodziny", "Zoë,Okafor,z@f.example,1990-04-12"),
        ("Förnamn,Efternamn,E-postadress,Födelsedag", "Zoë,Okafor,z@f.example,1990-04-12"),
        ("İlk Adı,Soyadı,Elektronik Posta Adresi,Doğum günü", "Zoë,Okafor,z@f.example,12.04.1990"),
        ("姓,名,電子メール アドレス,誕生日", "鈴木,澄子,z@f.example,1990/4/12"),
        ("الاسم الأول,اسم العائلة,عنوان البريد الإلكتروني,تاريخ الميلاد", "ليلى,نور,z@f.example,1990-04-12"),
    ],
)  # fmt: skip
def test_outlooks_table_is_read_in_its_own_language(tmp_path: Path, header: str, row: str) -> None:
    """In UTF-8, in the code page of that language, and saved again by a spreadsheet."""
    code_page = next(page for page in ("cp1252", "cp1250", "cp1254", "cp1256", "cp932") if encodes(header + row, page))
    names = set()
    for table, encoding in (
        (f"{header}\r\n{row}\r\n", "utf-8"), (f"{header}\r\n{row}\r\n", code_page),
        (f"{header}\n{row}\n".replace(",", ";"), "utf-8-sig"), (f"{header}\n{row}\n".replace(",", "\t"), "utf-16"),
    ):  # fmt: skip
        events = told(tmp_path, table.encode(encoding))
        assert [(one.label, one.month, one.day) for one in data(events, "contact.date_set")] == [("birthday", 4, 12)], (
            encoding
        )
        names |= {one.name for one in data(events, "contact.named")}
    assert len(names) == 1
    assert names <= {"Zoë Okafor", "鈴木 澄子", "ليلى نور"}


def encodes(text: str, page: str) -> bool:
    try:
        text.encode(page)
    except UnicodeEncodeError:
        return False
    return True

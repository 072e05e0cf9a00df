"""The bytes of a mail: its parts, the headers that servers expect, and lines that nobody folds."""

from __future__ import annotations

import re
from dataclasses import replace
from email.headerregistry import Address

import pytest

from services.digest.content.model import DigestContent
from services.digest.mail.addresses import recipient
from services.digest.mail.message import message, message_id
from services.digest.words.render import render
from tests.unit.services.digest.words.mail_world import AT, EMPTY, entry, full, parsed, sent


def test_what_people_wrote_can_not_write_another_header() -> None:
    told = replace(EMPTY, due=(entry("own_reminder", "", what="Hi\r\nBcc: eve@example.org"),))
    mail = parsed(sent(told, recipient("Ada\r\nBcc: eve@example.org".replace("\r\n", " "), "ada@example.org")))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: eve@example.org"


def test_a_mail_is_multipart_with_the_complete_plain_text_first() -> None:
    mail = parsed(sent(full()))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == render(full()).text


def test_headers_name_the_list_the_robot_and_the_date() -> None:
    mail = parsed(sent(full()))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Rapport digest <digest.example.net>"
    assert mail["Message-ID"] == "<x@example.net>"
    assert mail["Date"].datetime == AT
    assert mail["To"] == "Ada Lovelace <ada@example.org>"


@pytest.mark.parametrize("name", ["Zoë von Ж", 'A "quoted", name; <x>', "Ada (née Byron) [1]", "名前"])
def test_whatever_people_are_called_the_mail_goes_to_one_address(name: str) -> None:
    data = sent(full(), recipient(name, "ada@example.org"), Address(name, "rapport", "example.net"))
    assert data.isascii()
    mail = parsed(data)
    for header, spec in (("To", "ada@example.org"), ("From", "rapport@example.net")):
        (address,) = mail[header].addresses
        assert (address.display_name, address.addr_spec) == (name, spec)


def test_a_header_with_one_long_word_stands_whole_on_one_line_of_the_bytes() -> None:
    """Python folds at 78 characters unless told otherwise, and makes an encoded word of what has no space to fold at."""
    domain = "a-mail-server-with-a-long-name.in-a-department.of-a-university.of-a-country.example.org"
    sender = Address("Rapport", "rapport", domain)
    identity = message_id("m", "2026-W48", domain)
    lines = message(render(full()), sender, sender, identity=identity, at=AT).split(b"\r\n")
    assert f"List-Id: Rapport digest <digest.{domain}>".encode() in lines
    assert f"Message-ID: {identity}".encode() in lines


def test_every_line_of_the_bytes_is_seven_bit_and_short_enough() -> None:
    named = DigestContent("Zoë " * 60, "2026-W48", "UTC", AT, due=(entry(name="Ł" * 200, what="ü" * 300),))
    to = recipient("Zoë" * 66, "zoe@example.org")
    for line in sent(named, to).split(b"\r\n"):
        assert len(line) <= 998
        assert line.isascii()


def test_a_message_id_is_the_same_for_every_attempt_and_another_for_others() -> None:
    one = message_id("m1", "2026-W48", "example.net")
    assert one == message_id("m1", "2026-W48", "example.net")
    assert len({one, message_id("m2", "2026-W48", "example.net"), message_id("m1", "2026-W49", "example.net")}) == 3
    assert message_id("m1", "2026-W48", "example.net", 12) not in (one, message_id("m1", "2026-W48", "example.net", 13))
    assert "m1" not in one
    assert re.fullmatch(r"<[\w.-]+@example\.net>", one)


@pytest.mark.parametrize("email", ["no-at", "a b@example.org", "a@b@c", ""])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        recipient("Ada", email)

"""Whatever people are called and write, a mail says it as they wrote it, and says nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.headerregistry import Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.digest.content.model import DigestContent, Entry
from services.digest.mail.addresses import recipient
from services.digest.mail.head import (
    ENCODED_LINE_CHARS_MAX,
    ENCODED_WORD_CHARS_MAX,
    NAMES,
    BadHead,
    head_bytes,
    mailbox_value,
    text_value,
)
from services.digest.mail.making import made
from services.digest.mail.message import message
from services.digest.words.render import Mail, render
from shared.texts.plain_text import isolated, plain, plain_line

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SENDER = Address("Rapport", "rapport", "example.net")
HOSTILE = "Pay =?utf-8?q?me_now?="
NASTY = st.one_of(
    st.text(max_size=120),
    st.text(
        alphabet="a =?_-utf8qQbB\"'\\<>@,;:()[]\r\n\t\x00\x07\x1b\x7f\x85\u2028\u202e\u2066é漢🏳️‍🌈e\u0301مש",
        max_size=150,
    ),
)


def sent(subject: str = "Hello", name: str = "Ada", body: str = "Hi", **more: Any) -> bytes:
    who = Address(plain_line(name).strip(), "ada", "example.org")
    return message(Mail(subject, body, f"<p>{len(body)}</p>"), who, SENDER, identity="<x@example.net>", at=AT, **more)


def unfolded(data: bytes) -> dict[str, str]:
    head = data.partition(b"\r\n\r\n")[0].decode()
    return dict(line.split(": ", 1) for line in head.replace("\r\n ", " ").split("\r\n"))


def as_written(value: str) -> str:
    """Decode encoded words alone, as RFC 2047 says, by the library's small decoder that knows no structure."""
    parts = decode_header(value)
    return "".join(text.decode(code or "ascii") if isinstance(text, bytes) else text for text, code in parts)


@settings(deadline=None)
@given(NASTY, NASTY, NASTY)
def test_every_text_comes_back_as_it_was_written(subject: str, name: str, body: str) -> None:
    data = sent(subject, name, body)
    head = unfolded(data)
    assert list(head) == [one for one in NAMES if one in head], "each once, and none that is not ours"
    assert as_written(head["Subject"]) == plain_line(subject).strip()
    mail = message_from_bytes(data, policy=policy.default)
    (who,) = mail["To"].addresses
    assert who.addr_spec == "ada@example.org"
    wanted, phrase = " ".join(plain_line(name).split()), head["To"].rpartition("<")[0].strip()
    if phrase.startswith("=?"):  # Python's own parser puts a space between two encoded words
        assert as_written(phrase) == wanted
    elif "=?" not in name:  # and decodes within quotes
        assert who.display_name == wanted
    part = mail.get_body(("plain",))
    assert part is not None
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == plain(body).rstrip("\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 998
        assert line.isascii()
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        encoded = re.findall(rb"(?<= )=\?utf-8\?b\?[^ ]*", line)
        assert not encoded or len(line) <= ENCODED_LINE_CHARS_MAX
        assert all(len(word) <= ENCODED_WORD_CHARS_MAX for word in encoded)


@settings(deadline=None)
@given(NASTY)
def test_a_whole_digest_of_such_texts_is_made(text: str) -> None:
    told = DigestContent(text, "2026-W48", "UTC", AT, due=(Entry("f", "thank", "c", text or "x", AT, what=text),))
    data = message(render(told), recipient(text, "ada@example.org"), SENDER, identity="<x@example.net>", at=AT)
    assert set(unfolded(data)) <= set(NAMES)


def test_what_looks_like_an_encoded_word_is_shown_as_it_was_written() -> None:
    told = DigestContent("Ada", "2026-W48", "UTC", AT, due=(Entry("f", "thank", "c", HOSTILE, AT),))
    mail = message_from_bytes(
        message(render(told), recipient(HOSTILE, "ada@example.org"), SENDER, identity="<x@example.net>", at=AT),
        policy=policy.default,
    )
    assert mail["Subject"] == f"A word of thanks to {HOSTILE}"
    assert mail["To"].addresses[0].display_name == HOSTILE


def test_encoded_words_are_split_between_letters_as_a_reader_sees_them() -> None:
    letter = "\U0001f469\u200d\U0001f680"
    for shift in range(12):
        words = text_value("é" + "x" * shift + letter * 12).split("\n ")
        texts = [as_written(word) for word in words]
        assert len(texts) > 1
        assert all(not text.startswith(("\u200d", "\U0001f680")) for text in texts)
    assert all(not as_written(word).startswith("\u0301") for word in text_value("e\u0301" * 90).split("\n "))


@pytest.mark.parametrize(
    "head",
    [
        [("Bcc", "eve@example.org")],
        [("Subject", "one"), ("Subject", "two")],
        [("Subject", "a\r\nBcc: eve@example.org")],
        [("Subject", "a\nb")],
        [("Subject", "a\n \n b")],
        [("Subject", "a\x00b")],
        [("Subject", "ü")],
        [("Subject", "x" * 1000)],
        [("Subject", f"=?utf-8?b?{'A' * 70}?=")],
    ],
)  # fmt: skip
def test_a_head_that_no_mail_of_ours_may_have_is_refused(head: list[tuple[str, str]]) -> None:
    good = [("From", "a@b.c"), ("To", "a@b.c"), ("Subject", "s"), ("Date", "d"), ("Message-ID", "<i>"),
            ("MIME-Version", "1.0"), ("Content-Type", "text/plain")]  # fmt: skip
    assert head_bytes(good)
    with pytest.raises(BadHead):
        head_bytes([*[one for one in good if one[0] != head[0][0]], *head])


def test_a_head_without_a_subject_is_refused() -> None:
    with pytest.raises(BadHead, match="is missing"):
        head_bytes([("From", "a@b.c")])


def test_a_link_that_is_none_is_refused_and_a_long_one_stands_whole_on_its_line() -> None:
    link = "https://example.net/" + "a" * 700
    assert f"List-Unsubscribe: <{link}>".encode() in sent(unsubscribe=link).split(b"\r\n")
    with pytest.raises(BadHead):
        sent(unsubscribe="https://example.net/ a>")


def test_a_name_in_quotes_keeps_its_quotes() -> None:
    assert mailbox_value(Address('A "b" \\c, d', "a", "example.org")) == '"A \\"b\\" \\\\c, d" <a@example.org>'


@pytest.mark.parametrize(
    ("email", "goes_to"),
    [
        ("ada@Example.ORG", "ada@example.org"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@strasse.example", "ada@strasse.example"),
        ("ada@xn--strae-oqa.example", "ada@xn--strae-oqa.example"),
        ("ada@βόλος.gr", "ada@xn--nxasmm1c.gr"),
        ("zoë@例え.jp", "zoë@xn--r8jz45g.jp"),
        ("a.b+c@example.org", "a.b+c@example.org"),
        ("ada@localhost", "ada@localhost"),
        ("ada@ab--cd.example.org", "ada@ab--cd.example.org"),
        ("ada@r3---sn.example.org", "ada@r3---sn.example.org"),
        ("ada@3.1-a.example", "ada@3.1-a.example"),
        (f"ada@{'d' * 63}.org", f"ada@{'d' * 63}.org"),
        ("ada@example.org.", "ada@example.org"),
        ("ada@βόλος.gr.", "ada@xn--nxasmm1c.gr"),
    ],
)
def test_a_domain_is_checked_by_its_labels_and_beyond_ascii_written_as_idna_2008_says(email: str, goes_to: str) -> None:
    assert recipient("Ada", email).addr_spec == goes_to


@pytest.mark.parametrize(
    "email",
    ["a@[127.0.0.1]", "root@host", "a@127.0.0.1", f"{'l' * 65}@example.org", "a\u202eb@example.org", "a\u00a0b@example.org",
     '"a b"@example.org', "a..b@example.org", ".a@example.org", "a@exa_mple.org", "a@-x.org", f"a@{'d' * 64}.org",
     f"a@{'d.' * 130}org", "a@☃.example", "a@", "@example.org", "a@b@c", "a\x00@example.org", "a@example.org\r\n",
     "a@x-.org", "a@.org", "a@example..org", "a@example.org..", "a@.", "a@example.\uff11", f"a@{'ä' * 63}.org"],
)  # fmt: skip
def test_an_address_that_no_mail_can_go_to_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match=r"no (address|domain)|has more than"):
        recipient("Ada", email)


@given(st.text(max_size=40))
def test_an_isolated_name_is_closed_and_holds_no_turn_of_its_own(name: str) -> None:
    shown = isolated(plain_line(name))
    assert shown.count("\u2068") == shown.count("\u2069") <= 1
    assert not re.search("[\u202a-\u202e]", shown)


def test_names_from_right_to_left_do_not_move_what_stands_beside_them() -> None:
    told = DigestContent("Ada", "2026-W48", "UTC", AT, due=(Entry("f", "thank", "c", "\u202eDr. دينا\u202c", AT),))
    mail = render(told)
    for text in (mail.subject, mail.text, mail.html):
        assert "\u2068Dr. دينا\u2069" in text
        assert "\u202e" not in text
    assert "<bdi>\u2068Dr. دينا\u2069</bdi>" in mail.html


def test_one_item_that_can_not_be_told_costs_nothing_but_itself() -> None:
    told = DigestContent(
        "Ada", "2026-W48", "UTC", AT, due=tuple(Entry(f"f{n}", "thank", "c", f"n{n}", AT) for n in range(3))
    )

    def make(content: DigestContent) -> bytes:
        if any(one.name == "n1" for one in content.due):
            raise UnicodeEncodeError("utf-8", "", 0, 1, "on purpose")
        return render(content).text.encode()

    letter, left_out = made(told, make)
    assert letter is not None
    assert b"n0" in letter
    assert b"n2" in letter
    assert b"n1" not in letter
    assert left_out == ["due f1"]
    assert made(replace(told, due=told.due[1:2]), make) == (None, ["due f1"])

"""The head of a mail, built and checked here: nothing that somebody wrote is given to a library to interpret.

Python's `email` *decodes* an encoded word (RFC 2047) that stands in a text which is set as a header, and old patch releases
write what comes out without looking at it again: somebody's name could then write headers of the mail. Here a text is
only ever encoded. So this holds on every Python, and a name that looks like an encoded word is shown as it was written.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator, Sequence
from email.headerregistry import Address
from typing import Final

from shared.texts.plain_text import plain_line

ENCODED_WORD_CHARS_MAX: Final = 75
"""RFC 2047, section 2. Readers may leave a longer one as it stands."""
ENCODED_LINE_CHARS_MAX: Final = 76
"""The same section: no line with an encoded word is longer, the header's name before the first one counted."""
LINE_CHARS_MAX: Final = 998
"""RFC 5322, section 2.1.1, without the line end."""
FOLD_AFTER_CHARS: Final = 78
"""The same section: longer lines should be folded where they can be."""
NAMES: Final = (
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
)  # fmt: skip
"""The headers that a mail of ours may have, each once at most."""
NEEDED: Final = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
_FRAME: Final = "=?utf-8?b?{}?="
_WORD_BYTES_MAX: Final = (ENCODED_LINE_CHARS_MAX - len("Subject: " + _FRAME.format(""))) // 4 * 3
"""Short enough for the line of the longest name; then each line may be alike."""
_LITERAL: Final = re.compile(r"[ -~]*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NEVER_FIRST: Final = frozenset({"Mn", "Mc", "Me"})
"""Kinds of characters that belong to the one before them."""
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")

Head = Sequence[tuple[str, str]]
"""Names and values. A value may be folded: a line feed, then a space."""


class BadHead(ValueError):
    """A head that no mail of ours may have; says what is wrong with it, without quoting a value."""


def text_value(text: str) -> str:
    """Return a text as the value of a header such as `Subject`: as it is where it is plain ASCII, else encoded words."""
    line = plain_line(text).strip()
    if _LITERAL.fullmatch(line) and "=?" not in line:
        return line
    return "\n ".join(map(_encoded, _words(line)))


def mailbox_value(who: Address) -> str:
    """Return a name and its address as the value of `From` or `To`. The address is taken as it is."""
    spec = f"<{who.addr_spec}>"
    line = " ".join(plain_line(who.display_name).split())
    if not line:
        return who.addr_spec
    if _ATOMS.fullmatch(line) and "=?" not in line:
        return _folded(line, spec)
    if _LITERAL.fullmatch(line) and "=?" not in line:
        quoted = line.replace("\\", "\\\\").replace('"', '\\"')
        return _folded(f'"{quoted}"', spec)
    return "\n ".join([*map(_encoded, _words(line)), spec])


def head_bytes(head: Head, *, utf8: bool = False) -> bytes:
    """Return the head as it goes over the wire, with the empty line behind it.

    `utf8`: values may hold more than ASCII (SMTPUTF8, RFC 6532). Raises `BadHead` for a name that is not one of `NAMES`,
    or stands twice, or is missing; for a control character; for a line over `LINE_CHARS_MAX`; for an encoded word over
    `ENCODED_WORD_CHARS_MAX`, or a line with one over `ENCODED_LINE_CHARS_MAX`.
    """
    names = [name for name, _ in head]
    for name in names:
        if name not in NAMES or names.count(name) > 1:
            raise BadHead(f"{name}: no mail of ours has this header, or not twice")
    if missing := [name for name in NEEDED if name not in names]:
        raise BadHead(f"{missing[0]}: is missing")
    lines = [line for name, value in head for line in _checked(name, value, utf8=utf8)]
    return "\r\n".join([*lines, "", ""]).encode()


def _checked(name: str, value: str, *, utf8: bool) -> list[str]:
    lines = f"{name}: {value}".split("\n")
    for number, line in enumerate(lines):
        if not line.strip() or (number and not line.startswith(" ")):
            raise BadHead(f"{name}: is folded where nothing follows")
        if not line.isprintable() or not (utf8 or line.isascii()):
            raise BadHead(f"{name}: holds what does not belong in a header")
        if len(line.encode()) > LINE_CHARS_MAX:
            raise BadHead(f"{name}: a line is longer than {LINE_CHARS_MAX} characters")
        encoded = [word for word in line.split() if word.startswith("=?")]
        if any(len(word) > ENCODED_WORD_CHARS_MAX for word in encoded):
            raise BadHead(f"{name}: an encoded word is longer than {ENCODED_WORD_CHARS_MAX} characters")
        if encoded and len(line) > ENCODED_LINE_CHARS_MAX:
            raise BadHead(f"{name}: a line with an encoded word is longer than {ENCODED_LINE_CHARS_MAX} characters")
    return lines


def _folded(first: str, second: str) -> str:
    return f"{first} {second}" if len(first) + len(second) < FOLD_AFTER_CHARS - 10 else f"{first}\n {second}"


def _encoded(word: str) -> str:
    return _FRAME.format(base64.b64encode(word.encode()).decode())


def _words(text: str) -> Iterator[str]:
    """Cut a text into parts that fit an encoded word each, between letters as a reader sees them where that can be."""
    part = ""
    for letter in _letters(text):
        if part and len((part + letter).encode()) > _WORD_BYTES_MAX:
            yield part
            part = ""
        part += letter
    if part:
        yield part


def _letters(text: str) -> Iterator[str]:
    """Take a text apart into letters with all that is set upon them, none longer than an encoded word holds."""
    letter = ""
    for char in text:
        belongs = unicodedata.category(char) in _NEVER_FIRST or char in _JOINERS or letter.endswith("\u200d")
        if letter and not (belongs and len((letter + char).encode()) <= _WORD_BYTES_MAX):
            yield letter
            letter = ""
        letter += char
    if letter:
        yield letter

"""Texts that people write, made harmless for whoever reads them beside others: mails, pages, lines of a terminal.

A text from outside may hold characters that no one sees and every reader obeys: controls (NUL, ESC, line ends) and the
marks by which Unicode turns the direction of what follows around (UAX #9). The former go, and so do the latter that act
beyond their text. What is written from right to left is isolated, so that it can not move its neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

FIRST_STRONG_ISOLATE: Final = "\u2068"
POP_ISOLATE: Final = "\u2069"
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates. The marks LRM, RLM and ALM stay: they act on their place alone, and words in Arabic
and Hebrew need them."""
_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff\ufeff]")
"""Controls of C0 and C1 but tab and line feed, separators that end a line, halves of a character, and what is none."""
_LINE: Final = re.compile("[\t\n]")
_BLANKS: Final = re.compile("[ \t\n\r\f\v]+")
JOINERS: Final = "\u200c\u200d"
"""What keeps letters apart or joins them, unseen: Persian and Hindi words and families of emoji need it."""
_FOLLOWS: Final = re.compile("[\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""What changes the picture before it: a joiner, a colour of skin, a letter of a region's flag."""
_FLAGS: Final = re.compile("[\U0001f1e6-\U0001f1ff]+$")
"""Letters of which two make a country's flag."""
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})


def plain(text: str) -> str:
    """Return the text without what is not seen and yet obeyed; its own line feeds and tabs stay.

    A line end of any other kind becomes a line feed, any other control goes.
    """
    if text.replace("\n", "").isprintable():  # then none of these is in it, and that is a fraction of three searches
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TURNS.sub("", _UNSEEN.sub("", text))


def plain_line(text: str) -> str:
    """Return the text as one line: a line end, a tab or a control becomes a space."""
    if text.isprintable():  # as most are: then none of these is in it, and that is a fraction of three searches
        return text
    return _TURNS.sub("", _UNSEEN.sub(" ", _LINE.sub(" ", text)))


def one_line(text: str) -> str:
    """Return the text with single blanks for whatever parts words; blanks at which no line may break stay as they are."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", text).strip()


def cut_short(text: str, chars_max: int) -> str:
    """Return the text, with `…` at its end where it has more than so many characters.

    It is never cut within what is seen as one character: a letter and its marks, a flag, a family (UAX #29).
    """
    if len(text) <= chars_max:
        return text
    end = next((at for at in range(chars_max - 1, 0, -1) if not _goes_on(text, at)), chars_max - 1)
    return text[:end].rstrip() + "…"


def _goes_on(text: str, at: int) -> bool:
    """Say whether the letter at a place belongs to the one before it."""
    letter = text[at]
    if unicodedata.category(letter).startswith("M") or text[at - 1] == JOINERS[1] or _FOLLOWS.fullmatch(letter):
        return True
    flags = _FLAGS.search(text[:at])
    return flags is not None and len(flags[0]) % 2 == 1 and _FLAGS.fullmatch(letter) is not None


def within(text: str) -> str:
    """Return a text without the isolate around it."""
    return text.removesuffix(POP_ISOLATE).removeprefix(FIRST_STRONG_ISOLATE)


def isolated(text: str) -> str:
    """Return the text so that its direction ends with it; as it is where it runs from left to right only."""
    if text.isascii() or not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def set_apart(text: str, *, right_to_left: bool) -> str:
    """Return the text isolated where it may run against the words around it, which run from right to left or do not."""
    if not right_to_left:
        return isolated(text)
    if text.startswith(FIRST_STRONG_ISOLATE) or not any(unicodedata.bidirectional(letter) == "L" for letter in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"

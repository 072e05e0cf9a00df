"""How texts that people read begin."""

from __future__ import annotations


def sentence(text: str) -> str:
    """Return a text as the beginning of a sentence: with a large letter, and the rest as it is."""
    return text[:1].upper() + text[1:]

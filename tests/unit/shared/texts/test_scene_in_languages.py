"""A language changes words and nothing else: the scene `persistence`, played in German and Arabic."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from shared.contracts import DigestPrepared, Event, FollowupDue
from tests.scene_languages import TOLD, own_words, played, told
from tests.unit.shared.texts.unkind import UNKIND


def sentences(text: str) -> set[str]:
    """Return the lines that are words of ours, and nobody's own."""
    lines = (line.strip("* ") for line in text.splitlines())
    own = own_words()
    return {line for line in lines if re.search("[a-z]{3,} [a-z]{2,}", line) and not any(one in line for one in own)}


def reminders(said: Iterable[Event]) -> set[str]:
    return {one.data.text or "" for one in said if isinstance(one.data, FollowupDue)}


@pytest.mark.parametrize("tag", TOLD)
def test_what_is_said_and_when_is_the_same_in_each_language(tag: str) -> None:
    """Let a rule decide by words, and a reminder comes on another day."""
    theirs, ours = played(tag).published, played("en").published
    assert [(one.time, one.type, one.expires) for one in theirs] == [(one.time, one.type, one.expires) for one in ours]
    for one, other in zip(theirs, ours, strict=True):
        if not isinstance(one.data, FollowupDue | DigestPrepared):
            assert one.data == other.data


@pytest.mark.parametrize("tag", TOLD)
def test_ten_months_of_reminders_and_mails_have_no_english_of_ours(tag: str) -> None:
    """Let one line be put together in English, and it is named here."""
    theirs, ours = played(tag), played("en")
    assert len(theirs.mails) == len(ours.mails) > 20
    for (_, mail), (_, english) in zip(theirs.mails, ours.mails, strict=True):
        assert sentences(mail.text) & sentences(english.text) == set()
        assert f'<html lang="{tag}"' in mail.html
    lines, english_lines = (reminders(play.published) for play in (theirs, ours))
    assert sentences("\n".join(lines)) & sentences("\n".join(english_lines)) == set()
    own = own_words()
    assert not UNKIND[tag].search("\n".join(line for line in lines if not any(one in line for one in own)))


@pytest.mark.parametrize("tag", TOLD)
def test_the_page_tells_it_as_it_is(tag: str) -> None:
    assert TOLD[tag].read_text(encoding="utf-8") == told(tag), (
        "write it anew: .venv/bin/python -m tests.scene_languages"
    )

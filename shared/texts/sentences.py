"""How texts that people read begin, and what they call somebody without a name."""

from __future__ import annotations

from typing import Final

from shared.texts.message import Text
from shared.texts.plain_text import within

SOMEBODY: Final = Text(
    "somebody",
    "somebody you know",
    "Stands for a person whose name is not known, within a sentence: small if nouns are.",
)
"""Stands for a person whose name is not known, wherever a member reads of one."""

REMINDER: Final = Text(
    "digest.reminder", "A reminder of your own", "Of what the member asked to be reminded of, if unsaid."
)

NEAR_DAYS: Final = {
    -1: Text("near.yesterday", "yesterday", "Within a sentence or a heading."),
    0: Text("near.today", "today"),
    1: Text("near.tomorrow", "tomorrow"),
}
"""By how many days they are away."""
NEAR_AT: Final = Text("followup.near_at", "{day} at {clock}", "{when}: `today at 12:30`.")
WEEKDAY_DATE: Final = Text("followup.weekday_date", "{weekday}, {date}", "`Monday, 23 November`.")

DAY_LABELS: Final = {
    "birthday": Text("day.birthday", "Birthday", "A day to remember, as address books call it. Stands before a colon."),
    "anniversary": Text("day.anniversary", "Anniversary", "The same: of a wedding, mostly."),
}
"""What address books call a day, by the label that its import gives it; any other label is somebody's own words."""

RESTS: Final = "{who} let this rest for some weeks, so it comes up no more for now"
"""Of a kind of reminder that has gone quiet, wherever that is told: to the member, who is `You`, or of them by name."""


def sentence(text: str) -> str:
    """Return a text as the beginning of a sentence: with a large letter, and the rest as it is."""
    return text[:1].upper() + text[1:]


def with_words(template: str, words: str) -> str:
    """Return a template for somebody's words, its `{what}`: no full stop follows those that end in a mark of their own."""
    if not within(words).endswith(("?", "!", "…", "؟", "？", "！")):
        return template
    return template.replace("{what}.", "{what}").replace("{what}。", "{what}")


def named(text: str) -> str:
    """Return a text that may begin with a name: names keep their letters as they are, `SOMEBODY` begins large."""
    return sentence(text) if text.startswith(SOMEBODY) else text

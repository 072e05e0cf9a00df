"""What a digest says of follow-ups, rule by rule: why now, one thing to do, a heading, and what the rule is about."""

from __future__ import annotations

from typing import Final, NamedTuple

from shared.texts.catalogue import ENGLISH


class RuleWords(NamedTuple):
    """What a digest says of a follow-up. `{name}` is the person's name."""

    why: str
    """Why now. The entry has said who it is, so it names nobody, as does `action`."""
    action: str
    """One thing to do."""
    subject: str
    """The same as a heading, for the mail's subject and for what is yet to come."""
    topic: str
    """What the rule is about, whoever the person is."""


OF_SEVERAL: Final = frozenset({"after_gathering"})
"""Rules about several people at once: their own line says whom, and how many."""
RULES: Final = {
    name: RuleWords(texts.why, texts.action, texts.subject, texts.topic) for name, texts in ENGLISH.rules.items()
}
"""By the names of the rules of *followups*."""
ANY_RULE: Final = RuleWords(
    "This is something that you follow.",
    "See whether now is the time.",
    "Something about {name}",
    "reminders of one kind",
)


def rule_words(rule: str, name: str) -> RuleWords:
    """Return the words for a follow-up of a rule about a person."""
    return RuleWords(*(text.replace("{name}", name) for text in RULES.get(rule, ANY_RULE)))

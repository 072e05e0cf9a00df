"""What a digest says of follow-ups, rule by rule: why now, one thing to do, a heading, and what the rule is about."""

from __future__ import annotations

from typing import Final, NamedTuple

from shared.texts.catalogue import ENGLISH as SOURCE
from shared.texts.catalogue import rule_text
from shared.texts.language import ENGLISH, Language
from shared.texts.message import Text


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
RULES: Final = {name: RuleWords(*(rule_text(name, field) for field in RuleWords._fields)) for name in SOURCE.rules}
"""By the names of the rules of *followups*."""
ANY_RULE: Final = RuleWords(
    Text("digest.any_rule.why", "This is something that you follow.", "Of a reminder whose kind is not known here."),
    Text("digest.any_rule.action", "See whether now is the time."),
    Text("digest.any_rule.subject", "Something about {name}"),
    Text("digest.any_rule.topic", "reminders of one kind"),
)


def rule_words(rule: str, name: str, lang: Language = ENGLISH) -> RuleWords:
    """Return the words for a follow-up of a rule about a person."""
    texts = RULES.get(rule, ANY_RULE)
    return RuleWords(*(lang.filled(lang.form(text), name=name) for text in texts if isinstance(text, Text)))

"""What a digest says of follow-ups, rule by rule: why now, one thing to do, a heading, and what the rule is about."""

from __future__ import annotations

from typing import Final, NamedTuple


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


RULES: Final = {
    "own_reminder": RuleWords(
        "You asked to be reminded.",
        "Do it now, or choose another day.",
        "A reminder of your own about {name}",
        "your own reminders",
    ),
    "say_why": RuleWords(
        "Your invite says nothing yet about why.",
        "Write a line about what drew you to them.",
        "A line to {name} about why",
        "saying why you invite somebody",
    ),
    "ask_why": RuleWords(
        "They have invited you without a word about why.",
        "Ask what brought them to you.",
        "A question for {name}: what brings you here?",
        "asking why somebody invites you",
    ),
    "answer_invite": RuleWords(
        "They have invited you and may be glad of an answer.",
        "Say yes, or no in peace.",
        "An answer for {name}",
        "answering invites",
    ),
    "no_answer_yet": RuleWords(
        "Your invite has been open for a while.",
        "Add a word about why, or leave it be.",
        "A word to {name} about your invite",
        "invites without an answer yet",
    ),
    "thank": RuleWords(
        "You are newly connected.",
        "Say thank you, and what drew you.",
        "A word of thanks to {name}",
        "thanks for a new connection",
    ),
    "propose_meeting": RuleWords(
        "You have begun to talk.",
        "Suggest a lunch, a call or an online chat.",
        "A lunch or a call with {name}?",
        "suggesting to meet",
    ),
    "proposal_unanswered": RuleWords(
        "Your suggestion to meet is still open.",
        "Offer another day, or give it time.",
        "Another day for {name}?",
        "suggestions to meet that are still open",
    ),
    "prepare_questions": RuleWords(
        "You are about to meet.",
        "Note what you would like to ask, and what you can offer.",
        "Questions for {name}",
        "preparing for a meeting",
    ),
    "meeting_today": RuleWords(
        "You meet today.",
        "Look at your questions once more, and enjoy it.",
        "Today: you meet {name}",
        "meetings of the day",
    ),
    "did_it_happen": RuleWords(
        "The hour of your meeting has passed.",
        "Note whether you met.",
        "Did you meet {name}?",
        "noting whether a meeting took place",
    ),
    "after_meeting": RuleWords(
        "You have met.",
        "Thank them, and write down what you promised each other.",
        "After meeting {name}",
        "what to do after a meeting",
    ),
    "second_meeting": RuleWords(
        "Some weeks have passed since you first met.",
        "Suggest a second meeting.",
        "Meeting {name} again",
        "meeting a second time",
    ),
    "another_day": RuleWords(
        "Your meeting is still open.",
        "Offer another day.",
        "Another day with {name}?",
        "meetings that are still open",
    ),
    "keep_promise": RuleWords(
        "You promised them something.",
        "Keep it, or tell them what has changed.",
        "What you promised {name}",
        "promises",
    ),
    "give_back": RuleWords(
        "They have helped you more than once.",
        "Ask what you can do in return.",
        "Something for {name} in return",
        "giving something back",
    ),
    "stay_in_touch": RuleWords(
        "You wanted to hear from them now and then.",
        "Send a few words, or call.",
        "A few words for {name}",
        "staying in touch",
    ),
    "reconnect": RuleWords(
        "It is a good while since you were last in touch.",
        "Ask how things are.",
        "How is {name}?",
        "people you have known for long",
    ),
    "keep_at_it": RuleWords(
        "Your pursuit has been quiet for some weeks.",
        "Choose one small next step.",
        "One small step further",
        "pursuits that have gone quiet",
    ),
    "after_gathering": RuleWords(
        "You met new people at a gathering.",
        "Invite those you liked, and say why.",
        "The people you met",
        "people you met at a gathering",
    ),
    "remember_date": RuleWords(
        "A day that you wanted to remember is near.",
        "Think of them with a few words.",
        "A day to remember with {name}",
        "days to remember",
    ),
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

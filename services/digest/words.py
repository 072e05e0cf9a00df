"""The words of the digest and of its reasons: for people, kind and neutral, in one place.

No blame, no scores, no guilt: nobody was rejected, nothing is overdue, and what is let go is let go.
"""

from __future__ import annotations

from typing import Final, NamedTuple

BOUNCED: Final = "refused"
"""How a reason begins that gives up the address: the mail server said that it takes no mail for it."""
FULL: Final = "deferred"
"""How a reason begins that lies with the address and may pass: a full mailbox, a server that says later."""
UNREACHABLE: Final = "unreachable"
"""How a reason begins that lies with the way to the mail server: it says nothing about the address."""

REJECTED: Final = "rejected"
"""How a reason begins that ends this mail and says nothing about the address: a policy, or the mail's content."""

EXPIRED: Final = "expired: the digest is too old to be worth sending"
OVERTAKEN: Final = "expired: the next digest is due"
GAVE_UP: Final = "expired: every attempt has failed"
NOTHING_LEFT: Final = "empty: all that it told of has ended since"
PAUSED: Final = "paused: the member wants no mail before a later day"
SWITCHED_OFF: Final = "off: the member wants no digest any more"
NO_ADDRESS: Final = "no_address: there is no address to write to"
LATE: Final = f"{UNREACHABLE}: there was no time to begin before the mail would be called unknown"
BOUNCED_REPEATEDLY: Final = (
    f"{BOUNCED}: too often in a row; mails are off until the member sets digest or address again"
)


class RuleWords(NamedTuple):
    """What a digest says of a follow-up: why now, and one thing to do. `{name}` is the person's name."""

    why: str
    action: str


RULES: Final = {
    "own_reminder": RuleWords("You asked to be reminded.", "Do it now, or choose another day."),
    "say_why": RuleWords("Your invite says nothing about why.", "Write a line about what drew you to {name}."),
    "ask_why": RuleWords("{name} invited you without saying why.", "Ask what brought them to you."),
    "answer_invite": RuleWords("{name} invited you and may be glad of an answer.", "Accept it, or say no in peace."),
    "no_answer_yet": RuleWords("Your invite has been open for a while.", "Send {name} a line, or leave it be."),
    "thank": RuleWords("You and {name} are newly connected.", "Say thank you, and what drew you."),
    "propose_meeting": RuleWords("You have begun to talk.", "Suggest a lunch, a call or an online chat to {name}."),
    "proposal_unanswered": RuleWords("Your suggestion to meet is still open.", "Offer {name} another day, or wait."),
    "prepare_questions": RuleWords("You are about to meet.", "Note what to ask {name}, and what you can offer."),
    "meeting_today": RuleWords("You meet today.", "Look at your questions once more."),
    "did_it_happen": RuleWords("The time of your meeting has passed.", "Note whether it took place."),
    "after_meeting": RuleWords("You have met.", "Thank {name}, and write down what you promised each other."),
    "second_meeting": RuleWords("Some weeks have passed since you first met.", "Suggest a second meeting to {name}."),
    "keep_promise": RuleWords("You promised something.", "Keep it, or tell {name} what has changed."),
    "give_back": RuleWords("{name} has helped you more than once.", "Ask what you can do in return."),
    "stay_in_touch": RuleWords("It is time for the contact that you wished to keep.", "Send {name} a few words."),
    "reconnect": RuleWords("It is about a year since you last spoke.", "Ask {name} how they are."),
    "keep_at_it": RuleWords("Your pursuit has been quiet for some weeks.", "Choose one small next step."),
    "after_gathering": RuleWords("You met new people at a gathering.", "Invite those you liked, and say why."),
    "remember_date": RuleWords("A day that you wanted to remember is near.", "Think of {name} with a few words."),
}
"""By the names of the rules of *followups*."""
ANY_RULE: Final = RuleWords("This is something that you follow.", "See whether now is the time.")
NOBODY: Final = "somebody"
"""Stands for a person whose name is not known."""


def rule_words(rule: str, name: str) -> RuleWords:
    """Return the words for a follow-up of a rule about a person."""
    words = RULES.get(rule, ANY_RULE)
    return RuleWords(words.why.replace("{name}", name), words.action.replace("{name}", name))


def age_in_words(days: int) -> str:
    """Return how long ago something was, as a person would say it: days, weeks, months, years."""
    if days < 14:
        return "one day" if days == 1 else f"{days} days"
    if days < 60:
        return f"{round(days / 7)} weeks"
    if days < 365:
        return f"{round(days / 30.44)} months"
    if days < 548:
        return "over a year"
    years, half = divmod(round(days / 182.625), 2)
    if years == 1:
        return "one and a half years"
    return f"{years} and a half years" if half else f"{years} years"

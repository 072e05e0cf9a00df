"""The words of the digest: for people, kind and neutral, in one place.

No blame, no scores, no guilt: nobody was rejected, nothing is overdue, and what is let go is let go.
"""

from __future__ import annotations

from typing import Final

from shared.texts.sentences import SOMEBODY

GREETING: Final = "Hello {name},"
GREETING_NAMELESS: Final = "Hello,"
CLOSING: Final = {
    "weekly": "None of this is a duty. What does not fit into this week may wait, or go.",
    "daily": "None of this is a duty. What does not fit into today may wait, or go.",
}
REASON: Final = "You get this mail because {brand} keeps an eye on your network for you, and says so {how}."
HOW_OFTEN: Final = {"weekly": "once a week", "daily": "once a day"}
PREFERENCES: Final = (
    "How often it comes, on which day and at what hour, or not at all: that is for you to say, in your preferences."
)
PREFERENCES_LINK: Final = "Your preferences"
OPEN_PAGE: Final = "Open my page"
STOP: Final = "No more of these mails"
DONE: Final = "Done"
LATER: Final = "Later"
LET_GO: Final = ("Let it go", "Let them go")
AGAIN: Final = "Bring it back"
KEEP: Final = ("Keep it", "Keep them")
"""What the links say, where there are some; of invites about one, and about several."""

OPENING: Final = {"weekly": "{What} for this week, in your own time.", "daily": "{What} for today."}
OPENING_COMING: Final = "Nothing waits for you today. Here is what comes."
OPENING_LITTLE: Final = "Only this, when you have a moment."
THINGS: Final = ("one small thing", "{count} small things")
MEETINGS_COUNTED: Final = ("one meeting", "{count} meetings")

SUBJECT_MORE: Final = "{first}, and {count} more"
SUBJECT_MORE_AFTER_QUESTION: Final = "{first} And {count} more"
SUBJECT_DAY: Final = "{first} on {day}"
SUBJECT_NEAR_DAY: Final = "{first} {day}"
SUBJECT_COMING: Final = "Coming up: {first}"
SUBJECT_PROPOSED: Final = ("An invite you might let go: {first}", "{count} invites you might let go")
SUBJECT_NOTICED: Final = ("An invite that will be pulled back: {first}", "{count} invites that will be pulled back")
SUBJECT_QUIET: Final = "Some reminders rest for now"
SUBJECT_MONTH: Final = "Why you connected in {month}"
WEEK_OF: Final = "Week {week}"

DUE: Final = "Now is a good time"
COMING: Final = {"weekly": "What comes this week", "daily": "What comes until tomorrow"}
PROPOSED: Final = "Invites you might let go"
PROPOSED_LEAD: Final = "These are still open. People are busy, and an open invite says nothing about you or them."
PROPOSED_FOOT: Final = "Let them go, or keep them, just as you like. Without an answer nothing happens: they stay open."
NOTICED: Final = "Invites that will be pulled back"
NOTICED_LEAD: Final = "As you chose, these invites are pulled back on the day beside each name."
NOTICED_FOOT: Final = "Would you rather keep one? Say so before its day, and it stays."
QUIET: Final = "Gone quiet"
QUIET_LEAD: Final = (
    "This has rested for some weeks, so it will not come up for now:",
    "These have rested for some weeks, so they will not come up for now:",
)
QUIET_BY_LINK: Final = ""
QUIET_BY_HAND: Final = ": switch it on again in your preferences"
_QUITE_RIGHT: Final = "That is quite all right."
_WHEN_IT_COMES: Final = "when you answer such a reminder, and some day to ask once more."
QUIET_FOOT: Final = (
    f"{_QUITE_RIGHT} It comes back by itself: {_WHEN_IT_COMES} Should you miss it before, bring it back{{how}}.",
    f"{_QUITE_RIGHT} They come back by themselves: {_WHEN_IT_COMES} Should you miss one before, bring it back{{how}}.",
)
"""Of one kind of reminder, and of several."""

MINE: Final = "What drew you"
MINE_LEAD: Final = "Why you wanted to connect in {month}, in your own words."
THEIRS: Final = "What drew others to you"
THEIRS_LEAD: Final = "Why others wanted to connect with you in {month}, as they said it."
SAID: Final = "“{text}”"
EXCHANGES: Final = "What you did for each other"
EXCHANGES_LEAD: Final = "People with whom there was help in {month}, or an introduction. It needs no balance."
FOR_YOU: Final = "For you: {what}"
FOR_THEM: Final = "You for {name}:"

NOTE: Final = "Your note of {day}:"
MORE: Final = "and {count} more"
MORE_COMING: Final = "and {count} more, each at its own time"
"""Of what comes: whatever the member chose an hour for is said at that hour."""
MORE_NOTICED: Final = (
    "and {count} more, each of them named here before its day. If you would rather be asked first, your preferences have "
    "that choice."
)
"""Of invites that are pulled back by themselves: that choice holds for all of them at once."""
SENT_AGO: Final = "sent {age} ago"
SENT_IN: Final = "sent in {month} {year}"
"""Of what is older than a year: nobody counts months so far back."""
PROMISED: Final = "You promised {name}: {what}"
ABOUT: Final = {"keep_at_it": "A small next step: {what}", "after_gathering": "The people you met at “{what}”"}
"""By rules that would otherwise have the member's own words alone for a heading, which read like news of another sender."""
DAY_OF: Final = "{what}: {name}"
"""Of a day to remember: the label alone would not say whose it is."""
PROMISE: Final = "You promised them: {what}. It is for {when}."
PROMISE_PAST: Final = "You promised them: {what}. It was for {when}."
PROMISED_SOMETHING: Final = "You promised them something. It is for {when}."
PROMISED_SOMETHING_PAST: Final = "You promised them something. It was for {when}."
THEM: Final = "them"
"""Whom a sentence means that names nobody."""
REMINDER: Final = "A reminder of your own"

MEETINGS: Final = {
    "lunch": "Lunch with {name}",
    "in_person": "You meet {name}",
    "phone": "A phone call with {name}",
    "online": "An online chat with {name}",
}
"""By the kind of a meeting."""
MEETING_THERE: Final = "{clock} in {city}"

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NEAR_DAYS: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}


NUMBERS: Final = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)

YEAR_DAYS: Final = 365


def age_in_words(days: int) -> str:
    """Return how long ago something was, as a person would say it: days, weeks, months, years."""
    if days < 14:
        return "one day" if days == 1 else f"{days} days"
    if days < 60:
        return f"{round(days / 7)} weeks"
    if days < YEAR_DAYS:
        return f"{round(days / 30.44)} months"
    if days < 548:
        return "over a year"
    years, half = divmod(round(days / 182.625), 2)
    if years == 1:
        return "one and a half years"
    return f"{years} and a half years" if half else f"{years} years"


def meeting_with(kind: str, people: str) -> str:
    """Return what a meeting is, and with whom."""
    return MEETINGS.get(kind, MEETINGS["in_person"]).format(name=people)


def counted(words: tuple[str, str], count: int, **more: str) -> str:
    """Return the first of the words for one, the second for several."""
    number = NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"
    return words[count != 1].format(count=number, **more)


def people_in_words(names: tuple[str, ...], count: int) -> str:
    """Return who some people are, the first of `count` by name: `Ada`, `Ada and Grace`, `Ada, Grace and 3 more`."""
    more = count - len(names)
    shown = (*names, f"{more} more") if more > 0 else names
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part) if shown else SOMEBODY

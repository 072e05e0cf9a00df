"""The words of the digest: for people, kind and neutral, in one place, each with a note for whoever translates it.

No blame, no scores, no guilt: nobody was rejected, nothing is overdue, and what is let go is let go. Here they stand in
English; `shared/texts/language.py` says them in the member's language.
"""

from __future__ import annotations

from typing import Final

from shared.texts.language import ENGLISH, NUMBERS, Language
from shared.texts.message import Counted, Text
from shared.texts.sentences import SOMEBODY

GREETING: Final = Text("digest.greeting", "Hello {name},", "Begins the mail. {name} is the member's own.")
GREETING_NAMELESS: Final = Text("digest.greeting_nameless", "Hello,")
CLOSING: Final = {
    "weekly": Text(
        "digest.closing.weekly",
        "None of this is a duty. What does not fit into this week may wait, or go.",
        "Ends the mail: warm, and free of any demand.",
    ),
    "daily": Text(
        "digest.closing.daily",
        "None of this is a duty. What does not fit into today may wait, or go.",
        "Ends the mail.",
    ),
}
REASON: Final = {
    "weekly": Text(
        "digest.reason.weekly",
        "You get this mail because {brand} keeps an eye on your network for you, and says so once a week.",
        "In small letters at the end. {brand} is the product's name.",
    ),
    "daily": Text(
        "digest.reason.daily",
        "You get this mail because {brand} keeps an eye on your network for you, and says so once a day.",
    ),
}
PREFERENCES: Final = Text(
    "digest.preferences",
    "How often it comes, on which day and at what hour, or not at all: that is for you to say, in your preferences.",
    "`it`: this mail.",
)
PREFERENCES_LINK: Final = Text("digest.preferences_link", "Your preferences", "A link.")
OPEN_PAGE: Final = Text("digest.open_page", "Open my page", "A button.")
STOP: Final = Text("digest.stop", "No more of these mails", "A link that ends them.")
DONE: Final = Text("digest.done", "Done", "A button beside a suggestion: the member has done it.")
LATER: Final = Text("digest.later", "Later", "A button beside a suggestion: it comes again some other day.")
LET_GO: Final = Counted(
    "digest.let_go", "Let it go", "Let them go", "A button: one open invite, or several, may be closed."
)
AGAIN: Final = Text("digest.again", "Bring it back", "A link beside a kind of reminder that rests.")
KEEP: Final = Counted("digest.keep", "Keep it", "Keep them", "A button: one open invite, or several, stay open.")

OPENING: Final = {
    "weekly": Text(
        "digest.opening.weekly",
        "{What} for this week, in your own time.",
        "{What} counts what waits, as `two small things and one meeting`: it begins the sentence.",
    ),
    "daily": Text("digest.opening.daily", "{What} for today.", "{What}: as in the text before."),
}
OPENING_COMING: Final = Text("digest.opening_coming", "Nothing waits for you today. Here is what comes.")
OPENING_LITTLE: Final = Text("digest.opening_little", "Only this, when you have a moment.")
THINGS: Final = Counted("digest.things", "one small thing", "{count} small things", "Things to do, for {What}.")
MEETINGS_COUNTED: Final = Counted("digest.meetings_counted", "one meeting", "{count} meetings", "For {What}.")

SUBJECT_MORE: Final = Counted(
    "digest.subject_more", "{first}, and {count} more", "{first}, and {count} more",
    "The subject: the heading of the first thing, and how many other things there are.",
)  # fmt: skip
SUBJECT_MORE_AFTER_QUESTION: Final = Counted(
    "digest.subject_more_after_question", "{first} And {count} more", "{first} And {count} more",
    "The same where {first} ends in a question mark.",
)  # fmt: skip
SUBJECT_AND: Final = Text(
    "digest.subject_and", "{first}, and {meeting}", "The subject: the heading of the first thing, and the next meeting."
)
SUBJECT_AND_AFTER_QUESTION: Final = Text(
    "digest.subject_and_after_question", "{first} And {meeting}", "The same where {first} ends in a question mark."
)
SUBJECT_DAY: Final = Text(
    "digest.subject_day",
    "{first} on {day}",
    "{first} is a meeting, {day} a weekday (`Monday`) or a date (`23 November`).",
)
SUBJECT_NEAR_DAY: Final = Text("digest.subject_near_day", "{first} {day}", "{day}: `today`, `tomorrow`.")
SUBJECT_COMING: Final = Text("digest.subject_coming", "Coming up: {first}")
SUBJECT_PROPOSED: Final = Counted(
    "digest.subject_proposed", "An invite you might let go: {first}", "{count} invites you might let go",
    "{first} is the person whom the one invite was sent to.",
)  # fmt: skip
SUBJECT_NOTICED: Final = Counted(
    "digest.subject_noticed", "An invite that will be pulled back: {first}", "{count} invites that will be pulled back",
    "{first}: as in the text before.",
)  # fmt: skip
SUBJECT_QUIET: Final = Text("digest.subject_quiet", "Some reminders rest for now")
SUBJECT_MONTH: Final = Text("digest.subject_month", "Why you connected in {month}", "{month}: the name of a month.")
WEEK_OF: Final = Text("digest.week_of", "Week {week}", "{week} is the number of a calendar week.")

DUE: Final = Text("digest.due", "Now is a good time", "A heading above suggestions.")
COMING: Final = {
    "weekly": Text("digest.coming.weekly", "What comes this week", "A heading above days."),
    "daily": Text("digest.coming.daily", "What comes until tomorrow", "A heading above days."),
}
PROPOSED: Final = Counted(
    "digest.proposed", "An invite you might let go", "Invites you might let go",
    "A heading above one person who has not answered, or several. They rejected nobody.",
)  # fmt: skip
PROPOSED_LEAD: Final = Counted(
    "digest.proposed_lead",
    "It is still open. People are busy, and an open invite says nothing about you or them.",
    "These are still open. People are busy, and an open invite says nothing about you or them.",
    "Of one invite, and of several.",
)
PROPOSED_FOOT: Final = Counted(
    "digest.proposed_foot",
    "Let it go, or keep it, just as you like. Without an answer nothing happens: it stays open.",
    "Let them go, or keep them, just as you like. Without an answer nothing happens: they stay open.",
    "Of one invite, and of several.",
)
NOTICED: Final = Counted(
    "digest.noticed", "An invite that will be pulled back", "Invites that will be pulled back",
    "A heading above one person, or several, each with a day.",
)  # fmt: skip
NOTICED_LEAD: Final = Counted(
    "digest.noticed_lead",
    "As you chose, this invite is pulled back on the day beside the name.",
    "As you chose, these invites are pulled back on the day beside each name.",
    "Of one invite, and of several.",
)
NOTICED_FOOT: Final = Counted(
    "digest.noticed_foot",
    "Would you rather keep it? Say so before its day, and it stays.",
    "Would you rather keep one? Say so before its day, and it stays.",
    "Of one invite, and of several.",
)
QUIET: Final = Text("digest.quiet", "Gone quiet", "A heading above kinds of reminders that rest for now.")
QUIET_LEAD: Final = Counted(
    "digest.quiet_lead",
    "This has rested for some weeks, so it will not come up for now:",
    "These have rested for some weeks, so they will not come up for now:",
    "Of one kind of reminder, and of several; they follow as a list.",
)
QUIET_FOOT_BY_LINK: Final = Counted(
    "digest.quiet_foot_by_link",
    "That is quite all right. It comes back by itself: when you answer such a reminder, and some day to ask once more. "
    "Should you miss it before, bring it back.",
    "That is quite all right. They come back by themselves: when you answer such a reminder, and some day to ask once more. "
    "Should you miss one before, bring it back.",
    "Of one kind of reminder, and of several. `bring it back`: there is a link for it.",
)
QUIET_FOOT_BY_HAND: Final = Counted(
    "digest.quiet_foot_by_hand",
    "That is quite all right. It comes back by itself: when you answer such a reminder, and some day to ask once more. "
    "Should you miss it before, bring it back: switch it on again in your preferences.",
    "That is quite all right. They come back by themselves: when you answer such a reminder, and some day to ask once more. "
    "Should you miss one before, bring it back: switch it on again in your preferences.",
    "The same where there is no link.",
)

MINE: Final = Text("digest.mine", "What drew you", "A heading: why the member wanted to connect with people.")
MINE_LEAD: Final = Text("digest.mine_lead", "Why you wanted to connect in {month}, in your own words.")
THEIRS: Final = Text(
    "digest.theirs", "What drew others to you", "A heading: why people wanted to connect with the member."
)
THEIRS_LEAD: Final = Text("digest.theirs_lead", "Why others wanted to connect with you in {month}, as they said it.")
QUOTED: Final = Text("digest.said", "“{text}”", "Somebody's own words, in the quotation marks of the language.")
EXCHANGES: Final = Text("digest.exchanges", "What you did for each other", "A heading above people.")
EXCHANGES_LEAD: Final = Text(
    "digest.exchanges_lead", "People with whom there was help in {month}, or an introduction. It needs no balance."
)
FOR_YOU: Final = Text(
    "digest.for_you", "For you: {what}", "{what}: what somebody did for the member, in quotation marks."
)
FOR_THEM: Final = Text("digest.for_them", "You for {name}:", "Quoted words follow: what the member did for {name}.")

NOTE: Final = Text("digest.note", "Your note of {day}:", "{day} is a date, as `3 November`. The note follows, quoted.")
MORE: Final = Counted("digest.more", "and {count} more", "and {count} more", "Ends a list of people.")
MORE_COMING: Final = Counted(
    "digest.more_coming", "and {count} more, each at its own time", "and {count} more, each at its own time",
    "Ends a list of what comes: whatever the member chose an hour for is said at that hour.",
)  # fmt: skip
MORE_NOTICED: Final = Counted(
    "digest.more_noticed",
    "and {count} more, each of them named here before its day. If you would rather be asked first, your preferences have "
    "that choice.",
    "and {count} more, each of them named here before its day. If you would rather be asked first, your preferences have "
    "that choice.",
    "Ends a list of invites that are pulled back by themselves: that choice holds for all of them at once.",
)
SENT_DAYS: Final = Counted("digest.sent_days", "sent one day ago", "sent {count} days ago", "Of an invite.")
SENT_WEEKS: Final = Counted("digest.sent_weeks", "sent one week ago", "sent {count} weeks ago", "Of an invite.")
SENT_MONTHS: Final = Counted("digest.sent_months", "sent one month ago", "sent {count} months ago", "Of an invite.")
SENT_IN: Final = Text("digest.sent_in", "sent in {month}", "Of an invite. {month} has its year: `November 2025`.")
"""Of what is older than a year: nobody counts months so far back."""
PROMISED: Final = Text("digest.promised", "You promised {name}: {what}", "{what}: the member's own words.")
ABOUT: Final = {
    "keep_at_it": Text(
        "digest.about.keep_at_it", "A small next step: {what}", "{what}: a goal in the member's own words."
    ),
    "after_gathering": Text(
        "digest.about.after_gathering", "The people you met at “{what}”", "{what}: what an event was called."
    ),
}
"""By rules that would otherwise have the member's own words alone for a heading, which read like news of another sender."""
DAY_OF: Final = Text("digest.day_of", "{what}: {name}", "A day to remember: {what} is its label, as `Birthday`.")
"""Of a day to remember: the label alone would not say whose it is."""
PROMISE: Final = Text(
    "digest.promise", "You promised them: {what}. It is for {when}.",
    "{when}: a day and an hour, as `tomorrow, 12:30`, `Monday, 12:30`. A full stop right after {what} is left out where the "
    "member's words end in a mark.",
)  # fmt: skip
PROMISE_PAST: Final = Text("digest.promise_past", "You promised them: {what}. It was for {when}.")
PROMISED_SOMETHING: Final = Text("digest.promised_something", "You promised them something. It is for {when}.")
PROMISED_SOMETHING_PAST: Final = Text(
    "digest.promised_something_past", "You promised them something. It was for {when}."
)
THEM: Final = "them"
"""Whom a sentence means that names nobody."""

MEETINGS: Final = {
    "lunch": Text("digest.meeting.lunch", "Lunch with {name}", "A heading. {name} may be several people."),
    "in_person": Text("digest.meeting.in_person", "You meet {name}", "A heading."),
    "phone": Text("digest.meeting.phone", "A phone call with {name}", "A heading."),
    "online": Text("digest.meeting.online", "An online chat with {name}", "A heading: they see each other by video."),
}
"""By the kind of a meeting."""
MEETING_THERE: Final = Text(
    "digest.meeting_there", "{clock} in {city}", "What the clock says where the other one is: `18:30 in Tokyo`."
)

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ON_DATE: Final = Text(
    "digest.on_date", "{date}", "A date that stands where `tomorrow` might: with an article, if needed."
)
MOMENT: Final = Text("digest.moment", "{day}, {clock}", "`tomorrow, 12:30`.")
MORE_PEOPLE: Final = Counted(
    "digest.more_people", "{count} more", "{count} more", "Ends a list of people: `Ada, Grace and 3 more`."
)

YEAR_DAYS: Final = 365


def age_in_words(days: int) -> str:
    """Return how long ago something was, in English, as a person would say it: days, weeks, months, years."""
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


def sent_ago(days: int, lang: Language) -> str:
    """Return how long ago an invite was sent, of less than a year: in days, from two weeks on in weeks, then in months."""
    if days < 14:
        return lang.counted(SENT_DAYS, days)
    if days < 60:
        return lang.counted(SENT_WEEKS, round(days / 7))
    return lang.counted(SENT_MONTHS, round(days / 30.44))


def meeting_with(kind: str, people: str, lang: Language = ENGLISH) -> str:
    """Return what a meeting is, and with whom."""
    return lang(MEETINGS.get(kind, MEETINGS["in_person"]), name=people)


def counted(words: tuple[str, str], count: int, **more: str) -> str:
    """Return the first of two English words for one, the second for several."""
    number = NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"
    return words[count != 1].format(count=number, **more)


def people_in_words(names: tuple[str, ...], count: int, lang: Language = ENGLISH) -> str:
    """Return who some people are, the first of `count` by name: `Ada`, `Ada and Grace`, `Ada, Grace and 3 more`."""
    more = count - len(names)
    shown = (*names, lang.counted(MORE_PEOPLE, more)) if more > 0 else names
    return lang.listed(shown) if shown else lang(SOMEBODY)

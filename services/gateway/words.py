"""The words of the pages: what a link asks, what was done, and what to do where neither is possible."""

from __future__ import annotations

from typing import Final, NamedTuple

from shared.links import Verb
from shared.texts.sentences import RESTS


class Asked(NamedTuple):
    """What a page says. `{how}` is how often the digest came."""

    title: str
    lead: str
    button: str = ""


ASK: Final[dict[Verb, Asked]] = {
    "unsubscribe": Asked(
        "No more of these mails?",
        "They stop at once. Everything else stays as it is, and you can have them back at any time.",
        "Stop these mails",
    ),
    "subscribe": Asked(
        "These mails again?",
        "They come {how} again, at their usual hour.",
        "Send them again",
    ),
    "done": Asked("Is this done?", "Then it is off your list.", "Yes, it is done"),
    "later": Asked(
        "Rather later?",
        "It rests for now, and comes back within a week, at the hour of your mail.",
        "Let it rest",
    ),
    "let-go": Asked(
        "Let these invites go?",
        "Invites with a tick are pulled back within moments. Those without one stay open, and you will not be asked"
        " about them again.",
        "Let go",
    ),
    "keep": Asked(
        "Keep these invites open?", "These invites stay open, and you will not be asked about them again.", "Keep"
    ),
    "more": Asked(
        "What else waits for you",
        "None of it is a duty. Tick whatever you have done, or would rather see next week.",
        "Done",
    ),
    "again": Asked(
        "Bring it back?",
        f"{RESTS.format(who='You')}. Bring it back, and it comes up again when there is a reason.",
        "Bring it back",
    ),
}
ASK_ONE: Final[dict[Verb, Asked]] = {
    "let-go": Asked(
        "Let this invite go?",
        "With a tick it is pulled back within moments. Without one it stays open, and you will not be asked about it"
        " again.",
        "Let go",
    ),
    "keep": Asked("Keep this invite open?", "It stays open, and you will not be asked about it again.", "Keep"),
}
"""Of a link to one invite."""
DID: Final[dict[Verb, Asked]] = {
    "unsubscribe": Asked(
        "These mails have stopped",
        "That is quite all right. Nothing else has changed. Should you miss them, this brings them back:",
    ),
    "subscribe": Asked("Your mails come again", "They come {how}, at their usual hour. Changed your mind?"),
    "done": Asked("It is noted", "This is done, and off your list."),
    "later": Asked("It rests", "It comes back within a week, at the hour of your mail."),
    "let-go": Asked(
        "It is noted",
        "These invites are pulled back within moments. Changed your mind? This keeps whichever is not gone by then:",
    ),
    "keep": Asked("It is noted", "These invites stay open. Changed your mind?"),
    "again": Asked("It is back", "It comes up again when there is a reason."),
    "more": Asked("It is noted", "This is what is left, in your own time."),
}
DID_ONE: Final[dict[Verb, Asked]] = {
    "let-go": Asked(
        "It is noted",
        "This invite is pulled back within moments. Changed your mind? This keeps it, if it is not gone by then:",
    ),
    "keep": Asked("It is noted", "This invite stays open. Changed your mind?"),
}
"""Of an answer about one invite."""
STAYS: Final = (
    Asked("It is noted", "Nobody is let go: this invite stays open. Changed your mind?"),
    Asked("It is noted", "Nobody is let go: these invites stay open. Changed your mind?"),
)
"""Of one, and of several. Where the button to let go was pressed, and nothing had a tick."""
ALL_NOTED: Final = Asked("It is noted", "That was all of it.")
LATER: Final = "Later"
WAITING: Final = (
    "One other waits beside these. Your next mail leads to it.",
    "{count} others wait beside these. Your next mails lead to them.",
)
PREFERENCES: Final = "Your preferences"
CHOOSE: Final = "Choose one by one"
"""The button that leads from a page which keeps all to the one with ticks."""
AGAIN: Final = "Let go after all"
KEEP_BACK: Final = ("Keep it", "Keep them")
MORE: Final = ("and one more", "and {count} more")
UNDO: Final[dict[Verb, Verb]] = {"unsubscribe": "subscribe", "subscribe": "unsubscribe", "let-go": "keep"}
"""What takes a thing back: the page that says what was done has its button."""
HOW_OFTEN: Final = {"weekly": "once a week", "daily": "once a day"}
CLOSE: Final = "You can close this page."

TROUBLE: Final = {
    400: Asked("Not all of that has arrived", "Nothing was noted. Please open the link from your mail once more."),
    404: Asked(
        "There is nothing here",
        "Mail programs sometimes cut a long link in two. Opening it from the mail once more often helps.",
    ),
    405: Asked("This page only asks and notes", "Open the link from your mail, and use its button."),
    408: Asked("The line is slow", "Nothing was noted. Please open the link from your mail once more."),
    410: Asked(
        "This link has expired",
        "Links to reminders and invites work for {days} days. Your newest mail has fresh ones.",
    ),
    413: Asked("That was a lot", "Nothing was noted. Please open the link from your mail once more."),
    414: Asked("This link is too long", "Opening it from the mail once more often helps."),
    500: Asked("Something went wrong here", "It is not your doing. Please try again in a few minutes."),
    503: Asked("One moment, please", "This could not be noted just now. Please try again in a minute."),
}

"""The words of the pages behind links: what a link asks, what was done, and what to do where neither is possible.

Here they stand in English; `shared/texts/language.py` says them in the language of the mail that the link stands in.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from shared.links import Verb
from shared.texts.message import Counted, Text


class Asked(NamedTuple):
    """What a page says."""

    title: Text
    lead: Text | Counted
    button: Text | None = None


NOTED: Final = Text("page.noted", "It is noted", "The heading of a page: what the member pressed has arrived.")

ASK: Final[dict[Verb, Asked]] = {
    "unsubscribe": Asked(
        Text("page.unsubscribe.title", "No more of these mails?", "A heading. The mails are those of the digest."),
        Text(
            "page.unsubscribe.lead",
            "They stop at once. Everything else stays as it is, and you can have them back at any time.",
            "`They`: these mails.",
        ),
        Text("page.unsubscribe.button", "Stop these mails", "A button."),
    ),
    "subscribe": Asked(
        Text("page.subscribe.title", "These mails again?", "A heading: shall they come again?"),
        Text("page.subscribe.lead.weekly", "They come once a week again, at their usual hour.", "`They`: these mails."),
        Text("page.subscribe.button", "Send them again", "A button."),
    ),
    "done": Asked(
        Text("page.done.title", "Is this done?", "A heading. Below stands what the member might have done."),
        Text("page.done.lead", "Then it is off your list."),
        Text("page.done.button", "Yes, it is done", "A button."),
    ),
    "later": Asked(
        Text("page.later.title", "Rather later?", "A heading. Below stands what may wait."),
        Text("page.later.lead", "It rests for now, and comes back within a week, at the hour of your mail."),
        Text("page.later.button", "Let it rest", "A button."),
    ),
    "let-go": Asked(
        Text("page.let_go.title", "Let these invites go?", "A heading. Nobody has answered these invites of the member."),
        Text(
            "page.let_go.lead",
            "Invites with a tick are pulled back in ten minutes. Those without one stay open, and you will not be asked"
            " about them again.",
        ),
        Text("page.let_go.button", "Let go", "A button, for one invite or several."),
    ),
    "keep": Asked(
        Text("page.keep.title", "Keep these invites open?", "A heading."),
        Text("page.keep.lead", "These invites stay open, and you will not be asked about them again."),
        Text("page.keep.button", "Keep", "A button, for one invite or several: they stay open."),
    ),
    "more": Asked(
        Text("page.more.title", "What else waits for you", "A heading above small things, each with a tick."),
        Text(
            "page.more.lead", "None of it is a duty. Tick whatever you have done, or would rather see next week."
        ),
        Text("page.more.button", "Done", "A button: what has a tick is done."),
    ),
    "again": Asked(
        Text("page.again.title", "Bring it back?", "A heading. Below stands a kind of reminder that rests."),
        Text(
            "page.again.lead",
            "You let this rest for some weeks, so it comes up no more for now. Bring it back, and it comes up again when"
            " there is a reason.",
        ),
        Text("page.again.button", "Bring it back", "A button."),
    ),
}  # fmt: skip
ASK_ONE: Final[dict[Verb, Asked]] = {
    "let-go": Asked(
        Text("page.let_go_one.title", "Let this invite go?", "A heading."),
        Text(
            "page.let_go_one.lead",
            "With a tick it is pulled back in ten minutes. Without one it stays open, and you will not be asked about it"
            " again.",
        ),
        ASK["let-go"].button,
    ),
    "keep": Asked(
        Text("page.keep_one.title", "Keep this invite open?", "A heading."),
        Text("page.keep_one.lead", "It stays open, and you will not be asked about it again."),
        ASK["keep"].button,
    ),
}
"""Of a link to one invite."""
DID: Final[dict[Verb, Asked]] = {
    "unsubscribe": Asked(
        Text("page.unsubscribed.title", "These mails have stopped", "A heading."),
        Text(
            "page.unsubscribed.lead",
            "That is quite all right. Nothing else has changed. Should you miss them, this brings them back:",
            "A button follows.",
        ),
    ),
    "subscribe": Asked(
        Text("page.subscribed.title", "Your mails come again", "A heading."),
        Text(
            "page.subscribed.lead.weekly",
            "They come once a week, at their usual hour. Changed your mind?",
            "A button to stop them follows.",
        ),
    ),
    "done": Asked(NOTED, Text("page.did_done.lead", "This is done, and off your list.")),
    "later": Asked(
        Text("page.did_later.title", "It rests", "A heading: it is put off."),
        Text("page.did_later.lead", "It comes back within a week, at the hour of your mail."),
    ),
    "let-go": Asked(
        NOTED,
        Text(
            "page.did_let_go.lead",
            "These invites are pulled back in ten minutes. Changed your mind? This keeps whichever is not gone by then:",
            "A button to keep them follows.",
        ),
    ),
    "keep": Asked(
        NOTED,
        Text(
            "page.did_keep.lead",
            "These invites stay open. Changed your mind?",
            "A button to let them go after all follows.",
        ),
    ),
    "again": Asked(
        Text("page.did_again.title", "It is back", "A heading: a kind of reminder is on again."),
        Text("page.did_again.lead", "It comes up again when there is a reason."),
    ),
    "more": Asked(NOTED, Text("page.did_more.lead", "This is what is left, in your own time.", "A list follows.")),
}
DID_ONE: Final[dict[Verb, Asked]] = {
    "let-go": Asked(
        NOTED,
        Text(
            "page.did_let_go_one.lead",
            "This invite is pulled back in ten minutes. Changed your mind? This keeps it, if it is not gone by then:",
            "A button to keep it follows.",
        ),
    ),
    "keep": Asked(NOTED, Text("page.did_keep_one.lead", "This invite stays open. Changed your mind?")),
}
"""Of an answer about one invite."""
DAILY: Final = {
    ASK["subscribe"].lead: Text("page.subscribe.lead.daily", "They come once a day again, at their usual hour."),
    DID["subscribe"].lead: Text(
        "page.subscribed.lead.daily", "They come once a day, at their usual hour. Changed your mind?"
    ),
}
"""What is said instead to whoever had a mail every day."""
STAYS: Final = (
    Asked(NOTED, Text("page.stays_one.lead", "Nobody is let go: this invite stays open. Changed your mind?")),
    Asked(NOTED, Text("page.stays.lead", "Nobody is let go: these invites stay open. Changed your mind?")),
)
"""Of one, and of several. Where the button to let go was pressed, and nothing had a tick."""
ALL_NOTED: Final = Asked(NOTED, Text("page.all_noted.lead", "That was all of it."))
LATER: Final = Text("digest.later", "Later")
WAITING: Final = Counted(
    "page.waiting",
    "One other waits beside these. Your next mail leads to it.",
    "{count} others wait beside these. Your next mails lead to them.",
    "Below a list of small things: how many it has no room for.",
)
PREFERENCES: Final = Text("digest.preferences_link", "Your preferences")
CHOOSE: Final = Text("page.choose", "Choose one by one", "A button that leads to a page with a tick for each invite.")
"""The button that leads from a page which keeps all to the one with ticks."""
AGAIN: Final = Text("page.let_go_after_all", "Let go after all", "A button.")
KEEP_BACK: Final = Counted("digest.keep", "Keep it", "Keep them")
MORE: Final = Counted("page.more_invites", "and one more", "and {count} more", "Ends a list of invites by their names.")
UNDO: Final[dict[Verb, Verb]] = {"unsubscribe": "subscribe", "subscribe": "unsubscribe", "let-go": "keep"}
"""What takes a thing back: the page that says what was done has its button."""
CLOSE: Final = Text("page.close", "You can close this page.")

ONCE_MORE: Final = Text("page.trouble.once_more", "Nothing was noted. Please open the link from your mail once more.")
TROUBLE: Final = {
    400: Asked(Text("page.trouble.400.title", "Not all of that has arrived", "A heading."), ONCE_MORE),
    404: Asked(
        Text("page.trouble.404.title", "There is nothing here", "A heading."),
        Text(
            "page.trouble.404.lead",
            "Mail programs sometimes cut a long link in two. Opening it from the mail once more often helps.",
        ),
    ),
    405: Asked(
        Text(
            "page.trouble.405.title", "This page only asks and notes", "A heading, of a page that was opened wrongly."
        ),
        Text("page.trouble.405.lead", "Open the link from your mail, and use its button."),
    ),
    408: Asked(Text("page.trouble.408.title", "The line is slow", "A heading."), ONCE_MORE),
    410: Asked(
        Text("page.trouble.410.title", "This link has expired", "A heading."),
        Counted(
            "page.trouble.410.lead",
            "Links to reminders and invites work for one day. Your newest mail has fresh ones.",
            "Links to reminders and invites work for {count} days. Your newest mail has fresh ones.",
        ),
    ),
    413: Asked(Text("page.trouble.413.title", "That was a lot", "A heading: too much was sent."), ONCE_MORE),
    414: Asked(
        Text("page.trouble.414.title", "This link is too long", "A heading."),
        Text("page.trouble.414.lead", "Opening it from the mail once more often helps."),
    ),
    500: Asked(
        Text("page.trouble.500.title", "Something went wrong here", "A heading."),
        Text("page.trouble.500.lead", "It is not your doing. Please try again in a few minutes."),
    ),
    503: Asked(
        Text("page.trouble.503.title", "One moment, please", "A heading."),
        Text("page.trouble.503.lead", "This could not be noted just now. Please try again in a minute."),
    ),
}

"""What `rapport preview` says: for members, kind and concrete. No blame, no totals as a score, no guilt."""

from __future__ import annotations

from typing import Final

from shared.texts.sentences import RESTS

TITLE: Final = "A look ahead for {member}"
SPAN: Final = "{begin} to {until}"
ALONE: Final = (
    "This is what comes if nothing else happens: one answer, one meeting, one word of yours makes another picture."
)

LANES: Final = {"reminder": "Reminders", "invite": "Invites", "digest": "Digests"}
KINDS: Final = {"reminder": "reminder", "invite": "invites", "digest": "digest"}
MARKS: Final = {
    "pushed": "a reminder that reaches you at once",
    "noted": "a reminder that waits for your digest",
    "planned": "a reminder is planned for later",
    "quiet": "a kind of reminder that comes up no more, as you let it rest",
    "resumed": "a kind of reminder that may come up again",
    "found": "invites that have been open for long",
    "asked": "you are asked whether to keep invites or let them go",
    "told": "you hear which invites will be pulled back",
    "gone": "invites are pulled back, or close",
    "again": "you may invite somebody again",
    "mail": "your digest is mailed",
    "other": "something that does not go its way",
}
"""What each mark of the picture stands for."""

PUSHED: Final = "{text} [{topic}; reaches you at once]"
NOTED: Final = "{text} [{topic}; waits for your digest]"
PLANNED: Final = "Planned for {day}: {text}"
PLANNED_AHEAD: Final = "Planned, for what is on {day}: {text}"
"""Of a reminder that may come some days before what it is about."""
QUIET: Final = f"{RESTS.format(who='You')}, and asks again on {{day}}: {{topic}}"
RESUMED: Final = "This has rested, and may come up again: {topic}"
FOUND: Final = "Open for {age}: {invites}"
AGES: Final = "{first} to {last}"
ASKED: Final = "You are asked whether to keep or let go: {invites}"
ASKED_AGAIN: Final = "You are asked once more whether to keep or let go: {invites}"
NOTICED: Final = "Notice: {invites} will be pulled back on {day}, unless you say keep"
GONE: Final = {"member": "Pulled back, as you said: {invites}", "rule": "Pulled back, as you chose: {invites}"}
EXPIRED: Final = "Taken for closed: {invites}"
AGAIN: Final = "You may invite {people} again"
INVITES: Final = "your invite to {people}"
MANY_INVITES: Final = "your invites to {people}"
MAIL: Final = "Your digest of {period} is mailed"
MAIL_ABOUT: Final = "Your digest of {period} is mailed, about {people}"
UNDELIVERED: Final = "The mail of {period} could not be delivered to that address"
OUT_OF_ORDER: Final = "Something would be out of order on our side. Whoever runs Rapport can see why in --json."

NOTHING: Final = "Nothing comes up until {until}."
REMINDERS: Final = ("one reminder comes", "{count} reminders come")
AT_ONCE: Final = ("one of them reaches you at once", "{count} of them reach you at once")
IT_AT_ONCE: Final = ("it reaches you at once", "it reaches you at once")
AT_REST: Final = (
    "one ends by itself, as nothing comes of it", "{count} end by themselves, as nothing comes of them"
)  # fmt: skip
ANSWERED: Final = ("one is settled by what happens", "{count} are settled by what happens")
WITH_OTHERS: Final = (
    "one ends together with its kind of reminder, or with its invite",
    "{count} end together with their kind of reminder, or with their invites",
)
AFTERWARDS: Final = ("one more is planned for afterwards", "{count} more are planned for afterwards")
ASKED_ABOUT: Final = ("you are asked once about invites", "you are asked {count} times about invites")
PULLED_BACK: Final = ("one invite is pulled back", "{count} invites are pulled back")
MAILED: Final = ("one digest is mailed", "{count} digests are mailed")
EMPTY: Final = (
    "once there is nothing to tell, and no mail comes",
    "{count} times there is nothing to tell, and no mail comes",
)
NOT_YET: Final = (
    "one is not, since no address is known by then",
    "{count} are not, since no address is known by then",
)
NO_ADDRESS: Final = "No digest is mailed where no address is known: `rapport.member.joined` brings it."
MORE: Final = "and {count} more"
DAY: Final = "day"
WHEN: Final = "when"
WHAT: Final = "what comes"
KIND: Final = "kind"
PICTURE: Final = (
    "The months from left to right, with a row each for reminders, invites and digests. The table below says the same."
)
LEGEND: Final = "What the marks stand for"
DAY_BY_DAY: Final = "Day by day"
FOOT: Final = "Made by `rapport preview`. Nothing of this has been sent to anybody."

REFUSED: Final = ("one line was refused, and is left out", "{count} lines were refused, and are left out")
_SEE: Final = "(`rapport import linkedin --dry-run` says which, and why)"
UNREAD: Final = (
    f"one row of the archive could not be read {_SEE}",
    f"{{count}} rows of the archive could not be read {_SEE}",
)
OTHERS: Final = ("one event is about another member", "{count} events are about other members")
LATER: Final = ("one event lies after the last day", "{count} events lie after the last day")
STUMBLED: Final = ("one event is out of order for a rule of ours", "{count} events are out of order for rules of ours")
"""What a look leaves out, as whoever called it reads on stderr."""

"""What `rapport preview` says: for members, kind and concrete. No blame, no totals as a score, no guilt.

What it left out is said to whoever called it, in English.
"""

from __future__ import annotations

from typing import Final

from shared.texts.message import Counted, Text
from shared.texts.sentences import RESTS

TITLE: Final = Text("preview.title", "A look ahead for {member}", "A heading. {member}: an id, not a name.")
SPAN: Final = Text("preview.span", "{begin} to {until}", "Two days.")
ALONE: Final = Text(
    "preview.alone",
    "This is what comes if nothing else happens: one answer, one meeting, one word of yours makes another picture.",
)

LANES: Final = {
    "reminder": Text("preview.lane.reminder", "Reminders", "Names a row of the picture: one short word."),
    "invite": Text("preview.lane.invite", "Invites", "As above."),
    "digest": Text("preview.lane.digest", "Digests", "The mails that tell of what waits. As above."),
}
KINDS: Final = {
    "reminder": Text("preview.kind.reminder", "reminder", "Says what a line of the table is about."),
    "invite": Text("preview.kind.invite", "invites", "As above."),
    "digest": Text("preview.kind.digest", "digest", "As above."),
}
_MARKS: Final = {
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
_MARK: Final = "Says what a mark of the picture stands for."
MARKS: Final = {name: Text(f"preview.mark.{name}", text, _MARK) for name, text in _MARKS.items()}
"""What each mark of the picture stands for."""

PUSHED: Final = Text("preview.pushed", "{text} [{topic}; reaches you at once]", "{text}: what a reminder says.")
NOTED: Final = Text("preview.noted", "{text} [{topic}; waits for your digest]", "As above.")
PLANNED: Final = Text("preview.planned", "Planned for {day}: {text}")
PLANNED_AHEAD: Final = Text("preview.planned_ahead", "Planned, for what is on {day}: {text}")
"""Of a reminder that may come some days before what it is about."""
QUIET: Final = Text("preview.quiet", f"{RESTS.format(who='You')}, and asks again on {{day}}: {{topic}}")
RESUMED: Final = Text("preview.resumed", "This has rested, and may come up again: {topic}")


def _of_invites(key: str, text: str, note: str = "") -> Counted:
    """Return a text about one invite or several: English says it alike."""
    return Counted(f"preview.{key}", text, text, f"{note}{{invites}}: one person, or several, by `preview.invites`.")


FOUND: Final = _of_invites("found", "Open for {age}: {invites}", "{age}: `3 months`. ")
AGES: Final = Text("preview.ages", "{first} to {last}", "Two of {age}: `2 months to 3 months`.")
ASKED: Final = _of_invites("asked", "You are asked whether to keep or let go: {invites}")
ASKED_AGAIN: Final = _of_invites("asked_again", "You are asked once more whether to keep or let go: {invites}")
NOTICED: Final = _of_invites("noticed", "Notice: {invites} will be pulled back on {day}, unless you say keep")
GONE: Final = {
    "member": _of_invites("gone.member", "Pulled back, as you said: {invites}"),
    "rule": _of_invites("gone.rule", "Pulled back, as you chose: {invites}"),
}
EXPIRED: Final = _of_invites("expired", "Taken for closed: {invites}")
AGAIN: Final = Text("preview.again", "You may invite {people} again")
INVITES: Final = Counted(
    "preview.invites", "your invite to {people}", "your invites to {people}",
    "The {invites} of other texts: where those name invites themselves, {people} alone will do.",
)  # fmt: skip
MAIL: Final = Text("preview.mail", "Your digest of {period} is mailed")
MAIL_ABOUT: Final = Text("preview.mail_about", "Your digest of {period} is mailed, about {people}")
UNDELIVERED: Final = Text("preview.undelivered", "The mail of {period} could not be delivered to that address")
OUT_OF_ORDER: Final = Text(
    "preview.out_of_order",
    "Something would be out of order on our side. Whoever runs Rapport can see why in --json.",
)

NOTHING: Final = Text("preview.nothing", "Nothing comes up until {until}.")
_SUM: Final = "In a list of sums: `label: {count}` will do, in each form the same."
REMINDERS: Final = Counted("preview.reminders", "one reminder comes", "{count} reminders come", _SUM)
AT_ONCE: Final = Counted(
    "preview.at_once", "one of them reaches you at once", "{count} of them reach you at once", _SUM
)
IT_AT_ONCE: Final = Counted("preview.it_at_once", "it reaches you at once", "it reaches you at once", _SUM)
AT_REST: Final = Counted(
    "preview.at_rest",
    "one ends by itself, as nothing comes of it",
    "{count} end by themselves, as nothing comes of them",
    _SUM,
)
ANSWERED: Final = Counted(
    "preview.answered", "one is settled by what happens", "{count} are settled by what happens", _SUM
)
WITH_OTHERS: Final = Counted(
    "preview.with_others",
    "one ends together with its kind of reminder, or with its invite",
    "{count} end together with their kind of reminder, or with their invites",
    _SUM,
)
AFTERWARDS: Final = Counted(
    "preview.afterwards", "one more is planned for afterwards", "{count} more are planned for afterwards", _SUM
)
ASKED_ABOUT: Final = Counted(
    "preview.asked_about", "you are asked once about invites", "you are asked {count} times about invites", _SUM
)
PULLED_BACK: Final = Counted(
    "preview.pulled_back", "one invite is pulled back", "{count} invites are pulled back", _SUM
)
MAILED: Final = Counted("preview.mailed", "one digest is mailed", "{count} digests are mailed", _SUM)
EMPTY: Final = Counted(
    "preview.empty",
    "once there is nothing to tell, and no mail comes",
    "{count} times there is nothing to tell, and no mail comes",
    _SUM,
)
NOT_YET: Final = Counted(
    "preview.not_yet",
    "one is not, since no address is known by then",
    "{count} are not, since no address is known by then",
    _SUM,
)
NO_ADDRESS: Final = Text(
    "preview.no_address", "No digest is mailed where no address is known: `rapport.member.joined` brings it."
)
MORE: Final = Counted("preview.more", "and {count} more", "and {count} more", "Ends a list.")
WHEN: Final = Text("preview.when", "when", "Heads a column of the table.")
WHAT: Final = Text("preview.what", "what comes", "Heads a column of the table.")
KIND: Final = Text("preview.kind_heading", "kind", "Heads a column of the table.")
PICTURE: Final = Text(
    "preview.picture",
    "The months from left to right, with a row each for reminders, invites and digests. The table below says the same.",
    "Read out in place of the picture.",
)
LEGEND: Final = Text("preview.legend", "What the marks stand for")
DAY_BY_DAY: Final = Text("preview.day_by_day", "Day by day", "A heading.")
FOOT: Final = Text("preview.foot", "Made by `rapport preview`. Nothing of this has been sent to anybody.")

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

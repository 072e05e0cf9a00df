"""What `rapport why` and `rapport agenda` say: for members, kind and concrete, in one place.

No blame, no scores, no guilt, and no word about how Rapport works inside.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Event(NamedTuple):
    """Words for one type of event. `{name}` is the person, `{it}` what it is about."""

    happened: str
    """A sentence about the past."""
    happens: str
    """The same as what comes, or may come: goes on after "as soon as" and a colon."""


EVENTS: Final[dict[str, Event]] = {
    "rapport.member.joined": Event("You joined.", "you join"),
    "rapport.member.preferences_set": Event("You changed your preferences.", "you wish otherwise in your preferences"),
    "rapport.member.erased": Event("You left, and all that was known of you was deleted.", "you leave"),
    "rapport.invite.sent": Event("You invited {name}.", "you invite {name}"),
    "rapport.invite.received": Event("{name} invited you.", "{name} invites you"),
    "rapport.invite.why_asked": Event("You asked why {name} invited you.", "you ask why {name} invited you"),
    "rapport.invite.why_given": Event("The reason for the invite was given.", "the reason for the invite is given"),
    "rapport.invite.accepted": Event("The invite was accepted.", "the invite is accepted"),
    "rapport.invite.declined": Event("The answer to the invite was no.", "the answer to the invite is no"),
    "rapport.invite.reported": Event("The invite was closed by its receiver.", "its receiver closes the invite"),
    "rapport.invite.withdrawn": Event("The invite was taken back.", "the invite is taken back"),
    "rapport.invite.kept": Event("You chose to keep the invite.", "you choose to keep the invite"),
    "rapport.invite.retraction_approved": Event("You chose to let the invite go.", "you choose to let the invite go"),
    "rapport.contact.connected": Event("You and {name} connected.", "you and {name} connect"),
    "rapport.contact.named": Event("You were told what {name} is called.", "{name} is called otherwise"),
    "rapport.contact.removed": Event("You and {name} parted.", "you and {name} part"),
    "rapport.contact.muted": Event("You asked for no reminders about {name}.", "you ask for no reminders about {name}"),
    "rapport.contact.unmuted": Event(
        "You asked for reminders about {name} again.", "you ask for reminders about {name} again"
    ),
    "rapport.contact.cadence_set": Event(
        "You said how often you wish to be in touch with {name}.", "you say how often you wish to be in touch"
    ),
    "rapport.contact.date_set": Event("You noted a day to remember with {name}.", "you note another day to remember"),
    "rapport.thanks.sent": Event("You thanked {name}.", "you thank {name}"),
    "rapport.message.sent": Event("You wrote to {name}.", "you write to {name}"),
    "rapport.message.received": Event("{name} wrote to you.", "{name} writes to you"),
    "rapport.call.held": Event("You and {name} talked.", "you and {name} talk"),
    "rapport.note.added": Event("You made a note about {name}.", "you make a note about {name}"),
    "rapport.help.received": Event("{name} helped you.", "{name} helps you"),
    "rapport.help.given": Event("You helped {name}.", "you help {name}"),
    "rapport.introduction.made": Event("You introduced {name} to somebody.", "you introduce {name} to somebody"),
    "rapport.meeting.proposed": Event("You suggested to meet {name}.", "you suggest to meet {name}"),
    "rapport.meeting.scheduled": Event("You and {name} agreed on an hour.", "you and {name} agree on an hour"),
    "rapport.meeting.rescheduled": Event(
        "You and {name} agreed on another hour.", "you and {name} agree on another hour"
    ),
    "rapport.meeting.declined": Event("The answer to the suggestion was no.", "the answer to the suggestion is no"),
    "rapport.meeting.cancelled": Event("The meeting was called off.", "the meeting is called off"),
    "rapport.meeting.missed": Event("The meeting fell through.", "the meeting falls through"),
    "rapport.meeting.held": Event("You met {name}.", "you meet {name}"),
    "rapport.meeting.questions_prepared": Event("You prepared your questions.", "you prepare your questions"),
    "rapport.promise.made": Event("You promised {name} something.", "you promise {name} something"),
    "rapport.promise.kept": Event("You kept your promise to {name}.", "you keep your promise"),
    "rapport.promise.released": Event("A promise was let go.", "the promise is let go"),
    "rapport.gathering.attended": Event("You were at a gathering.", "you go to a gathering"),
    "rapport.pursuit.opened": Event("You set out on a pursuit.", "you set out on a pursuit"),
    "rapport.pursuit.step_taken": Event("You took a step.", "you take a step"),
    "rapport.pursuit.closed": Event("You closed a pursuit.", "you close the pursuit"),
    "rapport.import.completed": Event("You brought your contacts along.", "you bring your contacts along"),
    "rapport.followup.requested": Event("You asked to be reminded.", "you ask to be reminded anew"),
    "rapport.followup.done": Event("You said that it is done.", "you say that it is done"),
    "rapport.followup.dismissed": Event("You said that you let it be.", "you say that you let it be"),
    "rapport.followup.snoozed": Event("You asked to hear of it later.", "you ask to hear of it later"),
    "rapport.followup.shown": Event("You were shown the reminder.", "you are shown the reminder"),
    "rapport.rule.quieted": Event(
        "You let this kind of reminder rest, so it comes up no more for now and asks again on {day}: {it}.",
        "this kind of reminder comes up no more for a while, as you let it rest: {it}",
    ),
    "rapport.rule.resumed": Event(
        "This kind of reminder may come up again, as {why}: {it}.", "this kind of reminder may come up again: {it}"
    ),
    "rapport.invite.ignored": Event(
        "The invite had been open for {age}: time to ask whether to let it go.",
        "the invite has been open for {age}: time to ask whether to let it go",
    ),
    "rapport.invite.retraction_proposed": Event(
        "You were asked whether to let the invite go or to keep it.", "you are asked whether to let it go or to keep it"
    ),
    "rapport.invite.retraction_noticed": Event(
        "You were told that the invite will be pulled back on {day}.",
        "you are told on which day it will be pulled back",
    ),
    "rapport.invite.retracted": Event("The invite was pulled back.", "the invite is pulled back"),
    "rapport.invite.expired": Event(
        "The invite was open for {age}, and is taken for closed.",
        "the invite has been open for {age}, and is taken for closed",
    ),
    "rapport.invite.reinvite_allowed": Event("You may invite {name} again.", "you may invite {name} again"),
    "rapport.followup.scheduled": Event("A reminder was planned for {day}: {it}.", "a reminder is planned: {it}"),
    "rapport.followup.rescheduled": Event("The reminder was moved to {day}: {it}.", "the reminder is moved: {it}"),
    "rapport.followup.due": Event("You were reminded: {text}", "you are reminded: {text}"),
    "rapport.followup.completed": Event("That settled the reminder: {it}.", "the reminder is settled: {it}"),
    "rapport.followup.cancelled": Event(
        "With that, the reminder was taken away: {it}.", "the reminder is taken away: {it}"
    ),
    "rapport.followup.lapsed": Event("The reminder was laid to rest: {it}.", "the reminder is laid to rest: {it}"),
    "rapport.digest.prepared": Event(
        "It stood in your digest of {period}.", "your digest of {period} is made and sent"
    ),
    "rapport.digest.sending": Event("The mail was handed over.", "the mail is handed over"),
    "rapport.digest.sent": Event("The mail was taken by your mail server.", "the mail is taken by your mail server"),
    "rapport.digest.unknown": Event(
        "Whether the mail arrived is open. It is sent once at most, so it was left at that.",
        "it is left open whether the mail arrived",
    ),
    "rapport.digest.skipped": Event("There was no mail for {period}: {why}.", "there is no mail for {period}: {why}"),
    "rapport.digest.failed": Event("The mail could not be delivered.", "the mail is given up"),
    "rapport.runtime.parked": Event(
        "Something is out of order on our side. Whoever runs Rapport can see why.", "it is set aside"
    ),
}
"""By type: every event that there is."""
ANY_EVENT: Final = Event("Something happened.", "something happens")
DIGEST_MADE: Final = "Your digest was made."
"""Of the digest itself, where others stand in it."""

CODES: Final[dict[str, str]] = {
    # followups
    "told_late": "it was told too long after it happened, so no reminder came of it: what is long past is left in peace",
    "answered": "it has had its answer",
    "ended": "its reason is gone",
    "no_time_left": "there was no time left for it before the meeting",
    "forbidden_then": "you wished for no such reminder when its day came",
    "gone_quiet": "you let such reminders rest for some weeks, so they come no more for now; they come back when you do what "
    "they ask for, or switch them on again, and some day by themselves to ask once more",
    "enough_open": "there are three people to suggest a meeting to already; it waits until one of them is settled",
    "due": "nothing has answered it",
    "lapses": "it is laid to rest if nothing comes of it, with no further reminder",
    "passed": "its hour falls into your quiet time, so it is taken away unsaid when the meeting begins",
    "snoozed": "you asked to hear of it then",
    "paused": "it waits for the end of your pause",
    "quiet_hours": "it waits for the end of your quiet hours",
    "pushed": "it reaches you at once",
    "for_digest": "it waits for your digest",
    "at_rest": "its hour has passed and your quiet hours have begun, so it waits for your digest",
    "too_late_to_push": "its hour has passed, so it waits for your digest",
    "day_is_full": "you have had as many reminders that day as you wish, so it waits for your digest",
    "completed": "it was done",
    "cancelled": "its reason was gone",
    "called_off": "the meeting was called off",
    "lapsed": "it was laid to rest after its last reminder",
    "at_once": "this was told a moment ago, and is worked on",
    "nothing_yet": "nothing has happened that it would begin with",
    "not_answered": "it was shown for some weeks, and nothing has answered it",
    "rests": "you let it rest; what it asks for, an answer, or the switch in your preferences bring it back before",
    # invites
    "step": "there has been no answer that ends it",
    "not_approved": "you have said nothing about letting it go",
    "let_go": "the invite was let go",
    "kept_for_good": "you chose to keep it for good",
    "approved": "you chose to let it go",
    "policy_ask": "you wish to be asked first",
    "policy_never": "you wish for no invite to be let go",
    "told_one_by_one": "you wish for invites to be pulled back by themselves, each with a notice",
    "not_found_yet": "it has not been open for long enough",
    "found_already": "it has been open for long, and that was noticed",
    "told_already": "you were told of it",
    "not_told_yet": "you will be told first",
    "not_wished": "you said nothing about trying again",
    "invited_again": "you were told that a new invite is possible",
    "met_since": "something has happened between you since",
    "switched_off": "you switched it off",
    "off_unless_wished": "it is off unless you switch it on",
    "nothing_waits": "no invite waits for it",
    "asked_already": "you were asked since your contacts came along",
    "too_few": "there are too few of them for one big question",
    "asked_twice": "you were asked twice, and it is left at that",
    "one_is_open": "another question about invites waits for your answer; one at a time is enough",
    # digest
    "comes": "its day and hour are the ones that you chose",
    "under_way": "the mail is on its way",
    "tried_again": "the mail is tried again, as it could not be delivered at once",
    "given_up": "the mail is given up, and what it told of stands in the next one",
    "digest_off": "you wish for no digest",
    "address_given_up": "mails to your address come back; another address, or a new word about your digest, begins them anew",
    "skipped_empty": "as things stand there is nothing to tell, and then no mail is sent",
    "skipped_paused": "you are in a pause then",
    "skipped_no_address": "no address of yours is known",
    # the shell
    "parked": "something is out of order on our side with this; whoever runs Rapport can see why",
}
"""Why a rule stands as it does: goes on after the name of the rule and a colon."""

RULES: Final[dict[str, str]] = {
    "retract_approved": "letting an invite go as you said",
    "retract_stale": "letting old invites go",
    "review_backlog": "many old invites at once",
    "expire": "invites that close by themselves",
    "reinvite": "inviting somebody again",
    "weekly_digest": "your digest",
}
"""What a rule is about. Those of reminders are named as in the digest."""

HAPPENED: Final = "What happened"
STANDS: Final = "How it stands"
NOTHING_YET: Final = "Nothing yet."
NOTHING_COMES: Final = "Nothing comes of it by itself."
NEXT: Final = "Next, {when}: {what}"
ANY_MOMENT: Final = "any moment now"
ENDS: Final = "Ends as soon as {ends}."
OR: Final = " or "
BECAUSE: Final = "because: {what}"
HELD_BACK: Final = "nothing comes of it: {why}."
OVER: Final = "over since {when}: {why}."
OVER_UNDATED: Final = "over: {why}."
UNREADABLE: Final = "({count} further records about this member could not be read: `rapport dead-letters list`)"
EARLIER: Final = "({count} earlier steps are not shown; --json has them)"

NOW: Final = "Waiting for you"
QUIET_TIMES: Final = "Nothing comes up until {day}."
NO_DIGEST: Final = "No digest comes: {why}."
MEETING: Final = "You meet {name}"
YOUR_DIGEST: Final = "Your digest comes"
YOUR_DIGEST_DAY: Final = "The day of your digest"
INVITE_TO: Final = "your invite to {name}"
KEEP_OR_LET_GO: Final = "Keep your invite to {name}, or let it go"
ASKED_ON: Final = "you were asked on {day}"
TOLD_ON: Final = "told on {day}"
CLAIMED: Final = "its own time, {day}, is not believed: it was told more than a day before"
ASKS_AGAIN: Final = "It went quiet on {since}, and asks again on {day}."
RESUMED: Final = {
    "answered": "you answered one of them",
    "done": "you did what it asks for",
    "switched_on": "you switched it on",
    "rested": "it has rested for long, and asks once more",
}
"""Why a kind of reminder came back."""
MORE: Final = "and {count} more"
SKIPS: Final = {
    "empty": "there was nothing to tell",
    "paused": "you were in a pause",
    "no_address": "no address of yours is known",
}
"""Why there was no mail."""
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

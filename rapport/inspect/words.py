"""What `why` and `rapport agenda` say: for members, kind and concrete, in one place.

They stand in English, as operators read them on the command line; what the API answers is in the member's language.

No blame, no scores, no guilt, and no word about how Rapport works inside.
"""

from __future__ import annotations

from typing import Final

from shared.texts.catalogue import ENGLISH, event_text
from shared.texts.message import Text
from shared.texts.sentences import RESTS

EVENTS: Final = {kind: {field: event_text(kind, field) for field in ("happened", "happens")} for kind in ENGLISH.events}
"""By type: every event that there is, as what happened and as what may come."""
ANY_EVENT: Final = {
    "happened": Text("why.any.happened", "Something happened."),
    "happens": Text("why.any.happens", "something happens"),
}
DIGEST_MADE: Final = Text("why.digest_made", "Your digest was made.")
"""Of the digest itself, where others stand in it."""

_CODE: Final = "Why a reminder comes or not: goes on after a colon, or is a sentence of its own."
_CODES: Final = {
    # followups
    "logged_late": "it came in too long after it happened, so no reminder came of it: what is long past is left in peace",
    "answered": "it has had its answer",
    "ended": "its reason is gone",
    "no_time_left": "there was no time left for it before the meeting",
    "forbidden_then": "you wished for no such reminder when its day came",
    "gone_quiet": f"{RESTS.format(who='you')}; it comes back when you answer one of these, do what they ask for where that "
    "can be seen, or switch them on again, and some day by itself to ask once more",
    "enough_open": "there are three people to suggest a meeting to already; it waits until one of them is settled",
    "passed_over": "you have thanked or written to many others since, so it waits no more; "
    "it can come up again once you write to this person or thank them",
    "due": "nothing has answered it",
    "lapses": "it ends by itself if nothing comes of it, with no further reminder",
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
    "lapsed": "it ended by itself after its last reminder",
    "at_once": "this came in a moment ago, and is being worked on",
    "nothing_yet": "nothing has happened that it would begin with",
    "not_answered": "it was shown for some weeks, and nothing has answered it",
    "rests": "you let it rest; an answer, what it asks for where that can be seen, or the switch in your preferences bring it"
    " back before",
    # invites
    "step": "there has been no answer that ends it",
    "unnamed": "no mail has named it yet; once one has, it is pulled back instead, with the whole notice from that mail",
    "not_approved": "you have said nothing about letting it go",
    "let_go": "the invite was let go",
    "kept_for_good": "you chose to keep it for good",
    "approved": "you chose to let it go",
    "policy_ask": "you wish to be asked first",
    "policy_never": "you wish for no invite to be let go",
    "untold_no_digest": "nothing is pulled back by itself that no mail has named, and you wish for no digest: so you are"
    " asked",
    "untold_no_address": "nothing is pulled back by itself that no mail has named, and there is no address: so you are asked",
    "untold_given_up": "nothing is pulled back by itself that no mail has named, and mails to you were given up: so you are"
    " asked",
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
    "given_up": "the mail is given up, and what was in it comes with the next one",
    "digest_off": "you wish for no digest",
    "address_given_up": "mails to your address come back; another address, or a new word about your digest, begins them anew",
    "skipped_empty": "as things stand there is nothing to tell, and then no mail is sent",
    "skipped_paused": "you are in a pause then",
    "skipped_no_address": "no address of yours is known",
    # the shell
    "parked": "something is out of order on our side with this; whoever runs Rapport can see why",
}
CODES: Final = {
    code: Text(f"why.code.{code}", english, _CODE if code == "logged_late" else "") for code, english in _CODES.items()
}
"""Why a rule stands as it does: goes on after the name of the rule and a colon."""

_RULES: Final = {
    "retract_approved": "letting an invite go as you said",
    "retract_stale": "letting old invites go",
    "review_backlog": "many old invites at once",
    "expire": "invites that close by themselves",
    "reinvite": "inviting somebody again",
    "weekly_digest": "your digest",
}
RULES: Final = {
    rule: Text(f"why.rule.{rule}", english, "What a rule is about: small if nouns are.")
    for rule, english in _RULES.items()
}
"""What a rule is about. Those of reminders are named as in the digest."""

HAPPENED: Final = "What happened"
STANDS: Final = "How it stands"
NOTHING_YET: Final = "Nothing yet."
NOTHING_COMES: Final = "Nothing comes of it by itself."
NEXT: Final = Text(
    "why.next", "Next, {when}: {what}", "{when}: a day and an hour. {what}: what comes then, as `you are reminded: …`."
)
ANY_MOMENT: Final = Text("why.any_moment", "any moment now", "{when} of what comes next.")
ENDS: Final = Text(
    "why.ends", "Ends as soon as {ends}.", "{ends}: what would end a reminder, as `you thank Ada or you write to Ada`."
)
BECAUSE: Final = "because: {what}"
HELD_BACK: Final = Text("why.held_back", "nothing comes of it: {why}.", "{why}: as `you are in a pause`.")
OVER: Final = Text("why.over", "over since {when}: {why}.", "{why}: as `it was done`.")
OVER_UNDATED: Final = Text("why.over_undated", "over: {why}.")
UNREADABLE: Final = "({count} further records about this member could not be read: `rapport dead-letters list`)"
NO_LONGER_KEPT: Final = "What happened is no longer kept."
AS_KEPT: Final = "as far as it is kept"
ENDED: Final = "(What happened before is no longer kept, and counts all the same.)"
"""Where nothing of it is kept."""
BEGINS: Final = "(All is told from {day} on. What happened before is no longer kept, and counts all the same.)"
EARLIER: Final = "({count} earlier steps are not shown; --json has them)"

NOW: Final = "Waiting for you"
QUIET_TIMES: Final = "Nothing comes up until {day}."
NO_DIGEST: Final = "No digest comes: {why}."
YOUR_DIGEST: Final = "Your digest comes"
YOUR_DIGEST_DAY: Final = "The day of your digest"
INVITE_TO: Final = "your invite to {name}"
KEEP_OR_LET_GO: Final = "Keep your invite to {name}, or let it go"
ASKED_ON: Final = "you were asked on {day}"
LOGGED_ON: Final = "came in on {day}"
PRODUCER_TIME: Final = "it is dated {day}, more than a day after it came in, so the time when it came in counts"
ASKS_AGAIN: Final = Text("why.asks_again", "It went quiet on {since}, and asks again on {day}.", "A kind of reminder.")
_RESUMED: Final = {
    "answered": "you answered one of them",
    "done": "you did what it asks for",
    "switched_on": "you switched it on",
    "rested": "it has rested for long, and asks once more",
}
RESUMED: Final = {
    why: Text(f"why.resumed.{why}", english, "Why it may come again.") for why, english in _RESUMED.items()
}
"""Why a kind of reminder came back."""
YOU_LET_REST: Final = Text("why.rests", RESTS.format(who="You"), "The {rests} of a sentence, which it begins.")
SPAN_OF_WEEK: Final = Text("why.week", "week {week}, {year}", "The number of a calendar week, within a sentence.")
ABOUT: Final = Text(
    "why.about",
    " about {name}",
    "Goes on after `You asked to be reminded`; begins with a blank, if the language has them.",
)
"""Goes on after a reminder of the member's own."""
MORE: Final = "and {count} more"
_SKIPS: Final = {
    "empty": "there was nothing to tell",
    "paused": "you were in a pause",
    "no_address": "no address of yours is known",
}
SKIPS: Final = {why: Text(f"why.skips.{why}", english, "Why there was no mail.") for why, english in _SKIPS.items()}
"""Why there was no mail."""
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

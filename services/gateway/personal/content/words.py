"""The words of a member's own pages: `[pages]` of `shared/texts/en.toml`, as texts that have translations.

What the mail says, too, has the key that it has there, so that it is translated once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from services.gateway.projection.apply.people import HAPPENINGS
from shared.contracts import ContactConnected
from shared.contracts.events.table import CODES
from shared.texts.catalogue import ENGLISH, event_text, rule_text
from shared.texts.language import Language, language
from shared.texts.message import Counted, Text

SAME: Final = {
    "open_button": "digest.open_page",
    "done": "digest.done",
    "later": "digest.later",
    "due": "digest.due",
    "bring_back": "digest.again",
    "unknown_title": "page.trouble.404.title",
    "busy_title": "page.trouble.503.title",
    "failed_title": "page.trouble.500.title",
    "failed_lead": "page.trouble.500.lead",
    "meeting_lunch": "followup.kind.lunch",
    "meeting_in_person": "followup.kind.in_person",
    "meeting_phone": "followup.kind.phone",
    "meeting_online": "followup.kind.online",
    "calendar_lunch": "digest.meeting.lunch",
    "left_title": "own.closed_title",
    "person_next": "own.coming",
    "person_remind_button": "own.person_remind",
    "person_touch_button": "own.wishes_save",
    "example_meeting": "followup.kind.lunch",
    "push_all": "why.code.pushed",
    "push_never": "why.code.for_digest",
    "did_rule": "own.did_cadence",
    "did_invites": "own.did_cadence",
}
"""Words that stand under another key already."""
NOTES: Final = {
    "open_title": "A heading: the page that shows all that concerns the member.",
    "late": "Goes on after a sentence that says what was noted.",
    "nothing": "Large, where there is nothing to do.",
    "since": "Beside a name, small: since when it waits. {day} is `yesterday`, `Friday` or `Friday, 4 December`.",
    "later_day": "A button, below `Later`: it comes again tomorrow.",
    "later_week": "A button.",
    "later_month": "A button.",
    "dismiss": "A button: no more of this, without a reproach.",
    "about": "Goes on after the words of a button, for whoever hears the page. {what} is a name or a heading.",
    "waiting": "A heading above invites that nobody has answered.",
    "waiting_sent": "Beside a name. {day} is `yesterday`, `Friday` or `Friday, 4 December`.",
    "let_go": "A button: invites with a tick are pulled back.",
    "going": "A heading above invites that will be pulled back in ten minutes.",
    "keep_after_all": "A button beside one invite.",
    "kept": "A heading above invites that stay open.",
    "let_go_after_all": "A button beside one invite.",
    "noticed": "A heading above invites, each with a day.",
    "noticed_lead": "Below that heading, of one invite or several.",
    "keep_one": "A button beside one invite.",
    "coming": "A heading above days.",
    "lately": "A heading above what was done.",
    "did_done": "`under what was done lately`: the heading `Lately done`.",
    "let_be": "In brackets, beside what the member will not do.",
    "take_back": "A button beside what was done, or let be: it is taken back.",
    "person_since": "{day} is `yesterday`, `Friday` or `Friday, 4 December`.",
    "person_dates": "A heading above birthdays and the like.",
    "person_promised": "A heading above what the member promised.",
    "person_promised_for": "When a promise is due. {day} is `yesterday`, `Friday` or `Friday, 4 December`.",
    "person_promise_kept": "Beside a promise: it was kept.",
    "person_promise_released": "Beside a promise: it is not expected any more.",
    "person_something": "Of a promise, if unsaid.",
    "person_remind": "A heading and a button: the member wants to be reminded.",
    "person_remind_what": "Before a field: the words of the reminder.",
    "person_touch": "A heading above how often the member wishes to be in touch with a person.",
    "person_touch_label": "Before a list of numbers of days.",
    "person_mute": "A button.",
    "with_more": "Ends a title after a name: others are there, too.",
    "wishes_title": "A heading: the member's preferences.",
    "wishes_paused": "{day} is a day and an hour, as `Friday, 09:00`.",
    "wishes_quiet_lead": "{zone} is a name such as Europe/Paris.",
    "wishes_from": "Before a field with an hour.",
    "wishes_to": "Before a field with an hour.",
    "wishes_save": "A button: what was chosen holds from now on.",
    "wishes_policy_ask": "One of three choices about old invites.",
    "wishes_rule_is_off": "Beside a kind of reminder, in brackets.",
    "push_first": "Of a kind of reminder that comes several times.",
    "push_last": "Of a day to remember, of which there are reminders before.",
    "push_bounds": "{most} is a number, 0 or more.",
    "channel": "A heading: an app by which reminders reach the member.",
    "channel_lead": "{telegram} is the form of an address.",
    "channel_now": "{channel} is the name of a service: ntfy, Slack, Discord, Telegram.",
    "channel_given_up": "{channel} as before. It refused what was sent.",
    "channel_address": "Before a field.",
    "address_chars": "{most} is a number.",
    "address_scheme": "{https} and {telegram} are how an address begins.",
    "address_extra": "? and # are signs, and stay as they are.",
    "address_telegram": "{form} is an address.",
    "address_ntfy": "{form} is an address.",
    "address_webhook": "What was typed.",
    "channel_remove": "A button: the channel is forgotten.",
    "example_name": "A name for examples, of the language's own.",
    "example_what": "What somebody promised, in the member's words: within a sentence, small if nouns are.",
    "example_pursuit": "A goal, in the member's words.",
    "example_gathering": "What an event was called.",
    "example_day": "The label of a day to remember.",
    "example_own": "A reminder in the member's words. Lin is a name.",
    "calendar_in_person": "The title of an entry in a calendar.",
    "calendar_promise": "The title of an entry in a calendar. {what}: the member's own words.",
    "calendar_day": "The title of a day in a calendar: whose, and its label, as `Birthday`.",
    "year_title": "A heading: what happened in the last twelve months.",
    "year_words": "A heading above a list by months: the same as the picture, in words.",
    "year_says": "Describes the picture for whoever hears the page.",
    "year_connected": "Explains a sign of the picture: a connection began.",
    "year_met": "Explains a sign of the picture: there was a meeting.",
    "year_other": "Explains a sign of the picture.",
    "nav_import": "The name of a page, short: where files are brought in.",
    "import_waiting": "A heading: what a file holds; nothing of it counts yet.",
    "import_me": "Before a field that may stay empty: the member's own mail address or profile, in that file.",
    "import_look": "A button: the file is read, and nothing counts yet.",
    "import_take": "A button: what the file holds counts from now on.",
    "import_drop": "A button: what was read of the file is deleted.",
    "import_people": "Beside a number.",
    "import_invites": "Beside a number.",
    "import_messages": "Beside a number.",
    "import_meetings": "Beside a number.",
    "import_days": "Beside a number: birthdays and the like.",
    "import_help": "Beside a number: recommendations that were written and received.",
    "import_names": "Begins a list of names.",
    "unread_whose": "Why a file or a line of it is not read, as all that begin so.",
    "left_hidden": "What a file holds that is none of our business, beside a number, as all that begin so.",
    "did_mute": "A line above the page, once it was pressed.",
}
"""For whoever translates, where the words alone do not say where they stand."""
PAGES: Final[Mapping[str, Text]] = {
    name: Text(SAME.get(name, f"own.{name}"), words, NOTES.get(name, "")) for name, words in ENGLISH.pages.items()
}
TOUCH_DAYS: Final = Counted("own.touch_days", "{count} day", "{count} days", "In a list: so long after the last talk.")
NEXT_DAY: Final = Text("digest.moment", "{day}, {clock}")
HAPPENED: Final[Mapping[str, Text]] = {
    kind.TYPE: event_text(kind.TYPE, "happened") for kind in CODES.values() if issubclass(kind, HAPPENINGS)
}
"""What was between the member and a person, by the type of the event."""
CONNECTED: Final = event_text(ContactConnected.TYPE, "happened")
RULES: Final[Mapping[str, Mapping[str, Text]]] = {
    rule: {field: rule_text(rule, field) for field in ("why", "action", "subject", "topic")} for rule in ENGLISH.rules
}


def words_in(lang: Language) -> Mapping[str, str]:
    """Return the words of the pages in a language, by their names: `words_in(lang)["done"]`."""
    return _words_in(lang.tag)


@lru_cache(maxsize=32)
def _words_in(tag: str) -> Mapping[str, str]:
    lang = language(tag)
    return {name: lang(text) for name, text in PAGES.items()}


def of_rule(lang: Language, rule: str | None, field: str) -> str:
    """Return what is said about a rule, with `{name}` in it; empty for one that this version does not know."""
    texts = RULES.get(rule or "")
    return "" if texts is None else lang.form(texts[field])

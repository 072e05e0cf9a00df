"""What a follow-up says in one line: kind and neutral, without blame, counts or comparisons."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.followups.model.state import MEETING, PROMISE
from services.followups.rules.form.case import Case
from shared.calendar import local
from shared.contracts import limits
from shared.texts.catalogue import ENGLISH, rule_text
from shared.texts.language import Language, language
from shared.texts.message import Counted, Text
from shared.texts.plain_text import JOINERS, cut_short
from shared.texts.sentences import NEAR_AT, NEAR_DAYS, REMINDER, SOMEBODY, WEEKDAY_DATE, with_words

NAME_CHARS_MAX: Final = 60
"""How much of a person's name one line holds."""
PLACE_CHARS_MAX: Final = 40
"""How much of the place of a meeting one line holds."""
WHAT_CHARS_MAX: Final = 60
"""How much of the member's own words one line holds, where it says something else, too."""
SHARES: Final = (1.0, 0.6, 0.3)
"""Of these: a language that says it in more words leaves the names less room."""

PURSUIT: Final = Text(
    "followup.pursuit", "What you are after", "Stands for a goal that is not known. Begins a sentence."
)

LINES: Final = {rule: rule_text(rule, "line") for rule, texts in ENGLISH.rules.items() if texts.line}
"""By rule; one that is not here says the member's own words."""
PROMISE_PAST: Final = Text(
    "followup.promise_past",
    "You promised {name}: {what}. It was for {when}.",
    "What `keep_promise` says once the day has come.",
)
PROMISED_SOMETHING: Final = Text(
    "followup.promised_something", "You promised {name} something. It is for {when}.",
    "Of a promise that was made without a word about what.",
)  # fmt: skip
PROMISED_SOMETHING_PAST: Final = Text(
    "followup.promised_something_past",
    "You promised {name} something. It was for {when}.",
    "The same, once it is past.",
)
MEETINGS: Final = {
    "lunch": Text("followup.kind.lunch", "Lunch", "{what} and {kind} of a meeting; {kind} begins small, {what} large."),
    "in_person": Text("followup.kind.in_person", "Meeting"),
    "phone": Text("followup.kind.phone", "Phone call"),
    "online": Text("followup.kind.online", "Online chat"),
}
"""By kind of meeting."""
PLACE: Final = Text("followup.place", ": {place}", "Ends the line of a meeting: where it is.")
DAY_AT: Final = Text("followup.day_at", "{day}, at {clock}", "{when}: `Monday, 23 November, at 12:30`.")
ON_DAY_AT: Final = Text(
    "followup.on_day_at", "on {day}, at {clock}", "The same in a sentence: `lunch with Ada on Monday, …`."
)
PEOPLE: Final = Counted(
    "followup.people", "{name} and one other", "{name} and {count} others", "Several people, of whom one is named."
)


def line(case: Case, at: datetime) -> str:
    """Return what a follow-up says at `at`, in the member's language; a reminder says the member's own words."""
    lang = language(case.view.profile.preferences.locale)
    template = LINES.get(case.rule.name)
    if template is None:
        return _plain(case.what, limits.NAME_CHARS_MAX) or lang(REMINDER)
    text = ""
    for share in SHARES:
        text = _template(template, case, local(at, case.zone), lang, share)
        if len(text) <= limits.NAME_CHARS_MAX:
            return text
    return cut_short(text, limits.NAME_CHARS_MAX)


def _template(template: Text, case: Case, now: datetime, lang: Language, share: float) -> str:
    """Return the line with so much of the room that names and words may have."""
    if case.rule.about == PROMISE:
        return _promise(template, case, now, lang, share)
    plan = case.subject.plan
    place = "" if plan is None else _plain(plan.place, int(PLACE_CHARS_MAX * share))
    what = _what(case, lang, share)
    filled = lang.filled(
        lang.form(template),
        name=_people(case, lang, share),
        what=what,
        kind=what[:1].lower() + what[1:],
        when=_when(case, now, lang),
        place=lang(PLACE, place=place) if place else "",
    )
    return lang.named(filled)


def _promise(template: Text, case: Case, now: datetime, lang: Language, share: float) -> str:
    """Return what was promised to whom, and for when, in the member's own words."""
    request, what = case.subject.request, _plain(case.what, int(WHAT_CHARS_MAX * share)).rstrip(".。")
    assert request is not None
    if request.due < now:
        template = PROMISE_PAST if what else PROMISED_SOMETHING_PAST
    elif not what:
        template = PROMISED_SOMETHING
    day = _day(request.due, now, lang)
    worded = with_words(lang.form(template), what)
    when = f"{day}{lang.comma}{request.due:%H:%M}"
    return lang.filled(worded, name=_people(case, lang, share), what=what, when=when)


def _what(case: Case, lang: Language, share: float) -> str:
    """Return what it is about: the kind of a meeting, else the member's own words, beginning large."""
    if (plan := case.subject.plan) is not None or case.rule.about == MEETING:
        return lang(MEETINGS.get("" if plan is None else plan.kind, MEETINGS["in_person"]))
    words = case.what if case.subject.day is None else lang.day_label(case.what or "")
    return lang.sentence(_plain(words, int(WHAT_CHARS_MAX * share)) or lang(PURSUIT))


def _when(case: Case, now: datetime, lang: Language) -> str:
    """Return when a meeting starts, or a day comes, as somebody would say it at `now`."""
    if (starts_at := case.starts_at) is not None:
        wall = local(starts_at, case.zone)
        form = NEAR_AT if _near(wall, now) else ON_DAY_AT if case.rule.schedule.before else DAY_AT
        return lang(form, day=_day(wall, now, lang), clock=f"{wall:%H:%M}")
    if case.subject.day is not None and (trigger := case.trigger) is not None:
        return _day(case.rule.schedule.base(case, trigger), now, lang)
    return ""


def _people(case: Case, lang: Language, share: float) -> str:
    """Return with whom it is: the name of the first one, as far as it is known, and how many others there are."""
    person = case.subject.person
    if person is None:
        first = next(iter(case.contacts), None)
        person = None if first is None else first.person
    name = _plain("" if person is None else person.name, int(NAME_CHARS_MAX * share))
    name = lang.apart(name) if name else lang(SOMEBODY)
    others = len(case.contact_ids) - 1
    return name if others < 1 else lang.counted(PEOPLE, others, name=name)


def _near(wall: datetime, now: datetime) -> Text | None:
    return NEAR_DAYS.get((wall.date() - now.date()).days)


def _day(wall: datetime, now: datetime, lang: Language) -> str:
    """Return a day as somebody would say it at `now`: `today`."""
    near = _near(wall, now)
    return lang(near) if near else lang(WEEKDAY_DATE, weekday=lang.weekday(wall), date=lang.day_and_month(wall))


def _plain(words: str, chars_max: int) -> str:
    """Return words as one line of what is printed, and of what joins it, shortened where they are too long."""
    shown = "".join(char if char.isprintable() or char in JOINERS else " " for char in words)
    return cut_short(" ".join(shown.split()), chars_max)

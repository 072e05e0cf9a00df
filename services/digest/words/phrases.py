"""The digest's sentences about days, meetings and numbers, put together from `texts.py` in its language."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.digest.content.model import Appointment, DigestContent, Entry, Month
from services.digest.words import texts
from services.digest.words.rule_words import RULES, rule_words
from shared.calendar import local
from shared.texts.language import ENGLISH, Language, language
from shared.texts.plain_text import cut_short, one_line, plain_line, within
from shared.texts.sentences import NEAR_DAYS, REMINDER, with_words

SUBJECT_CHARS_MAX: Final = 120
NAME_CHARS_MAX: Final = 40
"""A longer name is cut in subjects: the end of a long subject is seen by nobody."""
PREHEADER_NAMES_MAX: Final = 3
PROMISES: Final = "keep_promise"
"""The rule whose entries say what was promised."""
DAYS: Final = "remember_date"
"""The rule whose entries say what day it is, and whose."""
_ASKED: Final = ("?", "!", "؟", "？")
"""Marks after which no comma follows."""


def subject(digest: DigestContent) -> str:
    """Say what is in it, and about whom: a subject is the first thing that is read, and often the only one."""
    lang, first = language(digest.locale), _first(digest)
    count = len(digest.due) + digest.due_more + len(digest.meetings) + digest.meetings_more
    if not (digest.due or digest.meetings):
        count = len(digest.coming) + digest.coming_more
    if digest.due and digest.meetings:
        form = texts.SUBJECT_AND_AFTER_QUESTION if within(first).endswith(_ASKED) else texts.SUBJECT_AND
        meeting_on = _on(meeting(digest.meetings[0], lang), digest.meetings[0].at, digest)
        first, count = lang(form, first=first, meeting=_lower(meeting_on, lang)), 1
    if count > 1:
        more = texts.SUBJECT_MORE_AFTER_QUESTION if within(first).endswith(_ASKED) else texts.SUBJECT_MORE
        first = lang.counted(more, count - 1, first=first)
    return short(lang.named(first), SUBJECT_CHARS_MAX, lang)


def preheader(digest: DigestContent) -> str:
    """Name those whom it is about: mail programs show this line beside the subject."""
    names = dict.fromkeys(one.name for one in digest.due if one.name)
    names |= dict.fromkeys(name for one in digest.meetings for name in one.names)
    lang = language(digest.locale)
    shown = tuple(short(name, lang=lang) for name in names)[:PREHEADER_NAMES_MAX]
    return f"{lang.named(texts.people_in_words(shown, len(names), lang))}{lang.full_stop}" if shown else opening(digest)


def opening(digest: DigestContent) -> str:
    """Say how much there is, so that nobody has to look for the end."""
    lang = language(digest.locale)
    due, meetings = len(digest.due) + digest.due_more, len(digest.meetings) + digest.meetings_more
    if not due and (meetings or digest.coming):
        return lang(texts.OPENING_COMING)
    if not due:
        return lang(texts.OPENING_LITTLE)
    what = [lang.counted(texts.THINGS, due, spelled=True)]
    if meetings:
        what.append(lang.counted(texts.MEETINGS_COUNTED, meetings, spelled=True))
    return lang(texts.OPENING[digest.every], What=lang.sentence(lang.listed(what)))


def date_line(digest: DigestContent) -> str:
    """Return the day of the digest, and its week."""
    lang = language(digest.locale)
    on = lang.full_date(local(digest.at, digest.zone).date())
    return on if digest.every == "daily" else f"{lang(texts.WEEK_OF, week=str(int(digest.period[-2:])))} · {on}"


def heading(entry: Entry, lang: Language = ENGLISH) -> str:
    """Say in a few words what a follow-up is about."""
    name = short(entry.name, lang=lang)
    if entry.rule == PROMISES and entry.what:
        return lang(texts.PROMISED, name=name, what=short(_open(entry.what), SUBJECT_CHARS_MAX, lang))
    if entry.rule == DAYS and entry.what and entry.name:
        return lang(texts.DAY_OF, what=short(lang.day_label(entry.what), SUBJECT_CHARS_MAX, lang), name=name)
    if entry.what:
        what = short(words_of(entry, lang), SUBJECT_CHARS_MAX, lang)
        return lang(texts.ABOUT[entry.rule], what=what) if entry.rule in texts.ABOUT else what
    if not entry.name:
        return entry.text or lang(REMINDER)
    return rule_words(entry.rule, name, lang).subject


def words_of(entry: Entry, lang: Language) -> str:
    """Return what a follow-up is about, in the member's own words; of a day to remember, what it is called."""
    return lang.day_label(entry.what) if entry.rule == DAYS else entry.what


def promise(entry: Entry, digest: DigestContent) -> str:
    """Say what was promised, and for when, of an entry that names the person."""
    assert entry.promised_for is not None
    lang = language(digest.locale)
    past, what, when = entry.promised_for < digest.at, _open(entry.what), moment(entry.promised_for, digest)
    if not what:
        return lang(texts.PROMISED_SOMETHING_PAST if past else texts.PROMISED_SOMETHING, when=when)
    return with_words(lang.form(texts.PROMISE_PAST if past else texts.PROMISE), what).format(what=what, when=when)


def met(one: Appointment, lang: Language = ENGLISH) -> str:
    """Say whom a meeting is with."""
    return texts.people_in_words(tuple(short(name, lang=lang) for name in one.names), one.count, lang)


def meeting(one: Appointment, lang: Language = ENGLISH) -> str:
    """Say what a meeting is, and with whom."""
    return texts.meeting_with(one.kind, met(one, lang), lang)


def day(at: datetime, digest: DigestContent) -> str:
    """Return a day as seen from the digest's own: today, tomorrow, a weekday within a week, else the date."""
    return on_day(local(at, digest.zone), digest)


def on_day(wall: datetime, digest: DigestContent) -> str:
    """Return the day of a wall time, as `day` does of an instant."""
    lang, away = language(digest.locale), _away(wall, digest)
    if away in NEAR_DAYS:
        return lang(NEAR_DAYS[away])
    return lang.weekday(wall) if 1 < away < 7 else lang(texts.ON_DATE, date=_date(wall, digest))


def date(at: datetime, digest: DigestContent) -> str:
    """Return a date, with its year where that is another one."""
    return _date(local(at, digest.zone), digest)


def _away(wall: datetime, digest: DigestContent) -> int:
    return (wall.date() - local(digest.at, digest.zone).date()).days


def _date(on: datetime, digest: DigestContent) -> str:
    lang = language(digest.locale)
    return lang.day_and_month(on) if on.year == local(digest.at, digest.zone).year else lang.date(on)


def month(one: Month, lang: Language) -> str:
    """Return the name of a month."""
    return lang.month(one.at)


def moment(at: datetime, digest: DigestContent) -> str:
    """Return a day and the hour on the member's clock."""
    return language(digest.locale)(texts.MOMENT, day=day(at, digest), clock=f"{local(at, digest.zone):%H:%M}")


def sent(at: datetime, digest: DigestContent) -> str:
    """Say when an invite was sent: how long ago, beyond a year the month."""
    lang, days = language(digest.locale), max(1, (digest.at - at).days)
    if days < texts.YEAR_DAYS:
        return texts.sent_ago(days, lang)
    return lang(texts.SENT_IN, month=lang.month_and_year(local(at, digest.zone)))


def _open(text: str) -> str:
    """Return somebody's words without the full stop at their end: the sentence goes on."""
    text = " ".join(text.split())
    words = within(text)
    return text.replace(words, words.rstrip(".。")) if words else ""


def _first(digest: DigestContent) -> str:
    lang = language(digest.locale)
    if digest.due:
        return heading(digest.due[0], lang)
    if digest.meetings:
        return _on(meeting(digest.meetings[0], lang), digest.meetings[0].at, digest)
    if digest.coming:
        return lang(texts.SUBJECT_COMING, first=_lower(heading(digest.coming[0], lang), lang))
    for forms, some, more in (
        (texts.SUBJECT_PROPOSED, digest.proposed, digest.proposed_more),
        (texts.SUBJECT_NOTICED, digest.noticed, digest.noticed_more),
    ):
        if some:
            first = short(some[0].name, lang=lang)
            return lang.sentence(lang.counted(forms, len(some) + more, spelled=True, first=first))
    if digest.month is not None and not digest.quiet:
        if not (digest.month.mine or digest.month.theirs):
            return lang(texts.EXCHANGES)
        return lang(texts.SUBJECT_MONTH, month=month(digest.month, lang))
    return lang(texts.SUBJECT_QUIET)


def _on(what: str, at: datetime, digest: DigestContent) -> str:
    near = _away(local(at, digest.zone), digest) in NEAR_DAYS
    form = texts.SUBJECT_NEAR_DAY if near else texts.SUBJECT_DAY
    return language(digest.locale)(form, first=what, day=day(at, digest))


def _lower(text: str, lang: Language) -> str:
    """Begin small in English: these words stand within a sentence. A member's own words stay as they are.

    Other languages set such headings apart by a mark, so that they may begin as they do.
    """
    forms = (
        *texts.MEETINGS.values(),
        texts.PROMISED,
        *texts.ABOUT.values(),
        *(rule.subject for rule in RULES.values()),
    )
    ours = lang.english and any(text.startswith(form.partition("{")[0] or "{") for form in forms)
    return text[:1].lower() + text[1:] if ours else text


def short(text: str, chars_max: int = NAME_CHARS_MAX, lang: Language = ENGLISH) -> str:
    text = one_line(text)
    if len(text) <= chars_max:
        return text
    return lang.apart(cut_short(plain_line(text), chars_max))  # what was isolated is cut, and isolated anew

"""The digest's sentences about days, meetings and numbers, put together from `texts.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.digest.content.model import Appointment, DigestContent, Entry, Month
from services.digest.words import texts
from services.digest.words.rule_words import RULES, rule_words
from shared.calendar import local
from shared.texts.plain_text import isolated, plain_line
from shared.texts.sentences import sentence, with_words

SUBJECT_CHARS_MAX: Final = 120
NAME_CHARS_MAX: Final = 40
"""A longer name is cut in subjects: the end of a long subject is seen by nobody."""
PREHEADER_NAMES_MAX: Final = 3
PROMISES: Final = "keep_promise"
"""The rule whose entries say what was promised."""
DAYS: Final = "remember_date"
"""The rule whose entries say what day it is, and whose."""
_ASKED: Final = ("?", "!")
"""Marks after which no comma follows."""


def subject(digest: DigestContent) -> str:
    """Say what is in it, and about whom: a subject is the first thing that is read, and often the only one."""
    first = _first(digest)
    count = len(digest.due) + digest.due_more + len(digest.meetings) + digest.meetings_more
    if not (digest.due or digest.meetings):
        count = len(digest.coming) + digest.coming_more
    if digest.due and digest.meetings:
        meeting_on = _lower(_on(meeting(digest.meetings[0]), digest.meetings[0].at, digest))
        first, count = f"{first}{' And' if first.endswith(_ASKED) else ', and'} {meeting_on}", 1
    if count > 1:
        form = texts.SUBJECT_MORE_AFTER_QUESTION if first.endswith(_ASKED) else texts.SUBJECT_MORE
        first = form.format(first=first, count=f"{count - 1:,}")
    return short(first, SUBJECT_CHARS_MAX)


def preheader(digest: DigestContent) -> str:
    """Name those whom it is about: mail programs show this line beside the subject."""
    names = dict.fromkeys(one.name for one in digest.due if one.name)
    names |= dict.fromkeys(name for one in digest.meetings for name in one.names)
    shown = tuple(short(name) for name in names)[:PREHEADER_NAMES_MAX]
    return f"{texts.people_in_words(shown, len(names))}." if shown else opening(digest)


def opening(digest: DigestContent) -> str:
    """Say how much there is, so that nobody has to look for the end."""
    due, meetings = len(digest.due) + digest.due_more, len(digest.meetings) + digest.meetings_more
    if not due and (meetings or digest.coming):
        return texts.OPENING_COMING
    if not due:
        return texts.OPENING_LITTLE
    what = texts.counted(texts.THINGS, due)
    if meetings:
        what = texts.people_in_words((what, texts.counted(texts.MEETINGS_COUNTED, meetings)), 2)
    return texts.OPENING[digest.every].format(What=sentence(what))


def date_line(digest: DigestContent) -> str:
    """Return the day of the digest, and its week."""
    today = local(digest.at, digest.zone).date()
    day = f"{texts.DAYS[today.weekday()]}, {today.day} {texts.MONTHS[today.month - 1]} {today.year}"
    if digest.every == "daily":
        return day
    return f"{texts.WEEK_OF.format(week=int(digest.period[-2:]))} · {day}"


def heading(entry: Entry) -> str:
    """Say in a few words what a follow-up is about."""
    if entry.rule == PROMISES and entry.what:
        return texts.PROMISED.format(name=short(entry.name), what=short(_open(entry.what), SUBJECT_CHARS_MAX))
    if entry.rule == DAYS and entry.what and entry.name:
        return texts.DAY_OF.format(what=short(entry.what, SUBJECT_CHARS_MAX), name=short(entry.name))
    if entry.what:
        what = short(entry.what, SUBJECT_CHARS_MAX)
        return texts.ABOUT[entry.rule].format(what=what) if entry.rule in texts.ABOUT else what
    if not entry.name:
        return entry.text or texts.REMINDER
    return rule_words(entry.rule, short(entry.name)).subject


def promise(entry: Entry, digest: DigestContent) -> str:
    """Say what was promised, and for when, of an entry that names the person."""
    assert entry.promised_for is not None
    past, what, when = entry.promised_for < digest.at, _open(entry.what), moment(entry.promised_for, digest)
    if not what:
        return (texts.PROMISED_SOMETHING_PAST if past else texts.PROMISED_SOMETHING).format(when=when)
    return with_words(texts.PROMISE_PAST if past else texts.PROMISE, what).format(what=what, when=when)


def met(one: Appointment) -> str:
    """Say whom a meeting is with."""
    return texts.people_in_words(tuple(short(name) for name in one.names), one.count)


def meeting(one: Appointment) -> str:
    """Say what a meeting is, and with whom."""
    return texts.meeting_with(one.kind, met(one))


def day(at: datetime, digest: DigestContent) -> str:
    """Return a day as seen from the digest's own: today, tomorrow, a weekday within a week, else the date."""
    return on_day(local(at, digest.zone), digest)


def on_day(wall: datetime, digest: DigestContent) -> str:
    """Return the day of a wall time, as `day` does of an instant."""
    away = (wall.date() - local(digest.at, digest.zone).date()).days
    if away in texts.NEAR_DAYS:
        return texts.NEAR_DAYS[away]
    return texts.DAYS[wall.weekday()] if 1 < away < 7 else _date(wall, digest)


def date(at: datetime, digest: DigestContent) -> str:
    """Return a date, with its year where that is another one."""
    return _date(local(at, digest.zone), digest)


def _date(on: datetime, digest: DigestContent) -> str:
    year = "" if on.year == local(digest.at, digest.zone).year else f" {on.year}"
    return f"{on.day} {texts.MONTHS[on.month - 1]}{year}"


def month(one: Month) -> str:
    """Return the name of a month."""
    return texts.MONTHS[one.at.month - 1]


def moment(at: datetime, digest: DigestContent) -> str:
    """Return a day and the hour on the member's clock."""
    return f"{day(at, digest)}, {local(at, digest.zone):%H:%M}"


def city(zone: str) -> str:
    """Return the place that a zone is named after."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def sent(at: datetime, digest: DigestContent) -> str:
    """Say when an invite was sent: how long ago, beyond a year the month."""
    days = max(1, (digest.at - at).days)
    if days < texts.YEAR_DAYS:
        return texts.SENT_AGO.format(age=texts.age_in_words(days))
    on = local(at, digest.zone)
    return texts.SENT_IN.format(month=texts.MONTHS[on.month - 1], year=on.year)


def _open(text: str) -> str:
    """Return somebody's words without the full stop at their end: the sentence goes on."""
    return " ".join(text.split()).rstrip(".")


def _first(digest: DigestContent) -> str:
    if digest.due:
        return heading(digest.due[0])
    if digest.meetings:
        return _on(meeting(digest.meetings[0]), digest.meetings[0].at, digest)
    if digest.coming:
        return texts.SUBJECT_COMING.format(first=_lower(heading(digest.coming[0])))
    for forms, some, more in (
        (texts.SUBJECT_PROPOSED, digest.proposed, digest.proposed_more),
        (texts.SUBJECT_NOTICED, digest.noticed, digest.noticed_more),
    ):
        if some:
            said = texts.counted(forms, len(some) + more, first=short(some[0].name))
            return sentence(said)
    if digest.month is not None and not digest.quiet:
        return texts.SUBJECT_MONTH.format(month=month(digest.month))
    return texts.SUBJECT_QUIET


def _on(what: str, at: datetime, digest: DigestContent) -> str:
    on = day(at, digest)
    near = on in texts.NEAR_DAYS.values()
    return (texts.SUBJECT_NEAR_DAY if near else texts.SUBJECT_DAY).format(first=what, day=on)


def _lower(text: str) -> str:
    """Begin small: these words stand within a sentence. A member's own words stay as they are."""
    known = (
        *texts.MEETINGS.values(),
        texts.PROMISED,
        *texts.ABOUT.values(),
        *(rule.subject for rule in RULES.values()),
    )
    ours = any(text.startswith(form.partition("{")[0] or "{") for form in known)
    return text[:1].lower() + text[1:] if ours else text


def short(text: str, chars_max: int = NAME_CHARS_MAX) -> str:
    text = " ".join(text.split())
    if len(text) <= chars_max:
        return text
    return isolated(plain_line(text)[: chars_max - 1].rstrip() + "…")  # what was isolated is cut, and isolated anew

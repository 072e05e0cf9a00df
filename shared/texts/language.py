"""A language that members read: how it says our texts, counts, lists people, names days, and which way it runs.

Whatever a language does not say yet is said in English: the whole text, never a part of one. Numbers are written in the
digits 0 to 9, hours as `09:05`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from shared.texts.message import Counted, Text, places
from shared.texts.plain_text import set_apart
from shared.texts.sentences import DAY_LABELS, SOMEBODY
from shared.texts.translations import LOCALES, categories, translations

NUMBERS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
"""How English writes small numbers. Other languages bend such words by gender and case, and are given digits."""
FALLBACKS: Final = {"pt": "pt-BR"}
"""By the first part of a tag: who reads one form of a language reads the other rather than English."""
NUMBERS_KEPT_MAX: Final = 1_000
DATES_KEPT_MAX: Final = 1_000
LOCALES_KEPT_MAX: Final = 1_000
"""What was found out of numbers, days and members' locales, and is asked for again with each mail of a morning."""
HEADER_CHARS_MAX: Final = 200
"""How much of a browser's `Accept-Language` is read: browsers name what is wished most first."""
_SPANISH_I: Final = re.compile("h?[iíyI](?![aeoAEO])", re.IGNORECASE)
"""How a word begins before which Spanish says `e` for `y`: Babel's lists do not know it."""
_SPANISH_O: Final = re.compile("h?[oóOÓ]", re.IGNORECASE)
"""How a word begins before which Spanish says `u` for `o`."""
_FIRST: Final = re.compile(r"(?<!\d)1(?= )")
_FIRST_OF_MONTH: Final = {"fr": "1er", "pt-BR": "1º"}
"""What languages write for the first of a month: CLDR has `1 décembre`."""
_AT_ONE: Final = {"es": ("a las ", "a la "), "it": ("alle ", "all'"), "pt-BR": ("às ", "à ")}
"""What languages say before hours, and before the first one, which is singular there: `a la 01:00`."""
_AROUND: Final = " \u2068\u2069"
"""What may stand around a label: it is set apart where the line runs the other way."""
_WITH_TITLE: Final = re.compile("(?:さん|様|先生|[0-9]名)\u2069?$")
"""How a Japanese name ends that takes no `さん`: with a title of its own, or with so many others."""


class Language:
    """One language. Made by `language`."""

    def __init__(self, tag: str) -> None:
        self.tag: Final = tag
        self.english: Final = tag == "en"
        self._locale: Final = Locale("en", "GB") if self.english else Locale.parse(LOCALES[tag])
        self.right_to_left: Final = self._locale.text_direction == "rtl"
        self._translated_forms: Final = dict[str, tuple[str, ...]]()

    @property
    def comma(self) -> str:
        """What stands between two things that are only set beside each other."""
        return {"ar": "، ", "ja": "、"}.get(self.tag, ", ")

    @property
    def colon(self) -> str:
        """What stands between a day and what is on it."""
        return {"fr": "\u00a0: ", "ja": "："}.get(self.tag, ": ")

    @property
    def semicolon(self) -> str:
        """What stands between parts of a sentence that are only set beside each other."""
        return {"ar": "؛ ", "ja": "、"}.get(self.tag, "; ")

    @property
    def full_stop(self) -> str:
        return "。" if self.tag == "ja" else "."

    @property
    def between(self) -> str:
        """What stands between two sentences."""
        return "" if self.tag == "ja" else " "

    def __call__(self, text: Text, /, **named: str) -> str:
        """Return a text with its places filled."""
        return self.filled(self.form(text), **named) if named else self.form(text)

    def form(self, text: Text) -> str:
        """Return a text with its places as they are."""
        return str(text) if self.english else self._forms(text.key, (text,))[0]

    def filled(self, form: str, /, **named: str) -> str:
        """Return a form with its places filled. A `name` that is a title, or whose owner has one, takes no other."""
        name = named.get("name", "")
        if self.tag in _AT_ONE and named.get("clock", "").startswith("01:"):
            several, one = _AT_ONE[self.tag]
            form = form.replace(several + "{clock}", one + "{clock}")
        if self.tag == "ja" and (name.endswith(self(SOMEBODY)) or _WITH_TITLE.search(name)):
            form = form.replace("{name}さん", "{name}")
        return form.format(**named)

    def counted(self, text: Counted, count: int, /, *, spelled: bool = False, **named: str) -> str:
        """Return a text about so many things; `spelled`: with a small number as a word, where that can be."""
        if self.english:
            form, number = (text.one if count == 1 else text.other), self.number(count)
            if spelled and count < len(NUMBERS):
                number = NUMBERS[count]
        else:
            forms, number = self._forms(text.key, (text.one, text.other)), self.number(count)
            if forms == (text.one, text.other):
                return language("en").counted(text, count, spelled=spelled, **named)
            form = forms[categories(self.tag).index(self._locale.plural_form(count))]
        return self.filled(form, count=number, **named)

    def day_label(self, label: str) -> str:
        """Return what a day to remember is called; English leaves it as it was told."""
        text = None if self.english else DAY_LABELS.get(label.strip(_AROUND).casefold())
        return label if text is None else self(text)

    def number(self, count: int) -> str:
        """Return a whole number, in groups of digits where it is large."""
        return _number(self._locale, count)

    def listed(self, parts: Sequence[str]) -> str:
        """Return some things as the language lists them: `Ada, Grace and Lin`."""
        joined = format_list(parts, locale=self._locale)
        if self.tag == "es" and len(parts) > 1 and _SPANISH_I.match(parts[-1].lstrip("\u2068“«")):
            joined = f"{joined.removesuffix(f'y {parts[-1]}')}e {parts[-1]}"
        return joined

    def either(self, parts: Sequence[str]) -> str:
        """Return some things of which one is enough: `a, b or c`."""
        joined = format_list(parts, style="or", locale=self._locale) if parts else ""
        if self.tag == "es" and len(parts) > 1 and _SPANISH_O.match(parts[-1].lstrip("\u2068“«")):
            joined = f"{joined.removesuffix(f'o {parts[-1]}')}u {parts[-1]}"
        return joined

    def sentence(self, text: str) -> str:
        """Return a text as the beginning of a sentence."""
        return ("İ" if self.tag == "tr" and text[:1] == "i" else text[:1].upper()) + text[1:]

    def named(self, text: str) -> str:
        """Return a text that may begin with a name: names keep their letters, what stands for one begins a sentence."""
        return self.sentence(text) if text.startswith(self(SOMEBODY)) else text

    def upper(self, text: str) -> str:
        """Return a text in large letters."""
        return (text.replace("i", "İ") if self.tag == "tr" else text).upper()

    def apart(self, text: str) -> str:
        """Return somebody's words so that they keep to their place, whichever way they and the language run."""
        return set_apart(text, right_to_left=self.right_to_left)

    def full_date(self, on: dt.date) -> str:
        """Return a date with its weekday and year."""
        return self._dated(_formatted(on, "EEEE, d MMMM y" if self.english else "full", self._locale))

    def day_and_month(self, on: dt.date) -> str:
        if self.english:
            return f"{on.day} {self.month(on)}"
        return self._dated(format_skeleton("MMMMd", on, locale=self._locale))

    def date(self, on: dt.date) -> str:
        """Return a date with its year."""
        return self._dated(format_date(on, "d MMMM y" if self.english else "long", locale=self._locale))

    def short_date(self, on: dt.date) -> str:
        """Return a date with its weekday and year, shortened: `Mo., 23. Nov. 2026`."""
        return format_skeleton("yMMMEd", on, locale=self._locale)

    def span(self, days: int) -> str:
        """Return a number of days as somebody would say it: from two weeks on in weeks, then in months, then in years."""
        spans = (("day", 1, 14), ("week", 7, 60), ("month", 30.44, 365), ("year", 365.25, days + 1))
        unit, length = next((unit, length) for unit, length, below in spans if days < below)
        span = format_unit(round(days / length), f"duration-{unit}", locale=self._locale)
        return span.replace(" ", "") if self.tag == "ja" else span

    def weekday(self, on: dt.date) -> str:
        return format_date(on, "EEEE", locale=self._locale)

    def month(self, on: dt.date) -> str:
        """Return the name of a month by itself."""
        return format_date(on, "LLLL", locale=self._locale)

    def month_and_year(self, on: dt.date) -> str:
        return format_skeleton("yMMMM", on, locale=self._locale)

    def short_month(self, on: dt.date) -> str:
        """Return a month and its year, shortened as far as it goes: `Nov 26`."""
        return format_date(on, "LLL yy", locale=self._locale)

    def city(self, zone: str) -> str:
        """Return the place that a zone is named after, as the language calls it: `Tokio`."""
        if self.english:
            return zone.rsplit("/", 1)[-1].replace("_", " ")
        return get_timezone_location(zone, locale=self._locale, return_city=True)

    def _dated(self, date: str) -> str:
        first = _FIRST_OF_MONTH.get(self.tag)
        return date if first is None else _FIRST.sub(first, date, count=1)

    def _forms(self, key: str, english: tuple[str, ...]) -> tuple[str, ...]:
        """Return the forms of a text; the English ones where there are none, or they name other places."""
        found = self._translated_forms.get(key)
        if found is None:
            found = self._translated_forms[key] = self._translated(key, english)
        return found

    def _translated(self, key: str, english: tuple[str, ...]) -> tuple[str, ...]:
        translation = translations(self.tag).get(key)
        if translation is None or fault(self.tag, translation.forms, english):
            return english
        return translation.forms


def fault(tag: str, forms: tuple[str, ...], english: tuple[str, ...]) -> str:
    """Say what is wrong with the forms of a text in a language; empty: nothing.

    A form of a plural may leave out the number, where a word says it, and what English leaves out in one of its two.
    """
    wanted = 1 if len(english) == 1 else len(categories(tag))
    if not forms or not any(forms):
        return "is missing"
    if len(forms) != wanted or not all(forms):
        return f"has {len([form for form in forms if form])} of {wanted} forms"
    wanted_places = [_places(form) for form in english]
    named = frozenset[str]().union(*wanted_places)
    needed = named.intersection(*wanted_places) - ({"count"} if len(english) > 1 else set())
    for form in forms:
        try:
            other = _places(form)
        except ValueError as error:
            return f"has braces that can not be read: {error}"
        if not needed <= other <= named:
            return f"names {sorted(other)}, and English names {sorted(named)}"
    return ""


def _places(form: str) -> frozenset[str]:
    """Return the places of a form. A language may begin a sentence with a `kind`, which is then `{what}`."""
    return frozenset("what" if name == "kind" else name for name in places(form))


@lru_cache(maxsize=DATES_KEPT_MAX)
def _formatted(on: dt.date, form: str, locale: Locale) -> str:
    return format_date(on, form, locale=locale)


@lru_cache(maxsize=NUMBERS_KEPT_MAX)
def _number(locale: Locale, count: int) -> str:
    return format_decimal(count, locale=locale)


@lru_cache(maxsize=LOCALES_KEPT_MAX)
def tag_of(locale: str) -> str:
    """Return the tag of the language in which a member reads whose `locale` that is; `en` where it is none of ours."""
    tags = {tag.lower(): tag for tag in ("en", *LOCALES)}
    parts = locale.replace("_", "-").lower().split("-")
    for length in range(len(parts), 0, -1):
        if (tag := tags.get("-".join(parts[:length]))) is not None:
            return tag
    return FALLBACKS.get(parts[0], "en")


def asked_for(header: str) -> Language:
    """Return the language that a browser asks for first of those that there are, by its `Accept-Language`."""
    wanted = [part.partition(";")[0].strip() for part in header[:HEADER_CHARS_MAX].split(",")]
    spoken_for = (tag_of(one) for one in wanted if one[:2].lower() == "en" or tag_of(one) != "en")
    return language(next(spoken_for, "en"))


def language(locale: str) -> Language:
    """Return the language for a member's `locale`, a BCP 47 tag."""
    return _language(tag_of(locale))


@lru_cache(maxsize=len(LOCALES) + 1)
def _language(tag: str) -> Language:
    return Language(tag)


ENGLISH: Final = language("en")

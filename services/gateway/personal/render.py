"""A member's own pages as HTML. Pure: no script, no picture, nothing from elsewhere; one style sheet for all of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.gateway.choice import FORM, ONE, REST
from services.gateway.personal.content.import_reasons import left_kinds, unread_kind
from services.gateway.personal.content.person import PersonPage
from services.gateway.personal.content.today import Today
from services.gateway.personal.content.wishes import PAUSES_DAYS, Wishes
from services.gateway.personal.content.words import PAGES, TOUCH_DAYS, words_in
from services.gateway.personal.content.year import Year
from services.gateway.personal.importing import ImportPage
from services.gateway.render import personal_style
from shared.delivery.channels.reasons import ADDRESS_CHARS_MAX, AddressFault
from shared.texts.brand import Brand
from shared.texts.language import ENGLISH, Language

FORMS: Final = {"telegram": "tgram://BOT-TOKEN/CHAT", "ntfy": "https://SERVER/TOPIC"}
"""Addresses of channels, as a wrong one is answered."""
LATER: Final = ("later_day", "later_week", "later_month")


class Frame(NamedTuple):
    """What stands around a page."""

    home: str
    """The path of the first page."""
    here: str = ""
    """The path of this one, to which its forms go."""
    mark: str = ""
    made: str = ""
    """When it was shown."""
    did: str = ""
    """What was clicked before."""
    late: bool = False
    """Whether the page does not know of it yet."""
    calendars: str = ""
    """The address of calendar feeds, before their tokens."""
    lang: Language = ENGLISH
    imports: bool = False
    """Whether files can be imported here."""
    channels: bool = False
    """Whether a channel can be named here."""


class Pages:
    """Makes pages under a brand."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand

    def ask(self, frame: Frame) -> str:
        """Return the page that lets in."""
        return self._made("open", frame, title=frame.lang(PAGES["open_title"]))

    def trouble(self, what: str, frame: Frame) -> str:
        """Return the page of what went wrong, or of the end of a visit."""
        return self._made(
            "trouble", frame, title=frame.lang(PAGES[f"{what}_title"]), lead=frame.lang(PAGES[f"{what}_lead"])
        )

    def address(self, fault: AddressFault, frame: Frame) -> str:
        """Return the page that says what is wrong with the address of a channel."""
        lang = frame.lang
        places = {"most": lang.number(ADDRESS_CHARS_MAX), "https": lang.apart("https://")}
        places |= {"telegram": lang.apart("tgram://"), "form": lang.apart(FORMS.get(fault, ""))}
        says = words_in(lang)[f"address_{fault}"].format(**places)
        return self._made(
            "trouble",
            frame,
            title=lang(PAGES["refused_title"]),
            lead=lang.between.join((says, lang(PAGES["refused_lead"]))),
        )

    def today(self, shown: Today, frame: Frame) -> str:
        """Return the first page."""
        lang = frame.lang
        title = lang(PAGES["hello"], name=lang.apart(shown.name)) if shown.name else lang(PAGES["hello_nameless"])
        return self._made("today", frame, title=title, shown=shown)

    def person(self, shown: PersonPage, frame: Frame) -> str:
        """Return the page about a person."""
        cadences = [(count, frame.lang.counted(TOUCH_DAYS, count)) for count in shown.cadences]
        return self._made("person", frame, title=shown.name, shown=shown, cadences=cadences)

    def wishes(self, shown: Wishes, frame: Frame) -> str:
        """Return the page of preferences."""
        return self._made("wishes", frame, title=frame.lang(PAGES["wishes_title"]), shown=shown, pauses=PAUSES_DAYS)

    def year(self, shown: Year, frame: Frame) -> str:
        """Return the page of the last twelve months."""
        return self._made("year", frame, title=frame.lang(PAGES["year_title"]), shown=shown)

    def importing(self, shown: ImportPage, frame: Frame) -> str:
        """Return the page of imports."""
        lang = frame.lang
        counts = [(lang(PAGES[f"import_{word}"]), lang.number(count)) for word, count in shown.counts]
        left = left_kinds(shown.status.left_out) if shown.status is not None else {}
        left_out = [(lang(PAGES[f"left_{kind}"]), lang.number(count)) for kind, count in left.items()]

        def says(reason: str) -> str:
            return lang(PAGES[f"unread_{unread_kind(reason)}"])

        title = lang(PAGES["import_title"])
        return self._made("import", frame, title=title, shown=shown.status, counts=counts, left_out=left_out, says=says)

    def _made(self, name: str, frame: Frame, **more: Any) -> str:
        t = words_in(frame.lang)
        notice = t.get(f"did_{frame.did}", "")
        return (
            _environment()
            .get_template(f"{name}.html.j2")
            .render(
                t=t, frame=frame, brand=self._brand, style=personal_style(self._brand), notice=notice, later=LATER,
                fields={"form": FORM, "one": ONE, "rest": REST}, **more,
            )
        )  # fmt: skip


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("services.gateway.personal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

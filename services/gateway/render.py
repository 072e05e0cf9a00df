"""The pages, as HTML. Pure: the same question gives the same page. No script, no picture, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from services.gateway import words
from services.gateway.words import Asked
from shared.links import FOLLOWUP_LINK_DAYS, Link, ToDigest, Verb

_STYLE: Final = files("services.gateway.pages").joinpath("page.css").read_text("utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def ask(verb: Verb, token: str, link: Link) -> str:
    """Return the page that a link opens: it asks, and its button acts."""
    return _page(words.ASK[verb], link, action=_action(verb, token), button=words.ASK[verb].button)


def did(verb: Verb, token: str, link: Link) -> str:
    """Return the page that says what was done, with the way back where there is one."""
    undo = words.UNDO.get(verb)
    if undo is None:
        return _page(words.DID[verb], link)
    return _page(words.DID[verb], link, action=_action(undo, token), button=words.ASK[undo].button)


def trouble(status: int) -> str:
    """Return the page for what went wrong. It tells nothing of the link that led there."""
    return _page(words.TROUBLE.get(status, words.TROUBLE[500]))


def _action(verb: Verb, token: str) -> str:
    """Return where a form goes: seen from the page itself, so that it holds behind any proxy."""
    return f"../{verb}/{token}"


def _page(said: Asked, link: Link | None = None, action: str = "", button: str = "") -> str:
    how = words.HOW_OFTEN[link.every] if isinstance(link, ToDigest) else ""
    return _template().render(
        title=said.title,
        about="" if link is None or isinstance(link, ToDigest) else link.about,
        lead=said.lead.format(how=how, days=FOLLOWUP_LINK_DAYS),
        action=action,
        button=button,
        close="" if action or link is None else words.CLOSE,
        style=_STYLE,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = PackageLoader("services.gateway", "pages")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2")

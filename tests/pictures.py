"""Pictures of the digest, of pages behind its links and of a look ahead, for `docs/`: `.venv/bin/python -m tests.pictures`.

They are taken of fixed samples.

Needs Chromium, pngquant and letters for Japanese (Debian's chromium, pngquant, fonts-ipafont-gothic). Beside the pictures
stands the fingerprint of what they show, so that a test can tell when they are out of date, without a browser, too.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from rapport.preview.look import Look
from rapport.preview.page import page
from rapport.preview.story import Story
from services.digest.content.model import Appointment, DigestContent, Entry, Note, Quiet, RetractionEntry
from services.digest.words import phrases
from services.digest.words.links import Answers, Choice, Links
from services.digest.words.render import Mail, render
from services.gateway import render as pages
from shared.contracts import (
    Contact,
    ContactConnected,
    DigestFailed,
    DigestPrepared,
    DigestSent,
    Event,
    EventData,
    FollowupDue,
    FollowupScheduled,
    InviteIgnored,
    InviteReinviteAllowed,
    InviteRetracted,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    RuleQuieted,
    RuleResumed,
)
from shared.contracts.events.own.digest import DigestItem
from shared.contracts.events.own.retraction import ProposedInvite
from shared.links import NamedFollowup, NamedInvite, ToFollowups, ToInvites
from shared.texts.brand import Brand
from shared.texts.translations import LOCALES
from tests.operator_pictures import operator_pages
from tests.page_pictures import own_pages

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
FINGERPRINT = FOLDER / "digest.sha256"
PAGES_FINGERPRINT = FOLDER / "pages.sha256"
OWN_FINGERPRINT = FOLDER / "own.sha256"
OPERATE_FINGERPRINT = FOLDER / "operate.sha256"
PREVIEW_FINGERPRINT = FOLDER / "preview.sha256"
LANGUAGES_FINGERPRINT = FOLDER / "languages.sha256"
AT = datetime(2026, 11, 23, 7, tzinfo=UTC)
DAY = timedelta(days=1)
SECONDS_MAX = 60
OTHERS = ("Bea Wolf", "Carl Otto", "Dana Petrov", "Eli Novak", "Femke de Boer", "Gil Amsel")
COLOURS = 64
"""Enough for letters on a plain ground, and a third of the bytes."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-lcd-text", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


class Shot(NamedTuple):
    """One picture: how wide and high the screen is, and whether it is dark."""

    name: str
    width: int
    height: int
    dark: bool = False


SHOTS = (
    Shot("digest-desktop", 720, 2580),
    Shot("digest-phone", 390, 2960),
    Shot("digest-phone-dark", 390, 2960, dark=True),
)
OWN_SHOTS = (
    Shot("own-today", 1180, 1180), Shot("own-today-phone", 390, 1640), Shot("own-today-dark", 1180, 1180, dark=True),
    Shot("own-person", 1180, 1160), Shot("own-preferences", 1180, 1260),
    Shot("own-year", 1180, 900), Shot("own-year-phone-dark", 390, 1500, dark=True), Shot("own-import", 1180, 900),
)  # fmt: skip
OPERATE_SHOTS = (
    Shot("operate-services", 1280, 700), Shot("operate-services-phone", 360, 900), Shot("operate-service", 1280, 1200),
    Shot("operate-checks-phone", 360, 820), Shot("operate-letters", 1280, 620), Shot("operate-letters-phone", 360, 980),
)  # fmt: skip
PAGE_SHOTS = (Shot("page-more", 390, 600), Shot("page-let-go", 390, 840), Shot("page-let-go-dark", 390, 840, dark=True))
LINKS = Links(
    "https://rapport.example/unsubscribe/t",
    lambda key, _about: Answers(f"https://rapport.example/done/{key}", f"https://rapport.example/later/{key}"),
    lambda rule, _about: f"https://rapport.example/again/{rule}",
    lambda _rest, _more: "https://rapport.example/more/t",
    lambda _shown, _proposal, _more: Choice("https://rapport.example/let-go/t", "https://rapport.example/keep/t"),
)
LANGUAGE_SHOTS = tuple(Shot(f"language-{tag}", 390, 1000) for tag in LOCALES)
BRAND = Brand(product_url="https://product.example/{contact}", preferences_url="https://product.example/me")
PREVIEW_SHOTS = (Shot("preview", 1180, 900), Shot("preview-dark", 1180, 900, dark=True))


def look_ahead() -> Look:
    """Return a look ahead that has every mark."""
    begin = datetime(2026, 1, 5, tzinfo=UTC)

    def event(day: float, data: EventData) -> Event:
        at = begin + day * DAY
        return Event(f"{data.TYPE}/{day:g}", "ada", at, at, data)

    def due(day: float, rule: str, text: str, *, push: bool = False) -> Event:
        named = f"contact/x/{rule}/{day:g}"
        at = begin + day * DAY
        return event(day, FollowupDue(followup_id=named, rule=rule, attempt=1, due_at=at, push=push, text=text))

    names = ("Zoé Moreau", "Kwame Mensah", "Priya Nair", "Lin Zhou", "Omar Haddad")
    people = [Contact(id=f"c{number}", name=name) for number, name in enumerate(names)]
    about = [{"invite_id": f"i{number}", "contact_id": one.id} for number, one in enumerate(people)]
    asked = [ProposedInvite(invite_id=f"i{number}", contact=people[number], sent_at=begin) for number in (1, 2)]
    later = {"followup_id": "reminder/r", "rule": "own_reminder", "due_at": begin + 400 * DAY, "zone": "UTC",
             "due_local": datetime(2027, 2, 9), "what": "Ask Lin about the spring fair",  # noqa: DTZ001 - a wall time
             "because": {"id": "x", "type": "rapport.followup.requested"}}  # fmt: skip
    said = [
        due(1.4, "thank", "Say thank you to Zoé Moreau: what drew you to each other?"),
        due(33.4, "own_reminder", "Send Lin the book list", push=True),
        due(52.4, "second_meeting", "Some weeks ago you talked with Omar Haddad: would you like to talk again?"),
        event(60.4, RuleQuieted(rule="say_why", asks_again_at=begin + 240 * DAY)),
        event(90.5, InviteIgnored(**about[1], age_days=90)),
        event(90.6, InviteRetractionProposed(proposal_id="p", invites=tuple(asked), oldest_days=90, attempt=1)),
        event(150.5, InviteRetractionNoticed(**about[2], retract_at=begin + 157 * DAY)),
        event(157.5, InviteRetracted(invite_id="i2", contact_id="c2", age_days=97, by="rule")),
        event(178.5, InviteReinviteAllowed(**about[2])),
        event(200.4, FollowupScheduled.model_validate(later)),
        event(240.4, RuleResumed(rule="say_why", why="rested")),
        event(213.4, DigestFailed(digest_id="d", period="2026-W32", attempt=1, reason="refused", permanent=True)),
    ]
    for week in (0, 1, 4, 7, 12, 13, 22, 23, 31, 40):
        period, day = f"2026-W{week + 2:02d}", 7 * week + 7.34
        item = DigestItem(kind="due", name=names[week % len(names)])
        said.append(event(day, DigestPrepared(digest_id="d", period=period, items=(item,), due_at=begin)))
        said.append(event(day, DigestSent(digest_id="d", period=period, message_id="<m>")))
    told = [event(-1, ContactConnected(contact=person)) for person in people]
    story = Story("Ada Adler", begin, begin + 365 * DAY, told)
    return Look(story, sorted(said, key=lambda one: one.time), [(begin, "UTC")])


def mail_with_links() -> Mail:
    """Return the sample as it is where there are links."""
    return render(sample(), LINKS, BRAND)


def mails_in_languages() -> dict[str, Mail]:
    """Return the sample in each language, by the names of their pictures."""
    return {f"language-{tag}": render(replace(sample(), locale=tag), LINKS, BRAND) for tag in LOCALES}


def linked_pages() -> dict[str, str]:
    """Return the pages that are shown, by the names of their pictures without `-dark`."""
    told, at = sample(), int(AT.timestamp())
    rest = tuple(NamedFollowup(one.followup_id, phrases.heading(one)) for one in told.due_rest)
    listed = tuple(NamedInvite(one.invite_id, one.name) for one in (*told.proposed, *told.proposed_rest))
    return {
        "page-more": pages.ask("more", "t", ToFollowups("ada", rest, 0, at, at), pages.Look(BRAND)),
        "page-let-go": pages.ask("let-go", "t", ToInvites("ada", listed, "p", 3, at), pages.Look(BRAND)),
    }


def sample() -> DigestContent:
    """Return a digest that has everything a digest can have."""
    zoe = Note(
        AT - 11 * DAY, "Met at the compiler meetup. Collects clocks, and knows everybody in Lyon's robotics scene."
    )
    return DigestContent(
        name="Ada Adler",
        period="2026-W48",
        zone="Europe/Paris",
        at=AT,
        due=(
            Entry("c1/thank", "thank", "c1", "Zoé Moreau", AT, headline="Robotics engineer at Atelier Nord", note=zoe),
            Entry("c2/touch", "stay_in_touch", "c2", "Kwame Mensah", AT - DAY, headline="Head of data at Harbour",
                  note=Note(AT - 95 * DAY, "Moving to Ghent in the autumn. Ask how the children like it.")),
            Entry("c3/no", "no_answer_yet", "c3", "Priya Nair", AT - DAY, headline="Product lead at Fernway"),
            Entry("r1", "own_reminder", "c4", "Lin Zhou", AT + timedelta(hours=2), what="Send Lin the book list"),
        ),
        due_more=3,
        due_rest=(
            Entry("c7/thank", "thank", "c7", "Clara Alvarez", AT),
            Entry("c8/second", "second_meeting", "c8", "Jun Park", AT),
            Entry("c9/back", "give_back", "c9", "Hanna Lindqvist", AT),
        ),
        meetings=(
            Appointment("m1", "c4", ("Lin Zhou",), 1, "lunch", AT + 3 * DAY + timedelta(hours=4, minutes=30),
                        "Europe/Paris", "Café Luna", Note(AT - 6 * DAY, "She is looking for a first hire."), prepare=True),
            Appointment("m2", "c5", ("Omar Haddad",), 1, "online", AT + 4 * DAY + timedelta(hours=9),
                        "America/New_York"),
        ),
        coming=(
            Entry(
                "c6/promise", "keep_promise", "c6", "Sara Lund", AT + 2 * DAY, what="the reading list",
                promised_for=AT + 2 * DAY + timedelta(hours=4),
            ),
        ),
        proposed=(
            RetractionEntry("i1", "p1", "Tom Berger", AT - 548 * DAY),
            RetractionEntry("i2", "p2", "Mei Tanaka", AT - 203 * DAY),
            RetractionEntry("i3", "p3", "Jonas Lindqvist", AT - 97 * DAY),
        ),
        proposed_more=9,
        proposed_rest=tuple(
            RetractionEntry(f"i{4 + n}", f"q{n}", name, AT - (96 - n) * DAY) for n, name in enumerate(OTHERS)
        ),
        proposed_at=AT,
        proposal_id="p",
        quiet=(Quiet("say_why", AT - DAY),),
    )  # fmt: skip


def fingerprint(mail: Mail) -> str:
    """Return what tells one mail from another."""
    return fingerprint_of(f"{mail.subject}\n{mail.html}")


def fingerprint_of(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def take(shot: Shot, html: str, browser: str) -> None:
    """Take one picture. The page stands in a frame, since a window can not be as narrow as a phone."""
    with tempfile.TemporaryDirectory() as folder:
        page, frame = Path(folder, "mail.html"), Path(folder, "frame.html")
        page.write_text(html, encoding="utf-8")
        frame.write_text(
            '<!DOCTYPE html><meta name="color-scheme" content="light dark"><body style="margin:0">'
            f'<iframe src="mail.html" style="border:0;width:{shot.width}px;height:{shot.height}px"></iframe>',
            encoding="utf-8",
        )
        command = [
            browser, *FLAGS, f"--user-data-dir={folder}/browser", f"--window-size={shot.width},{shot.height}",
            f"--blink-settings=preferredColorScheme={0 if shot.dark else 1}",
            f"--screenshot={folder}/shot.png", frame.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS_MAX)
        smaller = [
            "pngquant",
            "--force",
            "--nofs",
            "--output",
            f"{FOLDER / shot.name}.png",
            str(COLOURS),
            f"{folder}/shot.png",
        ]
        subprocess.run(smaller, check=True, capture_output=True, timeout=SECONDS_MAX)


def main() -> int:
    """Take all pictures, and leave the fingerprint beside them."""
    browser = shutil.which("chromium")
    if browser is None or shutil.which("pngquant") is None:
        sys.stderr.write("needs chromium and pngquant on the path\n")
        return 1
    mail, shown = mail_with_links(), linked_pages()
    FOLDER.mkdir(exist_ok=True)
    for shot in SHOTS:
        take(shot, mail.html, browser)
    FINGERPRINT.write_text(fingerprint(mail) + "\n", encoding="ascii")
    for shot in PAGE_SHOTS:
        take(shot, shown[shot.name.removesuffix("-dark")], browser)
    PAGES_FINGERPRINT.write_text(fingerprint_of("".join(shown.values())) + "\n", encoding="ascii")
    mails = mails_in_languages()
    for shot in LANGUAGE_SHOTS:
        take(shot, mails[shot.name].html, browser)
    LANGUAGES_FINGERPRINT.write_text(fingerprint_of("".join(map(fingerprint, mails.values()))) + "\n", encoding="ascii")
    own = own_pages()
    for shot in OWN_SHOTS:
        take(shot, own[shot.name.removesuffix("-dark").removesuffix("-phone")], browser)
    OWN_FINGERPRINT.write_text(fingerprint_of("".join(own.values())) + "\n", encoding="ascii")
    operate = operator_pages()
    for shot in OPERATE_SHOTS:
        take(shot, operate[shot.name.removesuffix("-phone")], browser)
    OPERATE_FINGERPRINT.write_text(fingerprint_of("".join(operate.values())) + "\n", encoding="ascii")
    ahead = page(look_ahead())
    for shot in PREVIEW_SHOTS:
        take(shot, ahead, browser)
    PREVIEW_FINGERPRINT.write_text(fingerprint_of(ahead) + "\n", encoding="ascii")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

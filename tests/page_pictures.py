"""What the pictures of a member's own pages show; `tests.pictures` takes them."""

from __future__ import annotations

from services.gateway.api.importing.status import ImportStatus, Unread
from services.gateway.personal.content import person, today, wishes, year
from services.gateway.personal.content.cards import Making
from services.gateway.personal.importing import ImportPage
from services.gateway.personal.render import Frame, Pages
from shared.contracts import Event
from shared.links import LinkKeys
from shared.texts.brand import OURS
from tests.unit.services.gateway.members import NOW, due, planned, said, seen

KEYS = LinkKeys(["only-for-pictures-and-for-nothing-else"])
HOME = "/me"
PEOPLE = {
    "zoe": "Zoé Moreau", "kwame": "Kwame Mensah", "lin": "Lin Zhou", "omar": "Omar Haddad", "sara": "Sara Lund",
    "tom": "Tom Berger", "mei": "Mei Tanaka", "jonas": "Jonas Lindqvist", "clara": "Clara Alvarez",
}  # fmt: skip


def sample() -> list[Event]:
    """Return what has happened to a member whose pages have all there is."""
    who = {key: {"id": key, "name": name} for key, name in PEOPLE.items()}
    ended = {"rule": "thank", "because": {"id": "x", "type": "rapport.thanks.sent"}}
    asked = [
        {"invite_id": f"i-{key}", "contact": who[key], "sent_at": "2026-08-03T09:00:00Z"}
        for key in ("tom", "mei", "jonas")
    ]
    told = [said(-400, "member.joined", name="Ada Adler", zone="Europe/Paris")]
    told += [said(-300 - n, "contact.connected", contact=one) for n, one in enumerate(who.values())]
    told += [
        said(-days, "invite.sent", invite_id=f"i-{key}", contact=who[key])
        for key, days in (("tom", 190), ("mei", 150), ("jonas", 97))
    ]
    return [
        *told,
        said(-40, "invite.sent", invite_id="i-zoe", contact=who["zoe"], why="Your talk on clocks, and the robots of Lyon."),
        said(-9, "contact.connected", contact=who["zoe"], via_invite="i-zoe"),
        said(-9, "contact.date_set", contact_id="zoe", label="Birthday", month=5, day=17),
        said(-8, "promise.made", promise_id="p1", contact_id="zoe", what="the reading list", due="2026-11-27T18:00"),
        said(-7, "note.added", contact_id="zoe", what="Collects clocks. Knows everybody in Lyon's robotics scene."),
        said(-3, "message.received", contact_id="zoe"),
        _meeting("k1", "lin", "lunch", "2026-11-26T12:30", place="Café Luna"),
        _meeting("k2", "omar", "online", "2026-11-27T16:00"),
        _meeting("k3", "zoe", "in_person", "2026-12-03T18:00", place="Atelier Nord"),
        due(-0.05, "contact/zoe/thank/2026-11-23", contact_id="zoe"),
        due(-0.04, "reminder/r1/own_reminder/2026-11-24", contact_id="lin", what="Send Lin the book list"),
        due(-3, "contact/kwame/stay_in_touch/2026-11-21", contact_id="kwame"),
        planned(6, "contact/sara/second_meeting/1", contact_id="sara"),
        said(-2, "followup.completed", followup_id="contact/omar/propose_meeting/1", **ended | {"rule": "propose_meeting"}),
        said(-1, "followup.completed", followup_id="contact/clara/thank/1", **ended),
        said(
            -0.5, "invite.retraction_proposed", proposal_id="p", invites=asked, oldest_days=190, attempt=1,
            more=["i8", "i9"],
        ),
    ]  # fmt: skip


def _meeting(key: str, contact: str, kind: str, starts: str, **more: str) -> Event:
    return said(
        -5, "meeting.scheduled", meeting_id=key, contact_ids=[contact], kind=kind, starts=starts, zone="Europe/Paris",
        minutes=60, **more,
    )  # fmt: skip


def a_year() -> list[Event]:
    """Return what has happened beside that to a member who looks back."""
    met = {
        "lin": ("2026-01-17", "2026-06-12"),
        "kwame": ("2026-02-20",),
        "omar": ("2026-05-08",),
        "sara": ("2026-09-04",),
    }
    told = [
        one
        for key, days in met.items()
        for day in days
        for one in (
            _meeting(f"{key}-{day}", key, "lunch", f"{day}T12:30"),
            said(-1, "meeting.held", meeting_id=f"{key}-{day}", contact_ids=[key]),
        )
    ]
    said_then = {"kwame": (-240, "help.received"), "lin": (-120, "message.received"), "omar": (-60, "thanks.sent")}
    return [*told, *(said(day, kind, contact_id=key) for key, (day, kind) in said_then.items())]


def an_import() -> ImportStatus:
    """Return an export that was uploaded, and waits for a word."""
    return ImportStatus(
        id="0" * 32, state="waiting", file="Basic_LinkedInDataExport.zip", kind="linkedin", expires=NOW, bytes=41_280,
        read=371, events={"contact.connected": 311, "invite.sent": 42, "message.received": 17, "import.completed": 1},
        people=311, names=list(PEOPLE.values())[:6], left_out={"people who closed their account or hide themselves": 9},
        rejected=[Unread(where="Connections.csv line 17", reason="Connected On: is no date")],
    )  # fmt: skip


def own_pages() -> dict[str, str]:
    """Return the pages that are shown, by the names of their pictures without `-phone` and `-dark`."""
    making, pages = Making(seen(*sample()), NOW, KEYS.seal, OURS), Pages(OURS)
    back = Making(seen(*sample(), *a_year()), NOW, KEYS.seal, OURS)
    frame = Frame(HOME, HOME, "mark", "0", calendars="https://rapport.example/calendar", imports=True)
    zoe = person.page(making, "zoe")
    assert zoe is not None
    return {
        "own-today": pages.today(today.today(making), frame),
        "own-person": pages.person(zoe, frame._replace(here=f"{HOME}/with/zoe")),
        "own-preferences": pages.wishes(wishes.wishes(making), frame._replace(here=f"{HOME}/preferences")),
        "own-year": pages.year(year.year(back), frame._replace(here=f"{HOME}/year")),
        "own-import": pages.importing(ImportPage(an_import()), frame._replace(here=f"{HOME}/import")),
    }

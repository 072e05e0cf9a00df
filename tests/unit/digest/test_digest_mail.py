"""The words and the bytes of a digest: complete in plain text, safe in HTML, with the headers servers expect."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from html import unescape
from importlib.resources import files

import pytest

from services.digest.content.model import Appointment, DigestContent, Entry, Note, Parting, Quiet
from services.digest.mail.addresses import recipient
from services.digest.mail.message import message, message_id
from services.digest.words.links import Answers, Choice, Links
from services.digest.words.render import TEXT_COLUMNS, render
from tests.pictures import sample

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NOTE = Note(AT - 400 * DAY, "Collects clocks.")
LINKS = Links(
    "https://x/stop",
    lambda key, about: Answers(f"https://x/done/{key}", f"https://x/later/{key}"),
    lambda rule, _about: f"https://x/again/{rule}",
    lambda shown, more: f"https://x/more/{len(shown)}/{more}",
    lambda shown, proposal, more: Choice(
        *(f"https://x/{verb}/{len(shown)}/{proposal}/{more}" for verb in ("go", "keep"))
    ),
)
EMPTY = DigestContent("Ada", "2026-W48", "UTC", AT)


def entry(rule: str = "thank", name: str = "Grace Hopper", due: datetime = AT, what: str = "") -> Entry:
    return Entry(f"{name}/{rule}", rule, "c1", name, due, what)


def lunch(name: str = "Lin Zhou", at: datetime = AT + 3 * DAY) -> Appointment:
    return Appointment("m", "c2", (name,), 1, "lunch", at, "UTC")


def parting(name: str, at: datetime) -> Parting:
    return Parting("i1", "c1", name, at)


def full() -> DigestContent:
    return DigestContent(
        name="Ada",
        period="2026-W48",
        zone="Europe/Paris",
        at=AT,
        due=(
            replace(entry(due=AT - DAY), note=NOTE),
            entry("own_reminder", "", AT, "Call the framer\nabout the print"),
        ),
        due_more=7,
        coming=(entry("no_answer_yet", "Alan Turing", AT + 3 * DAY),),
        coming_more=1,
        proposed=(parting("Mary", AT - 548 * DAY), parting("Edsger", AT - 100 * DAY)),
        proposed_more=145,
        proposed_at=AT,
        proposal_id="p1",
        noticed=(parting("Barbara", AT + 5 * DAY),),
    )


def parsed(mail_bytes: bytes) -> EmailMessage:
    return message_from_bytes(mail_bytes, policy=policy.default)


def sent(digest: DigestContent, to: Address | None = None, sender: Address | None = None) -> bytes:
    who = to or Address("Ada Lovelace", "ada", "example.org")
    sender = sender or Address("Rapport", "rapport", "example.net")
    return message(render(digest), who, sender, identity="<x@example.net>", at=AT)


def test_a_digest_says_who_why_now_the_last_note_and_one_thing_to_do() -> None:
    text = render(full()).text
    assert text.startswith("Hello Ada,\n")
    for lines in (
        (
            "* Grace Hopper\n  You are newly connected.\n"
            "  Your note of 19 October 2025: “Collects clocks.”\n"
            "  -> Say thank you, and what drew you."
        ),
        (
            "* Call the framer about the print\n  Today, 09:00\n  You asked to be reminded.\n"
            "  -> Do it now, or choose another day."
        ),
        "  and 7 more",
        "* Thursday: A word to Alan Turing about your invite",
        "* Mary, sent in May 2025\n* Edsger, sent 3 months ago",
        "  and 145 more",
        "* Barbara, Saturday",
    ):
        assert f"\n{lines}\n" in text, lines


def test_each_due_follow_up_has_its_links_on_lines_of_their_own_and_so_has_the_way_out() -> None:
    text = render(full(), LINKS).text
    for lines in (
        "     Done: https://x/done/Grace Hopper/thank\n     Later: https://x/later/Grace Hopper/thank",
        "  -> Do it now, or choose another day.\n     Done: https://x/done//own_reminder",
        "  and 145 more: https://x/go/2/p1/145\n\n     Let them go: https://x/go/2/p1/145\n     Keep them: https://x/keep/2/p1/145\n",
        "* Barbara, Saturday\n     Keep it: https://x/keep/1//0",
        "No more of these mails:\nhttps://x/stop",
    ):
        assert f"\n{lines}\n" in text, lines
    assert text.count("https://") == 9, "what is yet to come has nothing to answer"
    html = render(full(), LINKS).html
    assert re.findall(r'href="([^"]+)"', html) == re.findall(r"https://.*", text)


def test_without_a_public_address_a_mail_has_no_link_at_all() -> None:
    mail = render(full())
    assert "http" not in mail.text
    assert "href" not in mail.html
    assert "Unsubscribe" not in sent(full()).decode()


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        ({"due": (entry(),)}, "A word of thanks to Grace Hopper"),
        ({"due": (entry(), entry())}, "A word of thanks to Grace Hopper, and 1 more"),
        ({"due": (entry("reconnect"), entry())}, "How is Grace Hopper? And 1 more"),
        ({"due": (entry(), entry()), "due_more": 7, "meetings": (lunch(),)},
         "A word of thanks to Grace Hopper, and lunch with Lin Zhou on Thursday"),
        ({"due": (entry("own_reminder", "", what="Buy IKEA shelves"),)}, "Buy IKEA shelves"),
        ({"due": (entry("remember_date", what="Birthday"),)}, "Birthday: Grace Hopper"),
        ({"meetings": (lunch(at=AT + DAY),)}, "Lunch with Lin Zhou tomorrow"),
        ({"coming": (entry(), entry())}, "Coming up: a word of thanks to Grace Hopper, and 1 more"),
        ({"coming": (entry("own_reminder", "", what="IKEA"),)}, "Coming up: IKEA"),
        ({"proposed": (parting("Mary", AT),)}, "An invite you might let go: Mary"),
        ({"proposed": (parting("Mary", AT),), "proposed_more": 149}, "150 invites you might let go"),
        ({"noticed": (parting("Mary", AT), parting("Edsger", AT))}, "Two invites that will be pulled back"),
        ({"quiet": (Quiet("thank", AT),)}, "Some reminders rest for now"),
    ],
)  # fmt: skip
def test_a_subject_says_what_is_in_the_mail(told: dict[str, object], subject: str) -> None:
    assert render(replace(EMPTY, **told)).subject == subject  # type: ignore[arg-type]  # any of its fields


def test_a_subject_and_every_line_stay_short_whatever_people_are_called() -> None:
    long = DigestContent(
        "N" * 200, "2026-W48", "UTC", AT,
        due=(replace(entry(name="Ł " * 99, what="w " * 150), headline="H " * 100, note=Note(AT, "n " * 1000)),),
        meetings=(replace(lunch("M" * 200), place="P " * 100),),
    )  # fmt: skip
    mail = render(long)
    assert len(mail.subject) <= 120
    for text in (mail.text, render(sample()).text):
        assert max(map(len, text.splitlines())) <= TEXT_COLUMNS


def test_text_and_html_say_the_same() -> None:
    for told in (full(), sample()):
        mail = render(told)
        body = re.sub(r"<style>.*?</style>|<[^>]+>", " ", mail.html, flags=re.DOTALL)
        bare = re.sub(r"\W+", "", unescape(body)).lower()
        paragraphs = re.split(r"\n(?=\* |  ->|  \S)|\n\n+", mail.text)
        assert len(paragraphs) > 15
        for paragraph in paragraphs:
            when, _, rest = paragraph.partition(": ")
            for part in (when, rest):
                assert re.sub(r"\W+", "", part).lower() in bare, part


def test_what_people_wrote_is_text_in_html() -> None:
    hostile = "<b><img src=x></b>"
    person = replace(entry(name=hostile), headline=hostile, note=Note(AT, hostile), text=hostile)
    told = replace(
        EMPTY, name=hostile, due=(person, entry("own_reminder", hostile, what=hostile)),
        meetings=(replace(lunch(hostile), place=hostile),), coming=(entry(name=hostile),),
        proposed=(parting(hostile, AT),), noticed=(parting(hostile, AT),),
    )  # fmt: skip
    mail = render(told)
    assert not re.search(r"<b>|<img", mail.html)
    assert mail.html.count("&lt;img src=x&gt;") > 10
    assert mail.text.count("<img src=x>") > 10


def test_what_people_wrote_can_not_write_another_header() -> None:
    told = replace(EMPTY, due=(entry("own_reminder", "", what="Hi\r\nBcc: eve@example.org"),))
    mail = parsed(sent(told, recipient("Ada\r\nBcc: eve@example.org".replace("\r\n", " "), "ada@example.org")))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: eve@example.org"


def test_a_mail_has_no_links_and_no_pictures() -> None:
    mail = render(sample())
    assert "http" not in mail.text
    assert not re.search(r"<a\b|<img\b|url\(|http", mail.html)
    assert "List-Unsubscribe" not in parsed(sent(sample()))


def test_html_reads_well_on_a_phone_in_the_dark_and_by_voice() -> None:
    html = render(sample()).html
    assert '<html lang="en">' in html
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 620px)" in html
    assert re.search(r'class="sheet"[^>]*style="[^"]*max-width: 600px', html)
    tables = re.findall(r"<table[^>]*>", html)
    assert len(tables) > 5
    assert all('role="presentation"' in table for table in tables)


def test_the_style_sheet_is_written_into_the_tags_and_the_name_line_comes_first() -> None:
    html = render(sample()).html
    body = html.partition("<body")[2]
    unstyled = [tag for tag in re.findall(r'<\w+ class="[^"]*"[^>]*>', body) if "style=" not in tag]
    assert {re.sub(r'.*class="([^"]*)".*', r"\1", tag) for tag in unstyled} <= {"words", "opening"}
    first = re.search(r'<div class="preheader"[^>]*>([^<]*)<', body)
    assert first is not None
    assert first[1] == "Zoé Moreau, Kwame Mensah, Priya Nair and 2 more."


def colours(sheet: str) -> dict[str, dict[str, str]]:
    """Return the colours by class name in a style sheet."""
    found: dict[str, dict[str, str]] = {}
    for names, rules in re.findall(r"([.\w, :-]+?)\s*\{([^{}]*)\}", sheet):
        for name in re.findall(r"\.([\w-]+)", names):
            colour = re.findall(r"(?<![\w-])(color|background): (#[0-9a-f]{6})", rules)
            found.setdefault(name, {}).update(colour)
    return found


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("inside", "sheet"), ("title", "sheet"), ("soft", "sheet"), ("action", "sheet"), ("mark", "sheet"),
     ("date", "sheet"), ("letter", "letter")],
)  # fmt: skip
def test_words_stand_out_from_their_ground(dark: bool, ink: str, ground: str) -> None:
    folder = files("services.digest.words.templates")
    shown = colours(folder.joinpath("digest.css").read_text("utf-8"))
    if dark:
        for name, colour in colours(folder.joinpath("screens.css").read_text("utf-8")).items():
            shown[name].update(colour)
    light, shade = sorted((luminance(shown[ink]["color"]), luminance(shown[ground]["background"])), reverse=True)
    assert (light + 0.05) / (shade + 0.05) >= 4.5


def test_a_mail_is_multipart_with_the_complete_plain_text_first() -> None:
    mail = parsed(sent(full()))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == render(full()).text


def test_headers_name_the_list_the_robot_and_the_date() -> None:
    mail = parsed(sent(full()))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Rapport digest <digest.example.net>"
    assert mail["Message-ID"] == "<x@example.net>"
    assert mail["Date"].datetime == AT
    assert mail["To"] == "Ada Lovelace <ada@example.org>"


@pytest.mark.parametrize("name", ["Zoë von Ж", 'A "quoted", name; <x>', "Ada (née Byron) [1]", "名前"])
def test_whatever_people_are_called_the_mail_goes_to_one_address(name: str) -> None:
    data = sent(full(), recipient(name, "ada@example.org"), Address(name, "rapport", "example.net"))
    assert data.isascii()
    mail = parsed(data)
    for header, spec in (("To", "ada@example.org"), ("From", "rapport@example.net")):
        (address,) = mail[header].addresses
        assert (address.display_name, address.addr_spec) == (name, spec)


def test_a_header_with_one_long_word_stands_whole_on_one_line_of_the_bytes() -> None:
    """Python folds at 78 characters unless told otherwise, and makes an encoded word of what has no space to fold at."""
    domain = "a-mail-server-with-a-long-name.in-a-department.of-a-university.of-a-country.example.org"
    sender = Address("Rapport", "rapport", domain)
    identity = message_id("m", "2026-W48", domain)
    lines = message(render(full()), sender, sender, identity=identity, at=AT).split(b"\r\n")
    assert f"List-Id: Rapport digest <digest.{domain}>".encode() in lines
    assert f"Message-ID: {identity}".encode() in lines


def test_every_line_of_the_bytes_is_seven_bit_and_short_enough() -> None:
    named = DigestContent("Zoë " * 60, "2026-W48", "UTC", AT, due=(entry(name="Ł" * 200, what="ü" * 300),))
    to = recipient("Zoë" * 66, "zoe@example.org")
    for line in sent(named, to).split(b"\r\n"):
        assert len(line) <= 998
        assert line.isascii()


def test_a_message_id_is_the_same_for_every_attempt_and_another_for_others() -> None:
    one = message_id("m1", "2026-W48", "example.net")
    assert one == message_id("m1", "2026-W48", "example.net")
    assert len({one, message_id("m2", "2026-W48", "example.net"), message_id("m1", "2026-W49", "example.net")}) == 3
    assert "m1" not in one
    assert re.fullmatch(r"<[\w.-]+@example\.net>", one)


@pytest.mark.parametrize("email", ["no-at", "a b@example.org", "a@b@c", ""])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        recipient("Ada", email)


def test_what_is_only_counted_stands_behind_a_link_and_without_links_in_the_mail_up_to_twelve() -> None:
    """Fails where "and 7 more" is all that anybody hears of them."""
    rest = tuple(entry(name=f"Person {number}") for number in range(20))
    told = replace(full(), due_more=25, due_rest=rest)
    linked, plain = render(told, LINKS), render(told)
    assert "\n  and 25 more: https://x/more/20/5\n" in linked.text
    assert 'href="https://x/more/20/5"' in linked.html
    assert "Person 0" not in linked.text
    assert [f"* Person {number}\n" in plain.text for number in range(12)] == [True] * 10 + [False] * 2
    assert "\n  and 15 more\n" in plain.text
    assert linked.subject == plain.subject
    assert len(told.shown_due(linked=True)) == 2
    few = replace(full(), due_more=3, due_rest=rest[:3])
    assert "and 3 more" not in render(few).text


def test_the_page_of_a_proposal_knows_more_names_than_the_mail_and_one_without_links_shows_them() -> None:
    rest = tuple(parting(f"Person {number}", AT - 100 * DAY) for number in range(4))
    told = replace(full(), proposed_more=4, proposed_rest=rest)
    assert "Let them go: https://x/go/6/p1/0" in render(told, LINKS).text
    assert "Person 3" not in render(told, LINKS).text
    plain = render(told).text
    assert "* Person 3, sent 3 months ago" in plain
    assert "and 4 more" not in plain


def test_a_rule_that_has_gone_quiet_comes_back_by_its_own_link() -> None:
    told = replace(full(), quiet=(Quiet("thank", AT),))
    assert "* Thanks for a new connection\n     Bring it back: https://x/again/thank\n" in render(told, LINKS).text
    assert "switch it on again in your preferences" in " ".join(render(told).text.split())

"""The words and the bytes of a digest: kind, complete in plain text, safe in HTML, with the headers servers expect."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage

import pytest

from services.digest import words
from services.digest.content import DigestContent, Entry, Parting
from services.digest.message import domain_of, message, message_id, recipient
from services.digest.render import Links, render
from services.digest.words import RULES, age_in_words

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
LINKS = Links("https://r.example/agenda", "https://r.example/u/" + "t" * 90, "https://r.example/one/" + "t" * 90)
UNKIND = re.compile(
    r"reject|ignor|fail|overdue|late\b|forgot|neglect|should have|shame|sorry|score|streak|rank|points|only you"
    r"|you must|you have not|lazy|bad\b|poor|waste|!",
    re.IGNORECASE,
)


def entry(rule: str = "thank", name: str = "Grace Hopper", due: datetime = AT, what: str = "") -> Entry:
    return Entry(f"{name}/{rule}", rule, "c1", name, due, what)


def parting(name: str, at: datetime) -> Parting:
    return Parting("i1", "c1", name, at)


def full() -> DigestContent:
    return DigestContent(
        name="Ada",
        period="2026-W48",
        zone="Europe/Paris",
        at=AT,
        due=(entry(due=AT - DAY), entry("own_reminder", "", AT, "Call the framer\nabout the print")),
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


def sent(digest: DigestContent, links: Links | None = None, to: Address | None = None) -> bytes:
    who = to or Address("Ada Lovelace", "ada", "example.org")
    sender = Address("Rapport", "rapport", "example.net")
    return message(render(digest, links), who, sender, identity="<x@example.net>", at=AT, links=links)


def test_a_digest_says_who_and_why_and_one_thing_to_do() -> None:
    text = render(full()).text
    assert text.startswith("Hello Ada,\n")
    for line in (
        "* Grace Hopper (yesterday)",
        "  You and Grace Hopper are newly connected.",
        "  -> Say thank you, and what drew you.",
        "* Call the framer about the print (today, 09:00)",
        "* Alan Turing (Thursday)",
        "* Mary (sent one and a half years ago)",
        "* Edsger (sent 3 months ago)",
        "* Barbara (on Saturday)",
        "  and 7 more",
        "  and 145 more",
    ):
        assert f"\n{line}\n" in text, line


def test_text_and_html_say_the_same() -> None:
    mail = render(full())
    bare = re.sub(r"&\w+;|[^\w]+", "", re.sub(r"<style>.*?</style>|<[^>]+>", "", mail.html, flags=re.DOTALL))
    for sentence in re.findall(r"[A-Z][\w ,']{15,}", " ".join(mail.text.split())):
        assert re.sub(r"\W+", "", sentence) in bare, sentence


@pytest.mark.parametrize("rule", [*RULES, "some_rule_of_tomorrow"])
@pytest.mark.parametrize("name", ["Grace Hopper", ""])
def test_no_word_blames_scores_or_shouts(rule: str, name: str) -> None:
    text = render(DigestContent("Ada", "2026-W48", "UTC", AT, due=(entry(rule, name, AT - 30 * DAY),))).text
    assert not UNKIND.search(text), UNKIND.search(text)
    assert "{" not in text


def test_no_word_of_a_whole_digest_blames_scores_or_shouts() -> None:
    mail = render(full(), LINKS)
    assert not UNKIND.search(f"{mail.subject}\n{mail.text}")
    quiet = DigestContent("", "2026-11-24", "UTC", AT, coming=(entry(),))
    assert not UNKIND.search(render(quiet).text)


def test_the_words_for_giving_an_invite_up_never_speak_of_rejection() -> None:
    assert not UNKIND.search(render(DigestContent("", "2026-W48", "UTC", AT, proposed=(parting("M", AT - DAY),))).text)
    assert words.NOBODY


def test_what_people_wrote_is_text_in_html() -> None:
    mail = render(DigestContent("<b>Ada", "2026-W48", "UTC", AT, due=(entry(name="<script>x</script>", what="<img>"),)))
    assert "<script>x" not in mail.html
    assert "<img" not in mail.html
    assert "&lt;script&gt;x" in mail.html
    assert "<script>x</script>" in mail.text


def test_links_stand_only_where_there_are_some() -> None:
    bare, linked = render(full()), render(full(), LINKS)
    assert "http" not in bare.text
    assert "href" not in bare.html
    assert LINKS.agenda_url in linked.text
    assert LINKS.unsubscribe_url in linked.html
    assert "List-Unsubscribe" not in parsed(sent(full()))


def test_html_reads_well_on_a_phone_in_the_dark_and_without_pictures() -> None:
    html = render(full()).html
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html
    assert "max-width:600px" in html
    assert "<img" not in html


def test_a_mail_is_multipart_with_the_complete_plain_text_first() -> None:
    mail = parsed(sent(full(), LINKS))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == render(full(), LINKS).text


def test_headers_name_the_list_the_robot_and_the_date() -> None:
    mail = parsed(sent(full()))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "Rapport digest <digest.example.net>"
    assert mail["Message-ID"] == "<x@example.net>"
    assert mail["Date"].datetime == AT
    assert mail["To"] == "Ada Lovelace <ada@example.org>"


def test_a_long_unsubscribe_address_stands_whole_on_one_line_of_the_bytes() -> None:
    lines = sent(full(), LINKS).split(b"\r\n")
    assert f"List-Unsubscribe: <{LINKS.one_click_url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_every_line_of_the_bytes_is_seven_bit_and_short_enough() -> None:
    named = DigestContent("Zoë " * 60, "2026-W48", "UTC", AT, due=(entry(name="Ł" * 200, what="ü" * 300),))
    to = recipient("Zoë" * 66, "zoe@example.org")
    for line in sent(named, LINKS, to).split(b"\r\n"):
        assert len(line) <= 998
        assert line.isascii()


def test_a_message_id_is_the_same_for_every_attempt_and_another_for_others() -> None:
    one = message_id("m1", "2026-W48", "example.net")
    assert one == message_id("m1", "2026-W48", "example.net")
    assert len({one, message_id("m2", "2026-W48", "example.net"), message_id("m1", "2026-W49", "example.net")}) == 3
    assert "m1" not in one
    assert re.fullmatch(r"<[\w.-]+@example\.net>", one)


@pytest.mark.parametrize(("address", "domain"), [("a@Example.org", "example.org"), ("A <a@b.example>", "b.example")])
def test_the_domain_of_an_address(address: str, domain: str) -> None:
    assert domain_of(address) == domain


@pytest.mark.parametrize("email", ["no-at", "a b@example.org", "a@b@c", ""])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        recipient("Ada", email)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (1, "one day"), (5, "5 days"), (21, "3 weeks"), (90, "3 months"), (300, "10 months"), (400, "over a year"),
        (548, "one and a half years"), (730, "2 years"), (3000, "8 years"),
    ],
)  # fmt: skip
def test_ages_are_said_as_people_say_them(days: int, said: str) -> None:
    assert age_in_words(days) == said

"""What a digest says in its mail: complete in plain text, with a subject of its own, and with its links."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from services.digest.content.model import DigestContent, Note, Quiet
from services.digest.words.links import Answers, Choice, Links
from services.digest.words.render import TEXT_COLUMNS, render
from tests.pictures import sample
from tests.unit.services.digest.words.mail_world import AT, DAY, EMPTY, entry, full, lunch, parting, sent

LINKS = Links(
    "https://x/stop",
    lambda key, about: Answers(f"https://x/done/{key}", f"https://x/later/{key}"),
    lambda rule, _about: f"https://x/again/{rule}",
    lambda shown, more: f"https://x/more/{len(shown)}/{more}",
    lambda shown, proposal, more: Choice(
        *(f"https://x/{verb}/{len(shown)}/{proposal}/{more}" for verb in ("go", "keep"))
    ),
)


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


@pytest.mark.parametrize("links", [LINKS, None])
def test_no_number_of_what_is_left_out_leads_nowhere(links: Links | None) -> None:
    """What comes, comes at its hour; what is pulled back by itself has one switch. Fails with a bare "and 4 more"."""
    told = replace(full(), meetings_more=1, coming_more=2, noticed_more=4)
    mail = render(told, links)
    said = " ".join(mail.text.split())
    assert "and 3 more, each at its own time" in said
    assert (
        "and 4 more, each of them named here before its day. If you would rather be asked first, your preferences"
        in said
    )
    assert max(map(len, mail.text.splitlines())) <= TEXT_COLUMNS or links is not None
    assert "and 4 more, each of them named here before its day" in mail.html

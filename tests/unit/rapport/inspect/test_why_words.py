"""The words of `rapport why` and `rapport agenda`: one for everything that can be said, and all of them kind."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter
from typing import get_args

import pytest

from rapport.inspect import words
from rapport.inspect.memory.item_lookup import Target, candidates, items_in
from rapport.inspect.memory.member_replay import OUT_OF_ORDER
from rapport.inspect.narration import line, period_in_words
from rapport.inspect.output_sentences import NarrationContext, finding
from rapport.preview import words as preview
from services.digest import explain as digest
from services.digest.words.rule_words import RULES as DIGEST_RULES
from services.followups.engine import explain as followups
from services.followups.model.state import KINDS
from services.followups.rules.table import RULES
from services.gateway import words as gateway
from services.invites import explain as invites
from services.invites.rules.invite import RULES as INVITE_RULES
from services.invites.rules.proposals import PROPOSAL_RULES
from shared.contracts import (
    EVENTS,
    Contact,
    ContactConnected,
    Event,
    FollowupLapsed,
    InviteKept,
    MeetingHeld,
    RuleQuieted,
    RuleResumed,
    SkipReason,
)
from shared.texts.catalogue import ENGLISH, EventTexts
from shared.texts.sentences import RESTS, sentence
from tests.unit.services.digest.words.test_digest_words import UNKIND, constants

PARTS = {"name", "it", "text", "age", "day", "period", "why", "about", "rests"}
INSIDE = re.compile(r"\b(slot|wake|partition|offset|topic|anchor|cycle|kafka|redis|horizon)s?\b", re.IGNORECASE)


def said_of(event: EventTexts) -> tuple[str, str, str]:
    return event.happened, event.happens, event.reported


SAID = [*constants(words), *(text for event in ENGLISH.events.values() for text in said_of(event))]


def test_every_event_has_its_words_and_no_other_has() -> None:
    assert set(words.EVENTS) == set(EVENTS)


@pytest.mark.parametrize("event", ENGLISH.events.values(), ids=list(ENGLISH.events))
def test_an_event_is_told_as_a_sentence_and_as_what_may_come(event: EventTexts) -> None:
    assert event.happened[0].isupper() or event.happened.startswith(("{name}", "{rests}"))
    assert event.happened.endswith((".", "{text}"))
    assert event.happens[-1].isalnum() or event.happens.endswith("}")
    assert not event.happens[0].isupper()
    named = {name for text in (event.happened, event.happens) for _, name, _, _ in Formatter().parse(text) if name}
    assert named <= PARTS


def test_every_reason_of_every_service_has_its_words() -> None:
    assert set(words.CODES) == {*followups.CODES, *invites.CODES, *digest.CODES, OUT_OF_ORDER.code}


def test_every_rule_and_every_skip_has_its_words() -> None:
    own = {rule.name for rule in (*INVITE_RULES, *PROPOSAL_RULES)}
    assert {*RULES, *own, "weekly_digest"} <= {*DIGEST_RULES, *words.RULES}
    assert set(words.SKIPS) == set(get_args(SkipReason))
    assert set(words.RESUMED) == set(get_args(RuleResumed.model_fields["why"].annotation))


def test_no_word_blames_scores_shouts_or_tells_of_the_inside() -> None:
    assert len(SAID) > 150
    assert [text for text in SAID if UNKIND.search(text)] == []
    assert [text for text in SAID if INSIDE.search(text)] == []


def test_that_a_kind_of_reminder_rests_has_one_wording() -> None:
    """Whoever reads a page, a look ahead, why, the agenda and a transcript meets the same words for the same thing."""
    you, nora = (RESTS.format(who=who) for who in ("You", "Nora"))
    assert str(gateway.ASK["again"].lead).startswith(you)
    assert preview.QUIET.startswith(you)
    assert words.EVENTS[RuleQuieted.TYPE]["happened"].startswith("{rests}")
    assert sentence(words.CODES["gone_quiet"]).startswith(you)
    at = datetime(2026, 3, 5, tzinfo=UTC)
    said = finding(
        [Event("1", "m", at, at, RuleQuieted(rule="thank", asks_again_at=at))], NarrationContext("Nora", {}, False)
    )
    assert said is not None
    assert said.text == f"{nora}: thank."


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        ("contact/ada/thank/2026-03-05", [Target("contact/ada", "thank", "contact/ada/thank/2026-03-05")]),
        ("contact/ada/thank", [Target("contact/ada", "thank")]),
        ("2026-W48", [Target("digest", period="2026-W48")]),
        ("digest/2026-11-24", [Target("digest", period="2026-11-24")]),
        ("reminder/f-1/own_reminder/2026-03-05.2",
         [Target("reminder/f-1", "own_reminder", "reminder/f-1/own_reminder/2026-03-05.2")]),
    ],
)  # fmt: skip
def test_a_name_means_what_it_looks_like(item: str, meant: list[Target]) -> None:
    assert candidates(item) == meant


def test_a_bare_id_may_be_of_any_kind_and_a_key_stays_a_key() -> None:
    assert {target.key for target in candidates("x")} == {"x", *(f"{kind}/x" for kind in KINDS)}
    assert Target("invite/x") in candidates("invite/x")


def test_the_items_that_an_event_names_are_found_wherever_they_stand() -> None:
    assert items_in(InviteKept(invite_ids=("a", "b"))) == {"invite/a", "invite/b"}
    assert items_in(MeetingHeld(meeting_id="m", contact_ids=("a",))) == {"meeting/m", "contact/a"}
    assert items_in(ContactConnected(contact=Contact(id="a", name="A"), via_invite="i")) == {"contact/a", "invite/i"}
    assert items_in(FollowupLapsed(followup_id="contact/a/thank/2026-03-05", rule="thank")) == {"contact/a"}


def test_a_followup_is_told_of_by_its_own_events_alone() -> None:
    at = datetime(2026, 3, 5, tzinfo=UTC)
    lapsed = FollowupLapsed(followup_id="contact/a/thank/2026-03-05", rule="thank")
    said = Event("1", "m", at, at, lapsed, number=1)
    names = ("contact/a/thank/2026-03-05", "contact/a/thank", "contact/a")
    assert all(candidates(name)[0].is_named_by(said) for name in names)
    others = ("contact/a/thank/2026-03-06", "contact/a/stay_in_touch", "contact/b")
    assert not any(candidates(name)[0].is_named_by(said) for name in others)


def test_words_of_people_stay_on_their_line() -> None:
    assert line("a\n\x1b[31mb\u2028c") == "a [31mb c"
    assert len(line("x" * 500)) == 80


def test_periods_are_said_as_people_say_them() -> None:
    assert (period_in_words("2026-W03"), period_in_words("2026-11-24")) == ("week 3, 2026", "2026-11-24")

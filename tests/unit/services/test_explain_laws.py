"""Laws of `explain` over random histories: what it says of a rule is what `decide` does, for all three services."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from services.digest import explain as digest_why
from services.digest.decider import DECIDER as DIGEST_CORE
from services.digest.model.state import DIGEST
from services.followups.decider import DECIDER as FOLLOWUPS
from services.followups.engine import explain as followups_why
from services.followups.model.state import Subject
from services.followups.rules.table import RULES
from services.invites import explain as invites_why
from services.invites.decider import DECIDER as INVITES
from services.invites.rules import proposals
from shared.contracts import FollowupEnded, FollowupLapsed, FollowupShown, InviteReceived, InviteSent
from shared.decider import Decider, NewEvent, Reason, View
from shared.runtime.offline.member_history import Remembered
from shared.testing.loop import Loop
from tests.depth import SHARE, examples
from tests.unit.services.digest.digest_world import World
from tests.unit.services.digest.test_digest_laws import histories, play, quick
from tests.unit.services.followups.followups_history import history
from tests.unit.services.followups.followups_world import at, event, member
from tests.unit.services.invites.invites_history import draw_history
from tests.unit.services.invites.mailed import InvitesLoop

SEEDS = examples(12)
FAR = timedelta(days=40_000)
COUNTED = (InviteSent.TYPE, InviteReceived.TYPE)
"""A sending that says why counts as that word."""
MOMENT = timedelta(milliseconds=1)


@pytest.fixture(scope="module", autouse=True)
def small_backlog() -> Iterator[None]:
    """Two are a backlog here, so that short histories have some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proposals, "BACKLOG_INVITES_MIN", 2)
        yield


def hold(decider: Decider[Any, Any], view: View[Any, Any], key: str, now: datetime) -> list[Reason]:
    """Hold what is explained of a settled item against what is decided of it."""
    reasons = list(decider.explain(view, key))
    speak = [one for one in reasons if one.at is not None]
    assert decider.evaluate(view, key, None).timer == min((one.at for one in speak if one.at), default=None), key
    assert all(one.standing in ("planned", "waiting") for one in speak), "who is silent or done speaks at no time"
    assert all(one.code != "at_once" for one in reasons), "nothing is left unsaid"
    if not speak:
        assert not decider.evaluate(view, key, now + FAR).publish, f"{key}: explained as silent, and speaks"
        return reasons
    first = min(one.at for one in speak if one.at)
    assert not decider.evaluate(view, key, first - MOMENT).publish, f"{key}: speaks before {first}"
    (said,) = decider.evaluate(view, key, first).publish
    assert said.data in [one.says for one in speak if one.at == first], f"{key}: says something else at {first}"
    later = decider.evaluate(view, key, now + FAR).publish
    assert rule_of(later[0]) in {None, *(one.rule for one in speak)}, f"{key}: a silent rule speaks"
    return reasons


def rule_of(said: NewEvent) -> str | None:
    return getattr(said.data, "rule", None)


def view_of(profile: Any, items: Mapping[str, Any]) -> View[Any, Any]:
    return View("m1", profile, Remembered(items))


def of_loop(decider: Decider[Any, Any], loop: Loop[Any, Any]) -> list[Reason]:
    view = view_of(loop.profile, loop.items)
    return [one for key in loop.items for one in hold(decider, view, key, loop.now)]


def test_followups_are_explained_as_they_are_decided() -> None:
    codes: set[str] = set()
    for seed in range(SEEDS):
        loop = member()
        for one in history(random.Random(seed), repeated=True):
            loop.run_until(one.logged)
            loop.apply(one)
            for reason in of_loop(FOLLOWUPS, loop):
                codes |= {reason.code, *reason.notes}
        loop.run_until(at(400))
        of_loop(FOLLOWUPS, loop)
    assert codes <= followups_why.CODES
    common = {"due", "lapses", "logged_late", "answered", "ended", "completed", "cancelled", "nothing_yet", "pushed",
              "for_digest", "quiet_hours", "lapsed"}  # fmt: skip
    assert SHARE > 1 or common <= codes, f"not met: {common - codes}"


def test_what_goes_quiet_and_comes_back_is_explained_as_it_is_decided() -> None:
    """Histories know no digest that left, so here are some: on each day of them all that is known is asked."""
    loop, codes = member(), set[str]()
    for day in range(0, 260, 4):
        loop.run_until(at(day + 0.4))
        codes |= {reason.code for reason in of_loop(FOLLOWUPS, loop)}
        if day < 30:
            loop.apply(event(FollowupShown(followup_id="contact/bob/thank/2026-03-02"), day + 0.5))
            codes |= {reason.code for reason in of_loop(FOLLOWUPS, loop)}
    assert {"not_answered", "rests"} <= codes


def test_what_has_ended_a_followup_stood_among_what_would_end_it() -> None:
    for seed in range(3 * SEEDS):
        loop = member()
        for one in history(random.Random(seed), repeated=False):
            loop.run_until(one.logged)
            loop.apply(one)
        loop.run_until(at(400))
        for end in loop.heard(FollowupEnded):
            told = {*followups_why.ends_of(RULES[end.rule]), FollowupLapsed.TYPE, *COUNTED, *_passed(end)}
            assert end.because.type in told, f"{seed}: {end.rule} was ended by {end.because.type}"


def _passed(end: FollowupEnded) -> tuple[str, ...]:
    """What comes before a meeting, and found no hour to be said at, ends with its own reason."""
    return (end.because.type,) if RULES[end.rule].schedule.before else ()


def test_a_followup_that_the_service_has_not_come_to_is_explained_as_such() -> None:
    loop = member()
    for one in history(random.Random(5), repeated=False):
        loop.take(one)
    view = view_of(loop.profile, loop.items)
    found = 0
    for key in [key for key, item in loop.items.items() if isinstance(item, Subject)]:
        unpublished = [one for one in FOLLOWUPS.explain(view, key) if one.code == "at_once"]
        said = FOLLOWUPS.evaluate(view, key, None).publish
        assert bool(unpublished) == bool(said)
        if said:
            found += 1
            assert unpublished[0].says == said[0].data
    assert found


def test_invites_are_explained_as_they_are_decided() -> None:
    codes: set[str] = set()
    for seed in range(14 * SEEDS):
        loop = InvitesLoop()
        for one in draw_history(random.Random(seed)):
            loop.run_until(one.logged)
            loop.apply(one)
            codes |= {reason.code for reason in of_loop(INVITES, loop)}
    assert codes <= invites_why.CODES
    assert SHARE > 1 or codes >= invites_why.CODES - {"too_few", "asked_twice"}, f"not met: {invites_why.CODES - codes}"


@quick
@given(histories)
def test_the_digest_is_explained_as_it_is_decided(history: list[tuple[str, str, int]]) -> None:
    world: World = play(history)
    reasons = hold(DIGEST_CORE, view_of(world.profile, world.items), DIGEST, world.now)
    assert {code for one in reasons for code in (one.code, *one.notes)} <= digest_why.CODES

"""How the digest stands, for whoever asks why: each standing with its code."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.digest import delivery_errors
from services.digest.decider import DECIDER
from services.digest.model.state import CONTACT, DIGEST, RULE, Running
from shared.contracts import DigestFailed, DigestPrepared, DigestSending, DigestSkipped, MemberPreferencesSet
from shared.decider import Reason, View
from tests.unit.services.digest.digest_world import World, lost, refused, utc

MONDAY = utc("2026-11-23 08:00")


def world_with_something_due(**fields: object) -> World:
    world = World("2026-11-20 00:00")
    world.join(**fields)
    world.plan("c1/thank/1", "2026-11-20 00:00")
    return world


def reason(world: World) -> Reason:
    (one,) = DECIDER.explain(world.view(), DIGEST)
    assert one.rule == RULE
    return one


def stands(world: World) -> tuple[str, str]:
    one = reason(world)
    return one.standing, one.code


def test_of_what_is_no_digest_or_not_known_nothing_is_said() -> None:
    world = world_with_something_due()
    assert DECIDER.explain(world.view(), CONTACT + "c1") == ()
    assert DECIDER.explain(View("m", world.profile, {DIGEST: None}), DIGEST) == ()


def test_a_digest_of_which_only_its_own_words_are_known_has_nothing_to_tell_yet() -> None:
    (one,) = DECIDER.explain(View("m", World().profile, {DIGEST: Running()}), DIGEST)
    assert one == Reason(rule=RULE, standing="idle", code="nothing_yet")


def test_who_wants_none_and_whose_address_was_given_up_are_told_so() -> None:
    off = world_with_something_due()
    off.prefer(digest={"every": "off"})
    assert reason(off) == Reason(rule=RULE, standing="silent", code="digest_off")

    bounced = world_with_something_due()
    bounced.mailing = refused(f"{delivery_errors.BOUNCED}: 550", permanent=True)
    bounced.until("2026-11-25 00:00")
    assert reason(bounced) == Reason(rule=RULE, standing="silent", code="address_given_up")
    running = bounced.running()
    assert (running.outcome, running.off_at, running.refusals) == ("over", MONDAY, 0)
    assert running.weekly == "2026-W48", "what is closed stays closed"


def test_a_digest_that_comes_says_when_and_what_it_would_say() -> None:
    one = reason(world_with_something_due())
    assert (one.standing, one.code, one.at, one.notes) == ("planned", "comes", MONDAY, ())
    assert one.ends == (MemberPreferencesSet.TYPE,)
    assert isinstance(one.says, DigestPrepared)
    assert one.says.due_at == MONDAY


@pytest.mark.parametrize("why", ["empty", "no_address", "paused"])
def test_one_that_will_be_skipped_says_why(why: str) -> None:
    world = world_with_something_due(email=None if why == "no_address" else "ada@example.org")
    if why == "empty":
        world.complete("c1/thank/1")
    if why == "paused":
        world.prefer(paused_until="2026-11-24T00:00:00Z")
    one = reason(world)
    assert (one.standing, one.code, one.at, one.notes) == ("planned", "comes", MONDAY, (f"skipped_{why}",))
    assert isinstance(one.says, DigestSkipped)


def test_a_mail_under_way_says_what_becomes_of_it() -> None:
    world = world_with_something_due()
    world.mailing = lost
    world.now = MONDAY
    (event,) = [one for one in world.wake() if isinstance(one.data, DigestSending)]
    assert stands(world) == ("waiting", "under_way")
    assert reason(world).at == MONDAY + timedelta(minutes=10)

    assert isinstance(event.data, DigestSending)
    world.tell(refused(delivery_errors.UNREACHABLE)(event.data) or event.data)
    assert stands(world) == ("waiting", "tried_again")
    assert reason(world).at == MONDAY + timedelta(minutes=1)
    assert isinstance(reason(world).says, DigestSending)

    world.prefer(digest={"every": "off"})
    assert stands(world) == ("waiting", "given_up")
    assert isinstance(reason(world).says, DigestFailed)


def test_a_mail_that_is_prepared_and_not_yet_announced_waits() -> None:
    world = world_with_something_due()
    world.now = MONDAY
    said = DECIDER.evaluate(world.view(), DIGEST, MONDAY).publish
    world.tell(said[0].data)
    assert isinstance(said[0].data, DigestPrepared)
    assert (*stands(world), reason(world).at) == ("waiting", "tried_again", MONDAY)

"""Each wish about the digest takes hold of the next one, and of the one that is prepared already."""

from __future__ import annotations

import pytest

from services.digest import delivery_errors
from shared.contracts import DigestFailed, DigestPrepared
from tests.unit.services.digest.digest_world import World, of, refused, types, utc

SUNDAY = "2026-11-22 12:00"


def waiting(**fields: object) -> World:
    """On a Sunday noon, somebody whose weekly digest comes on Monday at eight in Paris."""
    world = World("2026-11-20 00:00")
    world.join(zone="Europe/Paris", **fields)
    world.plan("f", "2026-11-20 00:00")
    world.until(SUNDAY)
    assert world.wake_at() == utc("2026-11-23 07:00")
    return world


@pytest.mark.parametrize(
    ("wish", "comes"),
    [
        ({"digest": {"weekday": "wed"}}, "2026-11-25 07:00"),
        ({"digest": {"weekday": "sun"}}, "2026-11-29 07:00"),
        ({"digest": {"time": "18:30"}}, "2026-11-23 17:30"),
        ({"digest": {"every": "daily"}}, "2026-11-23 07:00"),
        ({"digest": {"every": "daily", "time": "14:00"}}, "2026-11-22 13:00"),
        ({"zone": "America/New_York"}, "2026-11-23 13:00"),
        ({"zone": "Pacific/Chatham"}, "2026-11-29 18:15"),
        ({"rules": {"weekly_digest": {"on": True}}}, "2026-11-23 07:00"),
    ],
)
def test_a_wish_moves_the_next_digest(wish: dict[str, object], comes: str) -> None:
    """In Chatham it is Monday already, and past eight: what lies before the member's last word is over."""
    world = waiting()
    world.now = utc("2026-11-22 20:00") if wish.get("zone") == "Pacific/Chatham" else world.now
    world.prefer(**wish)
    assert world.wake_at() == utc(comes)
    assert of(world.until(comes), DigestPrepared)[-1].due_at == utc(comes)


@pytest.mark.parametrize("wish", [{"digest": {"every": "off"}}, {"rules": {"weekly_digest": {"on": False}}}])
def test_off_takes_the_next_one_away_and_on_brings_it_back(wish: dict[str, object]) -> None:
    world = waiting()
    world.prefer(**wish)
    assert world.wake_at() is None
    world.prefer(digest={"every": "weekly"}, rules={"weekly_digest": {"on": True}})
    assert world.wake_at() == utc("2026-11-23 07:00")


def test_a_digest_that_came_on_this_weeks_day_does_not_come_on_another_day_of_it() -> None:
    world = waiting()
    world.until("2026-11-24 00:00")
    world.prefer(digest={"weekday": "fri"})
    assert world.wake_at() == utc("2026-12-04 07:00"), "the week of the 23rd has had its digest"


def prepared(wish: dict[str, object]) -> list[str]:
    """What becomes of a mail that waits for its server while the member wishes something."""
    world = waiting()
    world.mailing = refused(delivery_errors.UNREACHABLE)
    world.until("2026-11-23 07:01")
    assert world.running().outcome == "failed"
    world.prefer(**wish)
    world.until("2026-11-23 07:30")
    return [one.reason for one in of(world.said, DigestFailed) if one.permanent]


def test_a_wish_ends_what_is_prepared_and_not_sent() -> None:
    assert prepared({"digest": {"every": "off"}}) == [delivery_errors.SWITCHED_OFF]
    assert prepared({"paused_until": "2026-12-24T00:00:00Z"}) == [delivery_errors.PAUSED]
    assert prepared({"digest": {"time": "09:00"}}) == [], "the digest of this week is still the one that waits"


def test_a_pause_skips_what_falls_into_it_and_nothing_else() -> None:
    world = waiting()
    world.prefer(paused_until="2026-11-29T00:00:00Z")
    assert types(world.until("2026-12-01 00:00")) == ["skipped", "prepared", "sending", "sent"]


def test_an_address_that_is_given_later_gets_the_next_digest() -> None:
    world = waiting(email=None)
    assert types(world.until("2026-11-24 00:00")) == ["skipped"]
    world.join(zone="Europe/Paris")
    assert types(world.until("2026-12-01 00:00")) == ["prepared", "sending", "sent"]

"""Weeks of digests through real mail servers that are down, full, wrong or dying: each ends in sent, failed or unknown.

The servers are real, time is not: a member's weeks pass as fast as the mails leave.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.digest import delivery_errors
from shared.contracts import DigestFailed, DigestSending, DigestSent, Event
from tests.component.smtp_bed import Keeper, performed, scripted, smtp_server
from tests.unit.services.digest.digest_world import World, lost, of, types, utc


def member() -> World:
    world = World("2026-11-20 00:00", mailing=lost)
    world.join()
    world.meet("c1", "Grace Hopper")
    world.plan("c1/thank/1", "2026-11-21 00:00")
    return world


async def live(world: World, port: int, until: str) -> list[Event]:
    """Let the member live until an instant, with this mail server; return what was said on the way."""
    first, end = len(world.said), utc(until)
    while (wake := world.wake_at()) is not None and wake <= end:
        world.now = max(world.now, wake)
        for event in world.wake():
            if isinstance(event.data, DigestSending):
                outcome = await performed(port, world.now, world.view(), event, seconds_max=1)
                if outcome is not None:
                    world.report(event, outcome)
    world.now = end
    return world.said[first:]


@asynccontextmanager
async def nobody() -> AsyncIterator[int]:
    """Yield a port at which nobody listens."""
    async with scripted({}) as port:
        pass
    yield port


async def test_a_server_that_is_down_for_hours_gets_the_mail_once_when_it_is_back() -> None:
    world, keeper = member(), Keeper()
    async with nobody() as port:
        said = await live(world, port, "2026-11-23 11:00")
    assert types(said) == ["prepared", *["sending", "failed"] * 5]
    async with smtp_server(keeper) as port:
        said = await live(world, port, "2026-11-29 00:00")
    assert types(said) == ["sending", "sent"]
    assert len(keeper.letters) == 1


async def test_a_server_that_is_down_for_a_day_costs_that_week_s_digest_and_no_other() -> None:
    world, keeper = member(), Keeper()
    async with nobody() as port:
        said = of(await live(world, port, "2026-11-29 00:00"), DigestFailed)
    assert (said[-1].reason, said[-1].permanent, said[-1].switched_off) == (delivery_errors.GAVE_UP, True, False)
    async with smtp_server(keeper) as port:
        await live(world, port, "2026-12-06 00:00")
    assert len(keeper.letters) == 1


class Dying(Keeper):
    """Takes a mail, and hangs up before it says so."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        kept = await super().handle_DATA(server, session, envelope)
        assert isinstance(server.transport, asyncio.WriteTransport)
        server.transport.abort()
        return kept


async def test_a_server_that_dies_after_the_mail_s_bytes_never_gets_them_again() -> None:
    world, keeper = member(), Dying()
    async with smtp_server(keeper) as port:
        said = await live(world, port, "2026-12-13 00:00")
    assert types(said) == ["prepared", "sending", "unknown"] * 3
    identities = Counter(message_from_bytes(letter.content)["Message-ID"] for letter in keeper.letters)
    assert list(identities.values()) == [1, 1, 1]


@pytest.mark.parametrize("replies", [{"RCPT": "452 4.2.2 full"}, {".": "552 5.2.2 full"}])
async def test_a_mailbox_that_stays_full_is_tried_ten_times_and_then_left_in_peace_until_the_member_moves(
    replies: dict[str, str],
) -> None:
    world, keeper = member(), Keeper()
    async with scripted(replies) as port:
        said = of(await live(world, port, "2026-12-29 00:00"), DigestFailed)
    assert len(said) == 10
    assert [one.switched_off for one in said] == [*([False] * 9), True]
    world.join(email="ada@new.example.org")
    async with smtp_server(keeper) as port:
        said = of(await live(world, port, "2027-01-05 00:00"), DigestSent)
    assert [letter.recipients for letter in keeper.letters] == [["ada@new.example.org"]]
    assert len(said) == 1


async def test_an_address_that_does_not_exist_is_written_to_once_and_that_is_said() -> None:
    world = member()
    async with scripted({"RCPT": "550 5.1.1 unknown"}) as port:
        said = await live(world, port, "2027-06-01 00:00")
    assert types(said) == ["prepared", "sending", "failed"]
    (failed,) = of(said, DigestFailed)
    assert (failed.permanent, failed.switched_off) == (True, True)
    world.prefer(digest={"every": "weekly"})
    assert world.wake_at() == utc("2027-06-07 08:00")


async def test_an_address_that_is_none_is_given_up_without_a_mail_server() -> None:
    world = member()
    world.join(email="ada@[not-an-address")
    async with nobody() as port:
        said = of(await live(world, port, "2026-12-29 00:00"), DigestFailed)
    assert [(one.reason, one.switched_off) for one in said] == [
        (f"{delivery_errors.BOUNCED}: the address has no domain that a mail can go to", True)
    ]


async def test_a_server_too_slow_to_greet_is_tried_again_and_a_quick_one_gets_the_mail() -> None:
    world, keeper = member(), Keeper()
    async with scripted({"": "silence"}) as port:
        said = await live(world, port, "2026-11-23 08:01")
    assert types(said) == ["prepared", *["sending", "failed"] * 2]
    async with smtp_server(keeper) as port:
        await live(world, port, "2026-11-24 00:00")
    assert len(keeper.letters) == 1

"""A member gets a digest, and their mail provider posts to its List-Unsubscribe: no mail comes until it is undone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest

from shared.cli.composition import CORES, link_addresses, services
from shared.cli.stage import Stage, everything
from shared.contracts import (
    Contact,
    ContactConnected,
    DigestPreferences,
    EventData,
    Fact,
    FollowupCompleted,
    FollowupRequested,
    FollowupRescheduled,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.embedded import System
from shared.runtime.clock import VirtualClock
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.service import Surroundings
from tests.component.gateway_bed import ONE_CLICK, door_settings, open_door

START = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
"""Today, since what the gateway says has today's timestamp; after the hour of the daily digest."""
DAY = timedelta(days=1)
ZOE, MAX = "zoe", "max"


@dataclass(frozen=True, slots=True)
class Lived:
    mails: Sequence[tuple[int, EmailMessage]]
    """Each with how many days had passed."""
    facts: Sequence[Fact]

    def days_of(self, member: str) -> list[int]:
        return [day for day, mail in self.mails if f"{member}@" in str(mail["To"])]


@pytest.fixture(scope="module")
def lived(own_system: System) -> Lived:
    return asyncio.run(_live(own_system))


async def _live(system: System) -> Lived:
    """Zoe unsubscribes by her first mail after two days, and is back after four; Max answers by the links of his first."""
    access, clock = KafkaAccess(system.kafka), VirtualClock(START)
    settings = door_settings()
    where = Surroundings(access, system.redis, clock, timedelta(0))
    cast = services(CORES, where, system.smtp, links=link_addresses(settings))
    mails: list[tuple[int, EmailMessage]] = []
    url = ""
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(open_door(system, settings, clock.now))
        for service in cast:
            stack.push_async_callback(service.stop)
            await service.start()
        stage = Stage(access, clock, cast)
        for day in range(1, 7):
            await stage.play(_script() if day == 1 else [], START + day * DAY)
            parsed = [message_from_bytes(raw, policy=policy.default) for raw in system.mails.received]
            mails += [(day, mail) for mail in parsed[len(mails) :] if isinstance(mail, EmailMessage)]
            if day == 1:
                await _press(door.client, _links(_first(mails, MAX)))
            if day == 2:
                first = _first(mails, ZOE)
                assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
                url = str(first["List-Unsubscribe"]).strip("<>")
                assert (await door.client.post(url, data=ONE_CLICK)).status_code == 200
            if day == 4:
                await _press(door.client, [url.replace("/unsubscribe/", "/subscribe/")])
    return Lived(mails, await everything(access))


def _first(mails: Sequence[tuple[int, EmailMessage]], member: str) -> EmailMessage:
    return next(mail for _, mail in mails if f"{member}@" in str(mail["To"]))


def _links(mail: EmailMessage) -> list[str]:
    """Return the links of a mail's two follow-ups: the first is done, the second comes later."""
    body = mail.get_body(("plain",))
    assert body is not None
    lines = [line.strip() for line in str(body.get_content()).splitlines()]
    done = [line.removeprefix("Done: ") for line in lines if line.startswith("Done: ")]
    later = [line.removeprefix("Later: ") for line in lines if line.startswith("Later: ")]
    assert len(done) == len(later) == 2
    return [done[0], later[1]]


async def _press(client: httpx.AsyncClient, links: Sequence[str]) -> None:
    for link in links:
        assert (await client.post(link, headers={"accept": "text/html"})).status_code == 200


def _fact(member: str, mark: str, data: EventData) -> Fact:
    return Fact(id=f"{member}/{mark}", member=member, time=START, logged=START, data=data, source="/test")


def _script() -> list[Fact]:
    facts = []
    for member in (ZOE, MAX):
        due = (START + timedelta(hours=2)).replace(tzinfo=None)
        told: list[EventData] = [
            MemberJoined(name=member.title(), email=f"{member}@example.org", zone="UTC"),
            MemberPreferencesSet(digest=DigestPreferences(every="daily")),
            ContactConnected(contact=Contact(id="pia", name="Pia Berg")),
            FollowupRequested(followup_id="a", what="Call the old school", due=due),
            FollowupRequested(followup_id="b", what="Buy the ticket", due=due + timedelta(hours=1)),
        ]
        facts += [_fact(member, str(number), data) for number, data in enumerate(told) if member == ZOE or number != 2]
    return facts


def test_a_mail_provider_s_post_to_the_header_s_address_ends_the_mails_and_the_way_back_brings_them_again(
    lived: Lived,
) -> None:
    assert lived.days_of(ZOE) == [1, 2, 5, 6]
    wishes = [fact.data for fact in lived.facts if fact.member == ZOE and fact.source == "/rapport/gateway"]
    assert wishes == [
        MemberPreferencesSet(digest=DigestPreferences(every="off")),
        MemberPreferencesSet(digest=DigestPreferences(every="daily")),
    ], "it comes back as often as it came"


def test_what_is_done_by_its_link_is_completed_and_what_is_put_off_comes_back_after_a_week(lived: Lived) -> None:
    done = [fact.data for fact in lived.facts if fact.member == MAX and isinstance(fact.data, FollowupCompleted)]
    moved = [fact.data for fact in lived.facts if fact.member == MAX and isinstance(fact.data, FollowupRescheduled)]
    [ended], [later] = done, moved
    assert (ended.because.type, later.because.type) == ("rapport.followup.done", "rapport.followup.snoozed")
    assert ended.followup_id != later.followup_id
    assert later.due_at == (START + 8 * DAY).replace(hour=8), "with the digest a week after the one that told of it"
    first = _first(lived.mails, MAX)
    rest = [mail for _, mail in lived.mails if "max@" in str(mail["To"]) and mail is not first]
    assert not any("Now is a good time".upper() in str(mail.get_body(("plain",))) for mail in rest)

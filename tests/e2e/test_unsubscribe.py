"""Members press what stands in their mails: the way out and back, done and later, and a yes to all invites but one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlencode

import httpx
import pytest
from msgspec.structs import replace

from rapport.composition import DECIDERS, services
from rapport.demo.clock_driver import Stage, everything
from services.digest.content.build import REST_MAX, SHOWN_MAX
from shared.contracts import (
    Contact,
    ContactConnected,
    DigestPreferences,
    Event,
    EventData,
    FollowupCompleted,
    FollowupRequested,
    FollowupRescheduled,
    InviteRetracted,
    InviteSent,
    MemberJoined,
    MemberPreferencesSet,
)
from shared.embedded import System
from shared.process.by_settings import link_addresses
from shared.runtime.environment import Environment
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.clock import VirtualClock
from tests.component.gateway_bed import ONE_CLICK, door_settings, open_door

pytestmark = pytest.mark.deep

START = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=4)
"""After the hour of the daily digest, and so long ago that no press lies ahead of the log: what the gateway says has today's
timestamp there, whatever the virtual clock shows, and what lies ahead of it counts as said a day later at most."""
NAMED = SHOWN_MAX + REST_MAX
DAY = timedelta(days=1)
ZOE, MAX, NIA = "zoe", "max", "nia"


@dataclass(frozen=True, slots=True)
class Lived:
    mails: Sequence[tuple[int, EmailMessage]]
    """Each with how many days had passed."""
    events: Sequence[Event]

    def days_of(self, member: str) -> list[int]:
        return [day for day, mail in self.mails if f"{member}@" in str(mail["To"])]


@pytest.fixture(scope="module")
def lived(own_system: System) -> Lived:
    return asyncio.run(_live(own_system))


async def _live(system: System) -> Lived:
    """Zoe unsubscribes by her first mail after two days, and is back after four; Max answers by the links of his first,
    and Nia lets old invites go by hers."""
    access, clock = KafkaAccess(system.kafka), VirtualClock(START)
    settings = door_settings()
    where = Environment(access, system.redis, clock, timedelta(0))
    cast = services(DECIDERS, where, system.smtp, links=link_addresses(settings))
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
                await _let_go(door.client, _text(_first(mails, NIA)))
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


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def _let_go(client: httpx.AsyncClient, text: str) -> None:
    """Open the page behind Nia's mail, take the tick off the second name, and press the button."""
    [link] = [line.strip().removeprefix("Let them go: ") for line in text.splitlines() if "Let them go: " in line]
    page = await client.get(link, headers={"accept": "text/html"})
    fields = re.findall(r'<input type="(?:hidden|checkbox)" name="(\w+)" value="(\w+)"', page.text)
    *ticks, page = fields
    assert ticks == [("form", "1"), *(("one", str(place)) for place in range(NAMED)), ("rest", "1")]
    assert page[0] == "page"
    form = {"accept": "text/html", "content-type": "application/x-www-form-urlencoded"}
    body = urlencode([field for field in fields if field != ("one", "1")])
    assert (await client.post(link, headers=form, content=body)).status_code == 200


def _links(mail: EmailMessage) -> list[str]:
    """Return the links of a mail's two follow-ups: the first is done, the second comes later."""
    lines = [line.strip() for line in _text(mail).splitlines()]
    done = [line.removeprefix("Done: ") for line in lines if line.startswith("Done: ")]
    later = [line.removeprefix("Later: ") for line in lines if line.startswith("Later: ")]
    assert len(done) == len(later) == 2
    return [done[0], later[1]]


async def _press(client: httpx.AsyncClient, links: Sequence[str]) -> None:
    for link in links:
        assert (await client.post(link, headers={"accept": "text/html"})).status_code == 200


def _event(member: str, mark: str, data: EventData) -> Event:
    return Event(id=f"{member}/{mark}", member=member, time=START, logged=START, data=data, source="/test")


def _script() -> list[Event]:
    events = []
    for member in (ZOE, MAX):
        due = (START + timedelta(hours=2)).replace(tzinfo=None)
        told: list[EventData] = [
            MemberJoined(name=member.title(), email=f"{member}@example.org", zone="UTC"),
            MemberPreferencesSet(digest=DigestPreferences(every="daily")),
            ContactConnected(contact=Contact(id="pia", name="Pia Berg")),
            FollowupRequested(followup_id="a", what="Call the old school", due=due),
            FollowupRequested(followup_id="b", what="Buy the ticket", due=due + timedelta(hours=1)),
        ]
        events += [
            _event(member, str(number), data) for number, data in enumerate(told) if member == ZOE or number != 2
        ]
    events.append(_event(NIA, "joined", MemberJoined(name="Nia", email="nia@example.org", zone="UTC")))
    events.append(_event(NIA, "daily", MemberPreferencesSet(digest=DigestPreferences(every="daily"))))
    for number in range(NAMED + 3):
        contact = Contact(id=f"c{number}", name=f"Person {number}")
        sent = _event(NIA, f"sent {number}", InviteSent(invite_id=f"i{number}", contact=contact))
        events.append(replace(sent, time=START - (150 - number) * DAY))
    return events


def test_a_mail_provider_s_post_to_the_header_s_address_ends_the_mails_and_the_way_back_brings_them_again(
    lived: Lived,
) -> None:
    assert lived.days_of(ZOE) == [1, 2, 5, 6]
    wishes = [event.data for event in lived.events if event.member == ZOE and event.source == "/rapport/gateway"]
    assert wishes == [
        MemberPreferencesSet(digest=DigestPreferences(every="off")),
        MemberPreferencesSet(digest=DigestPreferences(every="daily")),
    ], "it comes back as often as it came"


def test_what_is_done_by_its_link_is_completed_and_what_is_put_off_comes_back_after_a_week(lived: Lived) -> None:
    done = [event.data for event in lived.events if event.member == MAX and isinstance(event.data, FollowupCompleted)]
    moved = [
        event.data for event in lived.events if event.member == MAX and isinstance(event.data, FollowupRescheduled)
    ]
    [ended], [later] = done, moved
    assert (ended.because.type, later.because.type) == ("rapport.followup.done", "rapport.followup.snoozed")
    assert ended.followup_id != later.followup_id
    assert later.due_at == (START + 8 * DAY).replace(hour=8), "with the digest a week after the one that told of it"
    first = _first(lived.mails, MAX)
    rest = [mail for _, mail in lived.mails if "max@" in str(mail["To"]) and mail is not first]
    assert not any("Now is a good time".upper() in str(mail.get_body(("plain",))) for mail in rest)


def test_a_yes_to_all_but_one_in_the_real_mail_lets_all_go_but_that_one_shown_or_not(lived: Lived) -> None:
    gone = {event.data.invite_id for event in lived.events if isinstance(event.data, InviteRetracted)}
    assert gone == {f"i{number}" for number in range(NAMED + 3)} - {"i1"}
    later = [_text(mail) for day, mail in lived.mails if "nia@" in str(mail["To"]) and day > 1]
    assert not any("might let go".upper() in text for text in later), "and she is not asked again"

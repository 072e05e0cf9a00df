"""The mailer against real SMTP servers on loopback: kind ones, refusing ones, slow ones and dying ones."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from services.digest import delivery_errors
from services.digest.mail.message import message_id
from shared.contracts import DigestFailed, DigestSent
from shared.decider import Missing, View
from shared.links import LinkAddresses, LinkKeys, ToDigest
from tests.component.smtp_bed import Keeper, Step, perform, performed, scripted, sending, smtp_server
from tests.unit.services.digest.digest_world import World, of


async def test_an_accepted_mail_is_sent_with_explicit_envelope_and_whole_headers() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        said = await perform(port)
    assert said is not None
    assert said.data == DigestSent(
        digest_id="digest/2026-W48",
        period="2026-W48",
        attempt=1,
        message_id=message_id("m", "2026-W48", "example.net"),
        shown=("thank",),
    )
    (letter,) = keeper.letters
    assert (letter.sender, letter.recipients) == ("rapport@example.net", ["ada@example.org"])
    lines = letter.content.split(b"\r\n")
    assert lines[: lines.index(b"")] == [
        b"From: Rapport <rapport@example.net>",
        b"To: Ada <ada@example.org>",
        b"Subject: A word of thanks to Grace Hopper",
        b"Date: Mon, 23 Nov 2026 08:00:00 +0000",
        f"Message-ID: {said.data.message_id}".encode(),
        b"Auto-Submitted: auto-generated",
        b"List-Id: Rapport digest <digest.example.net>",
        b"MIME-Version: 1.0",
        next(line for line in lines if line.startswith(b'Content-Type: multipart/alternative; boundary="')),
    ]
    mail = message_from_bytes(letter.content, policy=policy.default)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all("Grace Hopper" in part.get_content() for part in mail.iter_parts())


async def test_a_mail_carries_its_links_whole_in_the_bytes_that_a_server_receives() -> None:
    """However long they are: a mail provider posts to what stands in the header."""
    keeper, keys = Keeper(), LinkKeys(["s" * 32])
    host = f"https://{'very-long-name.' * 8}example.org"
    async with smtp_server(keeper) as port:
        for _ in range(2):
            assert await perform(port, links=LinkAddresses(host, keys)) is not None
    first, second = (letter.content for letter in keeper.letters)
    lines = first.split(b"\r\n")
    url = LinkAddresses(host, keys).address("unsubscribe", ToDigest("m", "2026-W48", "weekly"))
    assert len(url) > 200
    assert f"List-Unsubscribe: <{url}>".encode() in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    mail = message_from_bytes(first, policy=policy.default)
    text, html = (part.get_content() for part in mail.iter_parts())
    for verb in ("done", "later", "unsubscribe"):
        [link] = re.findall(rf"{host}/{verb}/[\w-]+", text)
        assert f'href="{link}"' in html
        assert keys.open(link.rpartition("/")[2]) is not None
    boundary = mail.get_boundary("").encode()
    other = message_from_bytes(second, policy=policy.default).get_boundary("").encode()
    assert first == second.replace(other, boundary), "what is tried again is the same mail"


async def test_what_was_reported_is_said_and_ends_the_digest() -> None:
    keeper = Keeper()
    world, event = sending()
    async with smtp_server(keeper) as port:
        said = await performed(port, world.now, world.view(), event)
    assert said is not None
    world.mailing = lambda _: said.data
    world.until("2026-11-23 09:00")
    assert not of(world.said, DigestFailed)


ANSWERED = "the mail server answered"


@pytest.mark.parametrize(
    ("replies", "reason", "permanent"),
    [
        ({"RCPT": "550 5.1.1 <ada@example.org> unknown"}, f"{delivery_errors.BOUNCED}: {ANSWERED} 550 5.1.1", True),
        ({"RCPT": "553 no such name"}, f"{delivery_errors.BOUNCED}: {ANSWERED} 553", True),
        ({"RCPT": "450 4.2.1 busy"}, f"{delivery_errors.FULL}: {ANSWERED} 450 4.2.1", False),
        ({"RCPT": "452 4.2.2 mailbox full"}, f"{delivery_errors.FULL}: {ANSWERED} 452 4.2.2", False),
        ({"RCPT": "552 5.2.2 mailbox full"}, f"{delivery_errors.FULL}: {ANSWERED} 552 5.2.2", False),
        ({"RCPT": "550 5.2.2 mailbox full"}, f"{delivery_errors.FULL}: {ANSWERED} 550 5.2.2", False),
        ({"RCPT": "452 4.3.1 disk full"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 452 4.3.1", False),
        ({"RCPT": "550 5.7.1 relaying denied"}, f"{delivery_errors.REJECTED}: {ANSWERED} 550 5.7.1", True),
        ({"RCPT": "421 going down"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 421", False),
        ({"RCPT": "354 what"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 354", False),
        ({"": "554 no service"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 554", False),
        ({"": "421 too many"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 421", False),
        ({"EHLO": "502 no"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 502", False),
        (
            {"MAIL": "451 later"},
            f"{delivery_errors.UNREACHABLE}: the sender in RAPPORT_MAIL_FROM was refused: {ANSWERED} 451",
            False,
        ),
        (
            {"MAIL": "550 5.7.1 not you"},
            f"{delivery_errors.UNREACHABLE}: the sender in RAPPORT_MAIL_FROM was refused: {ANSWERED} 550 5.7.1",
            False,
        ),
        ({"DATA": "451 later"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 451", False),
        ({"DATA": "250 what"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 250", False),
        ({"DATA": "554 5.5.1 none"}, f"{delivery_errors.REJECTED}: {ANSWERED} 554 5.5.1", True),
        ({".": "554 5.7.1 spam"}, f"{delivery_errors.REJECTED}: {ANSWERED} 554 5.7.1", True),
        ({".": "552 5.3.4 too big"}, f"{delivery_errors.REJECTED}: {ANSWERED} 552 5.3.4", True),
        ({".": "451 4.3.0 later"}, f"{delivery_errors.UNREACHABLE}: {ANSWERED} 451 4.3.0", False),
        ({".": "452 full"}, f"{delivery_errors.FULL}: {ANSWERED} 452", False),
        ({".": "552 full"}, f"{delivery_errors.FULL}: {ANSWERED} 552", False),
        ({".": "552 5.2.2 mailbox full"}, f"{delivery_errors.FULL}: {ANSWERED} 552 5.2.2", False),
    ],
)
async def test_a_refusal_is_said_with_its_code_and_never_with_the_server_s_words(
    replies: dict[str, str], reason: str, permanent: bool
) -> None:
    async with scripted(replies) as port:
        said = await perform(port)
    assert said is not None
    assert said.data == DigestFailed(
        digest_id="digest/2026-W48", period="2026-W48", attempt=1, reason=reason, permanent=permanent
    )


async def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    async with scripted({}) as port:
        pass
    said = await perform(port)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason == f"{delivery_errors.UNREACHABLE}: there is no connection to the mail server"
    assert not said.data.permanent


@pytest.mark.parametrize("where", ["RCPT", "DATA"])
async def test_a_server_that_hangs_up_before_the_mail_has_not_taken_it(where: str) -> None:
    async with scripted({where: "hang up"}) as port:
        said = await perform(port)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason == f"{delivery_errors.UNREACHABLE}: the mail server closed the connection"
    assert not said.data.permanent


async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert not reader.at_eof()
    writer.transport.abort()


async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert not writer.is_closing()
    await reader.read()


async def speak_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    assert not reader.at_eof()
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await writer.drain()
    await reader.read()


@pytest.mark.parametrize("end", [die, fall_silent, speak_nonsense])
async def test_nothing_is_said_of_a_mail_whose_bytes_were_given_and_never_acknowledged(end: Step) -> None:
    async with scripted({}, after_data=end) as port:
        assert await perform(port, seconds_max=0.3) is None


@pytest.mark.parametrize("replies", [{".": "251 2.0.0 queued"}, {".": "299 fine"}, {"RCPT": "252 we shall see"}])
async def test_an_answer_means_what_its_first_digit_says(replies: dict[str, str]) -> None:
    """RFC 5321, section 4.2.1: a server may say yes in words that nobody knows, and a mail it has is not given again."""
    async with scripted(replies) as port:
        said = await perform(port)
    assert said is not None
    assert isinstance(said.data, DigestSent)


@pytest.mark.parametrize("reply", ["354 go on", "150 wait", "650 what"])
async def test_nothing_is_said_of_a_mail_whose_bytes_were_answered_neither_with_yes_nor_with_no(reply: str) -> None:
    async with scripted({".": reply}) as port:
        assert await perform(port) is None


@pytest.mark.parametrize("where", ["", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_server_too_slow_before_the_mail_s_bytes_has_not_taken_it(where: str) -> None:
    async with scripted({where: "silence"}) as port:
        said = await perform(port, seconds_max=0.3)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason == f"{delivery_errors.UNREACHABLE}: the mail server did not answer in time"
    assert not said.data.permanent


async def test_nothing_leaves_for_a_member_who_was_erased_or_an_attempt_that_is_settled() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        world, event = sending()
        erased: View[Any, Any] = View("m", World().profile, {"digest": None})
        assert await performed(port, world.now, erased, event) is None
        world.until("2026-11-23 09:00")  # says unknown
        assert await performed(port, world.now, world.view(), event) is None
    assert keeper.letters == []


async def test_an_announcement_that_has_expired_is_not_acted_on() -> None:
    keeper = Keeper()
    world, event = sending()
    assert event.expires is not None
    async with smtp_server(keeper) as port:
        said = await performed(port, event.expires, world.view(), event)
        early = await performed(port, event.expires - timedelta(milliseconds=1), world.view(), event)
    assert said is not None
    assert early is not None
    assert isinstance(said.data, DigestFailed)
    assert (said.data.reason, said.data.permanent) == (delivery_errors.LATE, False)
    assert isinstance(early.data, DigestSent)
    assert len(keeper.letters) == 1


async def test_what_is_not_loaded_is_asked_for_before_anything_leaves() -> None:
    keeper = Keeper()
    world, event = sending()
    view: View[Any, Any] = View("m", world.profile, {"digest": world.items["digest"]})
    async with smtp_server(keeper) as port:
        with pytest.raises(Missing):
            await performed(port, world.now, view, event)
    assert keeper.letters == []


async def test_a_digest_with_nothing_left_to_tell_does_not_leave() -> None:
    keeper = Keeper()
    world, event = sending()
    world.complete("c1/thank/1")
    async with smtp_server(keeper) as port:
        said = await performed(port, world.now, world.view(), event)
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert (said.data.reason, said.data.permanent) == (delivery_errors.NOTHING_LEFT, True)
    assert keeper.letters == []


async def test_an_address_beyond_ascii_goes_to_servers_that_take_it() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        said = await perform(port, email="zoë@example.org")
    assert said is not None
    assert isinstance(said.data, DigestSent)
    assert keeper.letters[0].recipients == ["zoë@example.org"]
    async with scripted({}) as port:
        said = await perform(port, email="zoë@example.org")
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert said.data.reason.startswith(delivery_errors.REJECTED)

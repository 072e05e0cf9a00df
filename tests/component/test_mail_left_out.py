"""A mail of which something can not be made: the rest is sent; where nothing is left, it has failed and nobody is asked."""

from __future__ import annotations

import pytest

from services.digest import delivery_errors
from services.digest.mail import mailer as mailing
from services.digest.mail.message import message
from services.digest.words.render import Mail
from shared.contracts import DigestFailed, DigestSending, DigestSent, Event
from shared.decider import NewEvent
from tests.component.smtp_bed import Keeper, performed, smtp_server
from tests.unit.services.digest.digest_world import World, lost

PEOPLE = {"c1": "Grace Hopper", "c2": "Alan Turing", "c3": "Ada Byron"}


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that no mail can be made of: put in the place of a fault of ours that nobody knows yet."""
    names: list[str] = []

    def faulty(mail: Mail, *arguments: object, **more: object) -> bytes:
        if any(name in mail.text for name in names):
            raise UnicodeEncodeError("utf-8", "", 0, 1, "on purpose")
        return message(mail, *arguments, **more)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(mailing, "message", faulty)
    return names


def about_three() -> tuple[World, Event]:
    world = World("2026-11-20 00:00", mailing=lost)
    world.join()
    for contact, name in PEOPLE.items():
        world.meet(contact, name)
        world.plan(f"contact/{contact}/thank/2026-11-20", "2026-11-21 00:00", contact_id=contact)
    wake = world.wake_at()
    assert wake is not None
    world.now = wake
    event = world.wake()[-1]
    assert isinstance(event.data, DigestSending)
    return world, event


async def mailed(keeper: Keeper) -> NewEvent:
    world, event = about_three()
    async with smtp_server(keeper) as port:
        said = await performed(port, world.now, world.view(), event)
    assert said is not None
    world.report(event, said)
    return said


async def test_the_item_at_fault_is_left_out_and_the_rest_is_sent(fault: list[str]) -> None:
    """Broken by making the mail but once (`made`): it is then no mail at all, and its fate not known."""
    fault.append("Alan Turing")
    keeper = Keeper()
    said = await mailed(keeper)
    assert isinstance(said.data, DigestSent)
    [letter] = keeper.letters
    text = letter.content.replace(b"=\r\n", b"").decode()
    assert "Grace Hopper" in text
    assert "Ada Byron" in text
    assert "Alan Turing" not in text


async def test_a_mail_that_can_not_be_made_has_failed_for_good_and_no_server_is_asked(fault: list[str]) -> None:
    """Broken by saying nothing in its place: nobody would then know more than that its fate is unknown."""
    fault += PEOPLE.values()
    keeper = Keeper()
    said = await mailed(keeper)
    assert isinstance(said.data, DigestFailed)
    assert (said.data.reason, said.data.permanent) == (delivery_errors.NOT_MADE, True)
    assert keeper.letters == []

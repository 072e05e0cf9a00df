"""A member's channel over HTTP and from a form: the address comes in, and nothing but its seal goes on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.gateway.api.actions.channels import NOT_SEALED, AddressRefused, ChannelSeal
from services.gateway.choice import BadChoice
from services.gateway.personal import forms
from services.gateway.personal.content.words import PAGES
from services.gateway.personal.render import Frame, Pages
from services.gateway.projection.decider import evolve, evolve_profile, touches
from services.gateway.projection.model.people import Profile
from services.gateway.reading.wishes import preferences_of
from shared.contracts import Event, EventData, MemberChannelRemoved, MemberChannelSet, PushFailed, Unreadable
from shared.decider import View
from shared.delivery.channels.sealed import opened_address
from shared.links import LinkKeys, ToPage
from shared.preferences import Preferences
from shared.texts.brand import OURS
from shared.texts.language import language
from tests.unit.services.gateway.api.api_bed import SECRET, Api, open_api, shared_api

ADDRESS = "https://ntfy.sh/a-topic-of-adas"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = LinkKeys([SECRET])
SEAL = ChannelSeal(KEYS)


async def put(door: Api, body: Any) -> Any:
    return await door.client.put("/v1/members/ada/channel", json=body, headers=door.key("act"))


async def test_an_address_goes_on_sealed_for_its_member_alone() -> None:
    async with shared_api() as door:
        answer = await put(door, {"address": f" {ADDRESS} ", "id": "e-1"})
        assert answer.status_code == 202, answer.text
        [event] = door.log.events
        assert isinstance(event.data, MemberChannelSet)
        assert (event.id, event.data.channel) == ("e-1", "ntfy")
        assert "topic" not in event.data.model_dump_json() + answer.text
        assert opened_address(KEYS, "ada", event.data.sealed) == ADDRESS
        assert opened_address(KEYS, "eve", event.data.sealed) is None
        assert opened_address(LinkKeys(["another-" + SECRET]), "ada", event.data.sealed) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "address"),
        ({"address": 7}, "address"),
        ({"address": "https://ntfy.sh/"}, "address"),
        ({"address": ADDRESS, "sealed": "x"}, "sealed"),
        ({"address": ADDRESS, "channel": "ntfy"}, "channel"),
        ({"address": ADDRESS, "more": 1}, "more"),
    ],
)
async def test_what_is_wrong_is_named_and_not_repeated(body: dict[str, Any], field: str) -> None:
    async with shared_api() as door:
        answer = await put(door, body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert "ntfy.sh" not in answer.text
        assert door.log.events == []


async def test_without_a_secret_that_lasts_there_are_no_channels(tmp_path: Path) -> None:
    async with open_api(tmp_path, channels=None) as door:
        answer = await put(door, {"address": ADDRESS})
        assert (answer.status_code, answer.json()["detail"]) == (501, NOT_SEALED)


def click(**fields: str) -> forms.Click:
    return forms.click_of(list(fields.items()), Preferences(), NOW)


def test_a_form_says_the_same() -> None:
    event = forms.event(click(do="channel", address=ADDRESS), "ada", "1", NOW, SEAL)
    assert isinstance(event.data, MemberChannelSet)
    assert opened_address(KEYS, "ada", event.data.sealed) == ADDRESS
    assert forms.event(click(do="channel_off"), "ada", "1", NOW, SEAL).data == MemberChannelRemoved()
    with pytest.raises(Unreadable, match="address"):
        forms.event(click(do="channel", address="ntfy"), "ada", "1", NOW, SEAL)
    with pytest.raises(BadChoice):
        forms.event(click(do="channel", address=ADDRESS), "ada", "1", NOW)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("two words", "chars"),
        ("ntfy", "scheme"),
        ("https://[::1/x", "scheme"),
        ("https://ntfy.sh/ä", "chars"),
        ("https://ntfy.sh/ada?x=1", "extra"),
        ("https://discord.com/api/webhooks/1/abc#x", "extra"),
        ("https://ptb.discord.com/api/webhooks/ada", "webhook"),
        ("https://ntfy.sh/a/b", "ntfy"),
        ("https://hooks.slack.com/services", "webhook"),
        ("tgram://me", "telegram"),
    ],
)
@pytest.mark.parametrize("locale", ["en", "de", "ar"])
def test_a_page_says_in_the_members_language_what_is_wrong_with_an_address(typed: str, fault: Any, locale: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        forms.event(click(do="channel", address=typed), "ada", "1", NOW, SEAL)
    assert refusal.value.fault == fault
    html = Pages(OURS).address(fault, Frame("/me", lang=language(locale)))
    says = language(locale)(PAGES[f"address_{fault}"], most="500", https="", telegram="", form="").partition(":")[0]
    assert says.split()[0] in html
    assert typed not in html
    assert "{" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def test_what_is_sealed_otherwise_is_no_address() -> None:
    page = KEYS.seal(ToPage("ada", 2_000_000_000))
    assert opened_address(KEYS, "ada", page) is None


def test_a_page_knows_which_channel_there_is_and_whether_it_is_given_up() -> None:
    def event(data: EventData, number: int | None = None) -> Event:
        at = NOW + timedelta(minutes=number or 0)
        return Event(f"e-{number}", "ada", at, at, data, number=number)

    named = MemberChannelSet(**SEAL.sealed("ada", {"address": ADDRESS}))
    profile = evolve_profile(Profile(), event(named))
    assert named.sealed not in repr(profile)
    failed = event(
        PushFailed(
            followup_id="r/1", rule="own_reminder", due_id="f/1", channel="ntfy", attempt=1, reason="refused",
            permanent=True, switched_off=True,
        ),
        1,
    )  # fmt: skip
    [key] = touches(failed)
    for item, given_up_at in ((None, None), (evolve(key, None, failed), failed.time)):
        wished = preferences_of(View("ada", profile, {key: item}))
        assert (wished.channel, wished.channel_given_up_at) == ("ntfy", given_up_at)

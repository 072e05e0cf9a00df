"""What a member does over HTTP: each action is one event, its fields are the contract's, and said again it is the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.gateway.api.actions.event import event_of
from services.gateway.api.actions.table import ERASE, OF_CONTACT, OF_FOLLOWUP, OF_INVITE, OF_MEMBER, Action
from shared.contracts import (
    ContactCadenceSet,
    ContactMuted,
    ContactUnmuted,
    DigestPreferences,
    EventData,
    FollowupDismissed,
    FollowupDone,
    FollowupReopened,
    FollowupRequested,
    FollowupShown,
    FollowupSnoozed,
    InviteKept,
    InviteRetractionApproved,
    MemberChannelRemoved,
    MemberErased,
    MemberPreferencesSet,
)
from tests.unit.services.gateway.api.api_bed import NOW, Api, shared_api

ACTIONS = (*OF_MEMBER, *OF_FOLLOWUP, *OF_INVITE, *OF_CONTACT, ERASE)
ID = "c/ben/thank/1"
AT = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - the member's own clock
DUE = {"followup_id": "r/1", "what": "Send Ben the slides", "due": "2026-12-01T09:00"}
SAID: list[tuple[str, str, dict[str, Any] | None, EventData]] = [
    ("POST", f"followups/{ID}/done", None, FollowupDone(followup_id=ID)),
    ("POST", f"followups/{ID}/reopen", None, FollowupReopened(followup_id=ID)),
    ("POST", f"followups/{ID.replace('/', '%2F')}/done", None, FollowupDone(followup_id=ID)),
    ("POST", "followups/100%25%2F/done/done", None, FollowupDone(followup_id="100%//done")),
    ("POST", f"followups/{ID}/snooze", {"until": "2026-12-01T09:00"}, FollowupSnoozed(followup_id=ID, until=AT)),
    ("POST", f"followups/{ID}/snooze", None, FollowupSnoozed(followup_id=ID)),
    ("POST", f"followups/{ID}/dismiss", None, FollowupDismissed(followup_id=ID)),
    ("POST", f"followups/{ID}/shown", {}, FollowupShown(followup_id=ID)),
    ("POST", "followups", DUE, FollowupRequested(followup_id="r/1", what="Send Ben the slides", due=AT)),
    ("POST", "invites/keep", {"invite_ids": ["i1"], "for_days": 3}, InviteKept(invite_ids=("i1",), for_days=3)),
    ("POST", "invites/keep", {"proposal_id": "p/1"}, InviteKept(proposal_id="p/1")),
    ("POST", "invites/i%2F1/keep", None, InviteKept(invite_ids=("i/1",))),
    ("POST", "invites/approve", {"proposal_id": "p/1"}, InviteRetractionApproved(proposal_id="p/1")),
    (
        "POST", "invites/i1/approve", {"try_again": True},
        InviteRetractionApproved(invite_ids=("i1",), try_again=True),
    ),
    ("POST", "contacts/ben/mute", None, ContactMuted(contact_id="ben")),
    ("POST", "contacts/ben/unmute", None, ContactUnmuted(contact_id="ben")),
    ("PUT", "contacts/ben/cadence", {"every_days": 60}, ContactCadenceSet(contact_id="ben", every_days=60)),
    ("PUT", "contacts/ben/cadence", {"every_days": None}, ContactCadenceSet(contact_id="ben")),
    ("PATCH", "preferences", {"digest": {"every": "off"}}, MemberPreferencesSet(digest=DigestPreferences(every="off"))),
    ("PUT", "pause", {"paused_until": "2026-12-01T09:00"}, MemberPreferencesSet(paused_until=AT)),
    ("DELETE", "pause", None, MemberPreferencesSet(paused_until=NOW)),
    ("DELETE", "channel", None, MemberChannelRemoved()),
    ("DELETE", "", None, MemberErased()),
]  # fmt: skip


@pytest.fixture
async def door() -> AsyncIterator[Api]:
    async with shared_api() as opened:
        opened.client.headers.update(opened.key("act"))
        yield opened


@pytest.mark.parametrize(("method", "path", "body", "data"), SAID)
async def test_an_action_is_the_event_that_a_product_would_publish(
    door: Api, method: str, path: str, body: dict[str, Any] | None, data: EventData
) -> None:
    url = f"/v1/members/a%2Fda/{path}".rstrip("/")
    answer = (
        await door.client.request(method, url, json=body)
        if body is not None
        else await door.client.request(method, url)
    )
    assert answer.status_code == 202, answer.text
    [event] = door.log.events
    assert (event.data, event.member, event.time, event.source) == (data, "a/da", NOW, "/rapport/gateway")
    assert answer.json() == {"id": event.id, "type": data.TYPE}
    assert answer.headers["rapport-position"] == "1:0"


def test_each_action_is_asked_above() -> None:
    asked = {(method, type(data)) for method, _, _, data in SAID}
    assert asked == {(one.method, one.kind) for one in ACTIONS}
    assert len({one.name for one in ACTIONS}) == len(ACTIONS), "an event's id is made of it"


async def test_the_same_under_the_same_key_is_the_same_event_and_anything_else_another(door: Api) -> None:
    async def said(path: str, key: str | None, body: dict[str, Any] | None = None, member: str = "ada") -> str:
        headers = {} if key is None else {"idempotency-key": key}
        answer = await door.client.post(f"/v1/members/{member}/{path}", headers=headers, json=body or {})
        assert answer.status_code == 202
        return str(answer.json()["id"])

    first = await said("followups/a/done", "k1")
    assert await said("followups/a/done", "k1") == first
    others = [
        await said("followups/a/done", "k2"),
        await said("followups/b/done", "k1"),
        await said("followups/a/dismiss", "k1"),
        await said("followups/a/done", "k1", member="bo"),
        await said("followups/a/snooze", "k1"),
        await said("followups/a/snooze", "k1", {"until": "2026-12-01T09:00"}),
        await said("followups/a/done", None),
        await said("followups/a/done", None),
    ]
    assert len({first, *others}) == 9
    assert await said("followups/a/done", None, {"id": "of-the-product"}) == "of-the-product"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_the_same_request_under_the_same_key_is_the_same_event_at_whatever_time(action: Action) -> None:
    """To end a pause says when: an id made of what the event says is another one a second later."""
    first, again = (
        event_of(action, "ada", "ben", dict(action.example or {}), "k", NOW + timedelta(seconds=late))
        for late in (0, 1)
    )
    assert first.id == again.id


async def test_a_pause_that_is_ended_twice_is_ended_by_one_event(door: Api) -> None:
    ended = [await door.client.delete("/v1/members/ada/pause", headers={"idempotency-key": "k"}) for _ in range(2)]
    put = await door.client.put(
        "/v1/members/ada/pause", headers={"idempotency-key": "k"}, json={"paused_until": "2026-11-23T08:00:00Z"}
    )
    assert ended[0].json()["id"] == ended[1].json()["id"] != put.json()["id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "reason"),
    [
        ("POST", "followups", {}, "followup_id", "is missing"),
        ("POST", "followups", {**DUE, "each_days": 1}, "each_days", "is not known; there are followup_id, "),
        ("POST", "followups", {**DUE, "due": "soon"}, "due", "must be a wall time"),
        ("POST", "followups", {**DUE, "every_days": "7"}, "every_days", "must be a valid integer"),
        ("POST", "followups", {**DUE, "id": ""}, "id", "must be a text of 1 to 400 printable letters"),
        ("POST", "followups", [], "body", "must be a JSON object"),
        ("POST", f"followups/{ID}/done", {"followup_id": "other"}, "followup_id", "is not known; there are id"),
        ("POST", f"followups/{'x' * 401}/done", None, "followup_id", "must have at most 400 characters"),
        ("POST", "followups/a%0Ab/done", None, "followup_id", "must not hold control characters"),
        ("POST", "followups/a%0Db/done", None, "followup_id", "must not hold control characters"),
        ("POST", "invites/keep", {}, "proposal_id", "must stand where invite_ids do not"),
        ("POST", "invites/keep", {"invite_ids": ["a", "a"]}, "invite_ids", "must not name the same twice"),
        ("PATCH", "preferences", {"digest": {"often": "off"}}, "digest.often", "is not known"),
        ("PATCH", "preferences", {"zone": "Europe/Pariss"}, "zone", "must be an IANA time zone"),
        ("PUT", "contacts/ben/cadence", {"every_days": 0}, "every_days", "must be greater than or equal to 1"),
    ],
)
async def test_what_is_wrong_is_refused_by_field_and_reason_and_says_nothing(
    door: Api, method: str, path: str, body: Any, field: str, reason: str
) -> None:
    answer = await door.client.request(method, f"/v1/members/ada/{path}", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field), problem
    assert problem["reason"].startswith(reason)
    assert door.log.events == []


async def test_a_key_and_an_id_are_not_given_both(door: Api) -> None:
    answer = await door.client.post(
        "/v1/members/ada/followups/a/done", headers={"idempotency-key": "k"}, json={"id": "e"}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "id")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "text/plain"}, b"{}", 415),
        ({}, b"{}", 415),
        ({"content-type": "application/json"}, b"{", 400),
        ({"content-type": "application/json"}, b"\xff", 400),
        ({"content-type": "application/json"}, b'{"until":' * 50_000, 400),
        ({"content-type": "application/json"}, b'{"until": NaN}', 422),
        ({"content-type": "application/json"}, b'{"until": "\\ud800"}', 422),
    ],
)
async def test_a_body_that_is_no_json_is_refused(door: Api, headers: dict[str, str], body: bytes, status: int) -> None:
    answer = await door.client.post("/v1/members/ada/followups/a/snooze", headers=headers, content=body)
    assert (answer.status_code, door.log.events) == (status, [])


async def test_what_kafka_did_not_acknowledge_may_be_said_again(door: Api) -> None:
    door.log.refuses = {"e1"}
    answer = await door.client.post("/v1/members/ada/followups/a/done", json={"id": "e1"})
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


async def test_the_log_names_who_said_what_and_no_word_of_it(door: Api) -> None:
    with capture_logs() as lines:
        await door.client.post("/v1/members/ada/followups", json=DUE)
    [line] = lines
    assert (line["event"], line["name"], line["member"], line["type"]) == (
        "a member's word was taken", "act", "ada", "rapport.followup.requested",
    )  # fmt: skip
    assert "slides" not in str(line)

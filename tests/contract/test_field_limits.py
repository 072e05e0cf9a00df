"""Every field has its bound, and dates, zones and wall times must be real."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, get_args, get_origin

import pytest
from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared.contracts import (
    EVENTS,
    ContactCadenceSet,
    ContactConnected,
    ContactDateSet,
    EventData,
    FollowupRequested,
    GatheringAttended,
    InviteKept,
    InviteRetractionProposed,
    InviteSent,
    MeetingProposed,
    MemberJoined,
    MemberPreferencesSet,
    MessageSent,
    NoteAdded,
    PromiseMade,
    PursuitOpened,
    Unreadable,
    from_json_line,
)
from shared.contracts.cloudevents import codec
from shared.contracts.fields import Instant, WallTime, Zone, zones

KEPT = {"invite_ids": ["a", "b"]}
MEETING = {"meeting_id": "m", "contact_ids": ["c"]}
WISH = {"followup_id": "f", "what": "Call", "due": "2026-12-01T09:00"}


def refused(model: type[BaseModel], fields: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refusal:
        model.model_validate_json(json.dumps(fields), strict=True)
    return ".".join(str(step) for step in refusal.value.errors()[0]["loc"])


@pytest.mark.parametrize(
    ("model", "fields", "where"),
    [
        (InviteKept, {"invite_ids": []}, "invite_ids"),
        (InviteKept, {"invite_ids": ["a", "a"]}, "invite_ids"),
        (InviteKept, {"invite_ids": [str(n) for n in range(1001)]}, "invite_ids"),
        (InviteKept, {"invite_ids": ["x" * 129]}, "invite_ids.0"),
        (InviteKept, {"invite_ids": ["x\u2028"]}, "invite_ids.0"),
        (InviteKept, {**KEPT, "for_days": 0}, "for_days"),
        (InviteKept, {**KEPT, "for_days": 3651}, "for_days"),
        (InviteKept, {**KEPT, "for_days": "30"}, "for_days"),
        (InviteKept, {**KEPT, "for_days": 1.5}, "for_days"),
        (MessageSent, {"contact_id": "c", "what": "x" * 2001}, "what"),
        (MemberJoined, {"name": "x" * 201}, "name"),
        (MemberJoined, {"name": "Ada\r\nBcc: x"}, "name"),
        (MemberJoined, {"name": "Ada", "email": "ada"}, "email"),
        (MemberJoined, {"name": "Ada", "email": "a@b\nc"}, "email"),
        (MemberJoined, {"name": "Ada", "zone": "Europe/Atlantis"}, "zone"),
        (MemberJoined, {"name": "Ada", "zone": "../etc/passwd"}, "zone"),
        (MemberJoined, {"name": "Ada", "locale": "english!"}, "locale"),
        (ContactDateSet, {"contact_id": "c", "label": "Day", "month": 2, "day": 30}, "day"),
        (ContactDateSet, {"contact_id": "c", "label": "Day", "month": 13, "day": 1}, "month"),
        (ContactDateSet, {"contact_id": "c", "label": "Day", "month": 2, "day": 31}, "day"),
        (ContactDateSet, {"contact_id": "c", "label": "Day", "month": 4, "day": 31}, "day"),
        (ContactDateSet, {"contact_id": "c", "label": "Day", "month": 4, "day": 0}, "day"),
        (ContactDateSet, {"contact_id": "c", "month": 4, "day": 1}, "label"),
        (ContactCadenceSet, {"contact_id": "c", "every_days": 0}, "every_days"),
        (ContactCadenceSet, {"contact_id": "c", "every_days": 10_000}, "every_days"),
        (ContactConnected, {"contact": {"id": "c"}}, "contact.name"),
        (ContactConnected, {"contact": {"id": "c", "name": ""}}, "contact.name"),
        (GatheringAttended, {"gathering_id": "g", "name": "G", "met": [{"id": "c"}]}, "met.0.name"),
        (NoteAdded, {"contact_id": "c", "what": "x" * 2001}, "what"),
        (InviteSent, {"invite_id": "i", "contact": {"id": "c", "name": "C"}, "note": "x" * 2001}, "note"),
        (PromiseMade, {"promise_id": "p", "contact_id": "c"}, "due"),
        (PromiseMade, {"promise_id": "p", "contact_id": "c", "due": "2026-02-30T09:00"}, "due"),
        (PursuitOpened, {"pursuit_id": "p"}, "goal"),
        (MemberPreferencesSet, {"zone": "Mars/Olympus"}, "zone"),
        (
            MemberPreferencesSet,
            {"rules": {"keep_promise": {"offsets_hours": [-1]}}},
            "rules.keep_promise.offsets_hours.0",
        ),
        (FollowupRequested, {**WISH, "due": "2026-12-01T09:00+01:00"}, "due"),
        (FollowupRequested, {**WISH, "due": "2026-12-01T09:00Z"}, "due"),
        (FollowupRequested, {**WISH, "due": "2026-12-01"}, "due"),
        (FollowupRequested, {**WISH, "due": 1796000000}, "due"),
        (FollowupRequested, {**WISH, "due": "2026-02-30T09:00"}, "due"),
        (FollowupRequested, {**WISH, "due": "2300-01-01T09:00"}, "due"),
        (FollowupRequested, {**WISH, "every_days": 0}, "every_days"),
        (MeetingProposed, {**MEETING, "starts": "2026-11-12T12:30"}, "zone"),
        (MeetingProposed, {**MEETING, "zone": "Europe/Paris"}, "zone"),
        (MeetingProposed, {**MEETING, "kind": "breakfast"}, "kind"),
        (MeetingProposed, {**MEETING, "minutes": 0}, "minutes"),
        (MemberPreferencesSet, {"per_day": 51}, "per_day"),
        (MemberPreferencesSet, {"per_day": True}, "per_day"),
        (MemberPreferencesSet, {"quiet_hours": {"from": "24:00"}}, "quiet_hours.from"),
        (MemberPreferencesSet, {"quiet_hours": {"to": "8:00"}}, "quiet_hours.to"),
        (MemberPreferencesSet, {"digest": {"every": "hourly"}}, "digest.every"),
        (MemberPreferencesSet, {"digest": {"weekday": "Mon"}}, "digest.weekday"),
        (MemberPreferencesSet, {"retraction": {"after_days": 0}}, "retraction.after_days"),
        (MemberPreferencesSet, {"rules": {"thank": {"offsets_days": [-1]}}}, "rules.thank.offsets_days.0"),
        (MemberPreferencesSet, {"rules": {"thank": {"offsets_days": []}}}, "rules.thank.offsets_days"),
        (
            MemberPreferencesSet,
            {"rules": {"meeting_today": {"offsets_hours": [337]}}},
            "rules.meeting_today.offsets_hours.0",
        ),
        (
            MemberPreferencesSet,
            {"rules": {"meeting_today": {"offsets_hours": []}}},
            "rules.meeting_today.offsets_hours",
        ),
        (MemberPreferencesSet, {"rules": {"thank": {"push": "yes"}}}, "rules.thank.push"),
        (MemberPreferencesSet, {"rules": {"Thank!": {}}}, "rules.Thank!.[key]"),
        (MemberPreferencesSet, {"paused_until": "2026-02-30T09:00"}, "paused_until"),
    ],
)
def test_what_is_out_of_bounds_is_refused_where_it_stands(
    model: type[BaseModel], fields: dict[str, Any], where: str
) -> None:
    assert refused(model, fields) == where


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("contact.date_set", {"contact_id": "c", "label": "Day", "month": 2, "day": 31}, "day: is no day of that month"),
        ("contact.cadence_set", {"contact_id": "c", "every_days": 10_000}, "every_days: must be less than or equal"),
        ("contact.cadence_set", {"contact_id": "c", "every_days": 0}, "every_days: must be greater than or equal"),
        ("member.preferences_set", {"zone": "Mars/Olympus"}, "zone: must be an IANA time zone"),
        ("note.added", {"contact_id": "c", "what": "x" * 2001}, "what: must have at most 2000 characters"),
        ("contact.connected", {"contact": {"id": "c"}}, "contact.name: is missing"),
        ("meeting.held", {"meeting_id": "m", "contact_ids": []}, "contact_ids: must have at least 1 item"),
        (
            "member.preferences_set", {"rules": {"thank": {"offsets_days": [-1]}}},
            "rules.thank.offsets_days.0: must be greater than or equal to 0",
        ),
    ],
)  # fmt: skip
def test_whoever_sends_what_can_not_be_is_told_the_field_and_the_reason(
    kind: str, fields: dict[str, Any], said: str
) -> None:
    event = {
        "id": "e",
        "source": "/product",
        "type": f"rapport.{kind}",
        "time": "2026-11-03T09:00:00Z",
        "memberid": "m",
    }
    with pytest.raises(Unreadable) as refusal:
        from_json_line({**event, "data": fields})
    assert said in str(refusal.value)


def test_an_offset_in_a_wall_time_is_refused_with_its_reason() -> None:
    with pytest.raises(ValidationError, match="without an offset"):
        TypeAdapter(WallTime).validate_json('"2026-12-01T09:00:00+01:00"')
    with pytest.raises(ValidationError, match="without an offset"):
        TypeAdapter(WallTime).validate_python(datetime(2026, 12, 1, 9, tzinfo=UTC))


def test_an_instant_is_utc_in_whole_milliseconds() -> None:
    given = datetime(2026, 12, 1, 9, 0, 0, 1999, tzinfo=timezone(timedelta(hours=1)))
    assert TypeAdapter(Instant).validate_python(given) == datetime(2026, 12, 1, 8, 0, 0, 1000, tzinfo=UTC)
    with pytest.raises(ValidationError, match="offset"):
        TypeAdapter(Instant).validate_python(given.replace(tzinfo=None))


def test_the_twenty_ninth_of_february_can_be_remembered() -> None:
    assert ContactDateSet(contact_id="c", label="Birthday", month=2, day=29).day == 29


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/Argentina/Buenos_Aires", "US/Eastern"])
def test_iana_names_are_zones(zone: str) -> None:
    assert TypeAdapter(Zone).validate_python(zone) in zones()


def test_preferences_may_be_set_in_part() -> None:
    part = MemberPreferencesSet.model_validate_json('{"quiet_hours":{"from":"22:30"},"per_day":null}', strict=True)
    assert part.model_dump_json(by_alias=True, exclude_none=True) == '{"quiet_hours":{"from":"22:30"}}'


def test_equal_preferences_have_equal_bytes_whatever_the_order_of_their_rules() -> None:
    one = MemberPreferencesSet.model_validate({"rules": {"thank": {"on": True}, "expire": {"on": False}}})
    other = MemberPreferencesSet.model_validate({"rules": {"expire": {"on": False}, "thank": {"on": True}}})
    assert one.model_dump_json() == other.model_dump_json()


def test_an_invite_stands_in_a_proposal_once() -> None:
    invite = {"invite_id": "i", "contact": {"id": "c", "name": "C"}, "sent_at": "2026-01-01T00:00:00Z"}
    fields = {"proposal_id": "p", "invites": [invite, invite], "oldest_days": 90, "attempt": 1}
    assert refused(InviteRetractionProposed, fields) == "invites"


def is_bounded(annotation: Any, metadata: list[Any]) -> bool:
    """Tell whether texts and collections have a length, and numbers a range."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return is_bounded(inner, [*metadata, *more])
    if inner := [part for part in get_args(annotation) if part is not type(None)]:
        flat = [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])]
        if get_origin(annotation) in (tuple, dict):
            parts = [part for part in inner if part is not Ellipsis]
            return any(isinstance(part, MaxLen) for part in flat) and all(is_bounded(part, []) for part in parts)
        return all(isinstance(part, str) or is_bounded(part, metadata) for part in inner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return all(is_bounded(field.annotation, list(field.metadata)) for field in annotation.model_fields.values())
    flat = [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])]
    if annotation is str:
        texts = [part for part in flat if isinstance(part, StringConstraints)]
        return any(isinstance(part, MaxLen) for part in flat) or any(part.max_length or part.pattern for part in texts)
    if annotation is int:
        return any(isinstance(part, Ge) for part in flat) and any(isinstance(part, Le) for part in flat)
    return annotation.__name__ in ("bool", "datetime", "time")


@pytest.mark.parametrize("name", EVENTS)
def test_every_field_has_a_limit(name: str) -> None:
    assert is_bounded(EVENTS[name], [])


def test_a_field_without_a_limit_would_be_seen() -> None:
    class Boundless(BaseModel):
        words: str

    class Endless(BaseModel):
        words: Annotated[tuple[Annotated[str, StringConstraints(max_length=3)], ...], "no length"]

    assert not is_bounded(Boundless, [])
    assert not is_bounded(Endless, [])


@pytest.mark.parametrize(
    ("kind", "data", "where"),
    [
        (ContactConnected, {"contact": {"id": "c", "name": " \u3000 "}}, "data.contact.name"),
        (GatheringAttended, {"gathering_id": "g", "name": "G", "met": [{"id": "c", "name": " "}]}, "data.met.0.name"),
        (MemberJoined, {"name": "  "}, "data.name"),
    ],
)
def test_a_name_of_blanks_is_refused_where_it_is_told_and_read_where_it_stands_on_a_topic(
    kind: type[EventData], data: dict[str, Any], where: str
) -> None:
    """A topic keeps what it holds for ever: were it not read again, a rebuilt store would know another past."""
    event = {"id": "e1", "source": "/product", "type": kind.TYPE, "time": "2026-11-03T09:00:00Z", "memberid": "ada"}
    with pytest.raises(Unreadable) as refusal:
        from_json_line({**event, "data": data})
    assert (refusal.value.field, refusal.value.reason) == (where, "must be more than blanks")
    headers = [(f"ce_{name}", text.encode()) for name, text in {"specversion": "1.0", **event}.items()]
    logged = datetime(2026, 11, 3, 10, tzinfo=UTC)
    value = json.dumps(data).encode()
    read = codec.decode(key=b"ada", value=value, headers=headers, logged=logged, topic=kind.TOPIC)
    assert read is not None
    assert json.loads(codec.encode(read)[1]) == data

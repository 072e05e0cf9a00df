"""A record that is read at one look is read as header by header: the same event, or the same refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts import ACTIVITY, FOLLOWUPS, INVITES, Event, InviteSent, MemberJoined, Unreadable
from shared.contracts.cloudevents import codec
from shared.contracts.cloudevents.fast_path import glance
from shared.contracts.limits import EVENT_ID_CHARS_MAX, ID_CHARS_MAX, SOURCE_CHARS_MAX

LOGGED = datetime(2026, 11, 3, 10, tzinfo=UTC)
VALUE = b'{"invite_id":"inv-1","contact":{"id":"zoe","name":"Zoe"}}'
HEADERS = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"evt-1"),
    ("ce_source", b"/product"),
    ("ce_type", b"rapport.invite.sent"),
    ("ce_time", b"2026-11-03T09:00:00.000Z"),
    ("ce_memberid", b"ada"),
    ("content-type", b"application/json"),
)
Headers = tuple[tuple[str, bytes | None], ...]

TIMES = st.sampled_from([
    b"2026-11-03T09:00:00Z", b"2026-11-03t09:00:00.000Z", b"2026-11-03T09:00:00.000z", b"2026-11-03 09:00:00.000Z",
    b"2026-11-03T09:00:60.000Z", b"2026-11-03T24:00:00.000Z", b"2026-02-30T09:00:00.000Z", b"2026-11-03T09:00:00.1234Z",
    b"0001-01-01T00:00:00.000Z", b"9999-12-31T23:59:59.999Z", b"1969-12-31T23:59:59.999Z", b"2026-11-03T09:00:00.000+00:00",
])  # fmt: skip
NAMES = st.one_of(
    st.text(max_size=8).map(str.encode),
    st.binary(max_size=4),
    st.sampled_from([EVENT_ID_CHARS_MAX, ID_CHARS_MAX, SOURCE_CHARS_MAX]).flatmap(
        lambda most: st.sampled_from([b"x" * most, b"x" * (most + 1), "ü".encode() * most, "ü".encode() * (most + 1)])
    ),
    st.none(),
)
TYPES = st.sampled_from([b"rapport.invite.sent", b"rapport.member.joined", b"rapport.invite.ignored", b"other", b""])
VALUES = st.one_of(TIMES, NAMES, TYPES, st.sampled_from([b"1.0", b"0.3", b"application/json", b"text/plain", b"ada"]))


@st.composite
def headers(draw: st.DrawFn) -> Headers:
    """Return the headers of an event, of which some are other ones, missing, doubled or in another order."""
    made: list[tuple[str, bytes | None]] = list(HEADERS)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(HEADERS) - 1))
        made[place] = (made[place][0], draw(VALUES))
    if draw(st.integers(0, 3)) == 0:
        made.pop(draw(st.integers(0, len(made) - 1)))
    if draw(st.integers(0, 3)) == 0:
        more = draw(st.sampled_from(["ce_id", "ce_origin", "ce_sequence", "traceparent", "ce_extra", "plain"]))
        made.append((more, draw(VALUES)))
    return tuple(draw(st.permutations(made)) if draw(st.booleans()) else made)


def outcome(key: bytes | None, told: Headers, topic: str, *, at_a_glance: bool) -> object:
    """Return the event, or why it is refused; read in the way that is tested or in the other one."""
    with patch.object(codec, "glance", glance if at_a_glance else lambda *_: None):
        try:
            return codec.decode(key, VALUE, told, LOGGED, topic, applies={InviteSent})  # type: ignore[arg-type]  # Kafka knows null
        except Unreadable as refusal:
            return refusal.field, refusal.reason


@given(st.sampled_from([b"ada", b"bob", None]), headers(), st.sampled_from([ACTIVITY, INVITES, FOLLOWUPS]))
@example(b"ada", HEADERS, ACTIVITY)
@example(b"ada", (*HEADERS[:4], ("ce_time", b"2026-11-03 09:00:00.000Z"), *HEADERS[5:]), ACTIVITY)
@example(b"ada", (*HEADERS[:4], ("ce_time", b"0001-11-03T09:00:00.000Z"), *HEADERS[5:]), ACTIVITY)
@example(b"ada", (HEADERS[0], ("ce_id", b"a\x00b"), *HEADERS[2:]), ACTIVITY)
def test_what_is_read_at_a_glance_is_read_alike_header_by_header(key: bytes | None, told: Headers, topic: str) -> None:
    assert outcome(key, told, topic, at_a_glance=True) == outcome(key, told, topic, at_a_glance=False)


def test_what_our_own_encoder_writes_of_an_event_is_read_at_a_glance() -> None:
    event = Event("evt-1", "ada", LOGGED, LOGGED, MemberJoined(name="Ada"), "/product")
    key, _, told = codec.encode(event)
    assert glance(key, told, ACTIVITY) == (MemberJoined, "evt-1", "ada", LOGGED, "/product")

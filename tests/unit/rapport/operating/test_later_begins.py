"""What commands and answers do on a log that begins later: what snapshots know is asked of those that exist, and no others.

Where `--begin-at-earliest` was the way, there never were any. Without the question which topics exist, a reader waits for a
topic that nobody makes, and then fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.inspect.memory import member_replay
from rapport.inspect.memory.member_replay import remember
from rapport.operating.asked import Questions
from rapport.operating.whole import NEEDED, begins_later
from rapport.system import activity, endpoints, log_begin
from rapport.system.activity import whole_activity_of
from rapport.system.log_begin import WHOLE, LogBegin
from rapport.terminal.failure import Failure, Unanswerable
from shared.config.settings import Settings
from shared.contracts import ACTIVITY, Contact, Event, InviteSent, MemberErased, encode
from shared.contracts.topic_names import INVITES_SNAPSHOTS
from shared.runtime.kafka.connection import KafkaAccess
from shared.runtime.ports.instants import to_ms
from shared.runtime.ports.interfaces import Record
from shared.runtime.processing.reading import read_event

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = LogBegin(lost=True, since=AT)
ACCESS = KafkaAccess("nowhere:9092")


class Bar:
    def advance(self, *_: Any) -> None:
        """Show nothing."""


def sent() -> Record:
    data = InviteSent(invite_id="i", contact=Contact(id="c", name="C"))
    key, value, headers = encode(Event("e7", "ada", AT, AT, data, source="/product"))
    return Record(ACTIVITY, 0, 7, key, value, headers, to_ms(AT))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A log of one topic; returns what exists, where it begins, and which topics of snapshots were read."""
    state: dict[str, Any] = {"there": {ACTIVITY: 1}, "begin": LATER, "read": []}

    async def there(_: Any) -> Mapping[str, int]:
        return dict(state["there"])

    async def begin(_: Any, topics: Iterable[str], partition: int) -> LogBegin:
        assert partition == 0
        assert ACTIVITY in topics
        found: LogBegin = state["begin"]
        return found

    async def about(*_: Any) -> Mapping[str, Sequence[Record]]:
        return {ACTIVITY: [sent()]}

    async def of_snapshots(
        _: Any, __: str, ___: Any, topics: Iterable[str], ____: int
    ) -> Mapping[str, Sequence[Record]]:
        state["read"] += topics
        return {}

    monkeypatch.setattr(endpoints, "topic_partitions", there)
    monkeypatch.setattr(log_begin, "log_begin", begin)
    monkeypatch.setattr(member_replay, "log_begin", begin)
    monkeypatch.setattr(member_replay, "records_about", about)
    monkeypatch.setattr(member_replay, "records_with", of_snapshots)
    return state


async def test_why_tells_from_when_on_where_there_never_were_snapshots(asked: dict[str, Any]) -> None:
    memory = await remember(ACCESS, "ada", (), AT, Bar())  # type: ignore[arg-type]
    assert memory.keys("invites") == ["invite/i"]
    assert memory.begins_at == "2026-03-02T09:00:00.000Z"
    assert asked["read"] == [], "no topic is waited for that nobody makes"


async def test_why_asks_the_snapshots_that_exist(asked: dict[str, Any]) -> None:
    asked["there"][INVITES_SNAPSHOTS] = 1
    await remember(ACCESS, "ada", (), AT, Bar())  # type: ignore[arg-type]
    assert asked["read"] == [INVITES_SNAPSHOTS]


async def test_what_would_come_is_told_from_snapshots_or_not_at_all(asked: dict[str, Any]) -> None:
    with pytest.raises(Unanswerable, match="begin on 2026-03-02, earlier ones are no longer kept"):
        await coming_of("ada")
    asked["begin"] = LogBegin(lost=True)
    with pytest.raises(Unanswerable, match="begin later"):
        await begins_later(ACCESS, "ada")
    asked["there"] |= dict.fromkeys(NEEDED, 1)
    assert await begins_later(ACCESS, "ada")
    asked["begin"] = WHOLE
    assert not await begins_later(ACCESS, "ada")


async def test_what_would_come_is_the_same_from_snapshots_as_from_all(asked: dict[str, Any]) -> None:
    asked["there"] |= dict.fromkeys(NEEDED, 1)
    found = await coming_of("ada", 200)
    assert found["events"]["rapport.invite.retraction_proposed"]
    asked["begin"] = WHOLE
    assert told_of(await coming_of("ada", 200)) == told_of(found)
    asked["begin"] = LATER
    never = await coming_of("ada", 200, retraction={"policy": "never"})
    assert "rapport.invite.retraction_proposed" not in never["events"], "and what is wished counts"


async def coming_of(member: str, days: int = 7, **wishes: Any) -> Mapping[str, Any]:
    questions = Questions(Settings(), ACCESS, None, lambda: AT)  # type: ignore[arg-type]
    return await questions._preview(member, days, wishes, Bar())  # type: ignore[arg-type]


def told_of(found: Mapping[str, Any]) -> dict[str, list[tuple[str, Any]]]:
    return {kind: [(one["time"], one["data"]) for one in events] for kind, events in found["events"].items()}


async def test_an_import_that_tells_changes_knows_all_that_was_told_or_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    """Else a meeting that was told before the begin is never cancelled, and people told then are told again."""
    events = [read_event(sent())]

    async def standing(*_: Any) -> list[Any]:
        return events

    monkeypatch.setattr(activity, "activity_of", standing)
    monkeypatch.setattr(activity, "log_begin", log_begin.log_begin)
    monkeypatch.setattr(activity, "partitions_of", endpoints.partitions_of)
    with pytest.raises(Failure, match="begin on 2026-03-02"):
        await whole_activity_of(ACCESS, "ada")
    events.append(Event("e9", "ada", AT, AT, MemberErased(), source="/product"))
    assert await whole_activity_of(ACCESS, "ada") == events, "an erasure forgets what came before"
    asked["begin"] = WHOLE
    assert await whole_activity_of(ACCESS, "ada") == events

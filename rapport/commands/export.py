"""`rapport export`: all that is kept of a member, as one JSON object. It answers whoever asks what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rapport.serving.uploads import KeptUpload
    from rapport.terminal.output import Bar
    from shared.config.settings import Settings
    from shared.runtime.ports.interfaces import Record


def export(member: Annotated[str, typer.Argument(help="The member's id.")]) -> None:
    """Print all that is kept of a member as one JSON object: what services know, what was uploaded, what topics hold.

    Exits with 1 when nothing is kept of the member, or when more than 200,000 records are about them.
    """
    from rapport.system.endpoints import settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import late_bar, print_json

    with late_bar("reading") as bar:
        kept = run_against(_kept(settings(), member, bar))
    stored = kept["upload"] is not None or any(of["known"] for of in kept["services"].values())
    if not kept["topics"] and not stored:
        raise Failure("nothing is kept of this member")
    print_json(kept, indent=2)


async def _kept(settings: Settings, member: str, bar: Bar) -> dict[str, Any]:
    from rapport.commands.show import stored_of
    from rapport.inspect.memory.member_replay import records_about
    from rapport.serving.uploads import kept_upload
    from rapport.system.endpoints import kafka_access, partitions_of, store_client
    from rapport.system.log_begin import log_begin
    from shared.contracts import ACTIVITY, DEAD_LETTERS, EVENT_TOPICS, partition_for
    from shared.contracts.fields import instant_text
    from shared.runtime.redis.uploads import RedisUploads

    stored = await stored_of(settings, member, wakes_max=None)
    async with store_client(settings) as client:
        upload = of_upload(await kept_upload(RedisUploads(client, settings.partitions), member))
    access = kafka_access(settings)
    records = await records_about(access, member, bar, [*EVENT_TOPICS, DEAD_LETTERS])
    number = partition_for(member, await partitions_of(access, ACTIVITY))
    begin = await log_begin(access, sorted(EVENT_TOPICS), number)
    since = None if begin.since is None else instant_text(begin.since)
    return {**stored, "upload": upload, "topics_from": since, "topics": of_topics(records, incarnation_in(stored))}


def of_upload(found: KeptUpload | None) -> dict[str, Any] | None:
    """Return what is kept of an upload: how far it is, and the events that are not published yet."""
    from shared.contracts import to_json

    if found is None:
        return None
    return {"import": found.kept.model_dump(mode="json"), "events": [to_json(event) for event in found.events]}


def incarnation_in(stored: Mapping[str, Any]) -> int:
    """Return the last incarnation of the member that any service knows: what lies before it is of before an erasure."""
    notes = (of["notes"] or {} for of in stored["services"].values())
    return max((one.get("incarnation", 0) for one in notes), default=0)


def of_topics(records: Mapping[str, Sequence[Record]], begins: int) -> dict[str, list[dict[str, Any]]]:
    """Return each topic's records in their order, as JSON has them. `begins`: the member's last incarnation."""
    return {topic: [_entry(one, begins) for one in found] for topic, found in sorted(records.items()) if found}


def _entry(record: Record, begins: int) -> dict[str, Any]:
    """Return one record: its event where it is one, or what stands there, with bytes that are no text replaced."""
    from shared.contracts import Event, to_json
    from shared.contracts.fields import instant_text
    from shared.runtime.ports.instants import from_ms
    from shared.runtime.processing.reading import read_event

    place = {"offset": record.offset, "logged": instant_text(from_ms(record.logged_ms))}
    event = read_event(record)
    if not isinstance(event, Event):
        headers = {name: value.decode(errors="replace") for name, value in record.headers}
        value = None if record.value is None else record.value.decode(errors="replace")
        earlier = {"before_erasure": True} if _is_before(record, begins) else {}
        return {**place, **earlier, "headers": headers, "value": value}
    return {**place, **({"before_erasure": True} if is_of_before(record, begins) else {}), "event": to_json(event)}


def is_of_before(record: Record, begins: int) -> bool:
    """Say whether a record lies before the member's last incarnation, which `begins` names."""
    from shared.contracts import Event
    from shared.runtime.processing.member.incarnation import is_of_a_service, named_by
    from shared.runtime.processing.reading import read_event

    event = read_event(record)
    if not isinstance(event, Event):
        return _is_before(record, begins)
    return (named_by(event, begins) if is_of_a_service(event) else event.offset or 0) < begins


def _is_before(record: Record, begins: int) -> bool:
    """Say whether a record that is no event, or the one that a dead letter names, stands before the last incarnation."""
    from shared.contracts import ACTIVITY, DEAD_LETTERS, DeadLetter

    if record.topic != DEAD_LETTERS:
        return record.topic == ACTIVITY and record.offset < begins
    try:
        letter = DeadLetter.model_validate_json(record.value or b"")
    except ValueError:
        return False
    return letter.topic == ACTIVITY and letter.partition == record.partition and letter.offset < begins

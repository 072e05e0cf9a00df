"""`rapport erased`: whether anything is left of a member who was erased, where, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from rapport.serving.uploads import KeptUpload
    from rapport.terminal.output import Bar
    from shared.config.settings import Settings
    from shared.runtime.ports.interfaces import Record

COMPACTED = "until Kafka compacts: a day at most once something more is written to that partition"
LEFT_BEHIND = "for ever: RAPPORT_SNAPSHOT_DAYS is not set; delete the topic, or set it again"
LAST_RECORD = "; the last record that the service has put on a partition stays until it says something more there"
KEPT = "for ever: RAPPORT_RETENTION_DAYS is not set"


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is left of what was known before the erasure."""

    where: str
    count: int
    until: str

    def as_dict(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"where": self.where, "count": self.count, "until": self.until}


def erased(
    member: Annotated[str, typer.Argument(help="The member's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look in stores, uploads, snapshots and topics for what is left of a member who was erased; list where, and until when.

    Of who has joined again it looks for what is of before. Exits with 1 when anything is left, and when nobody knows of an
    erasure.
    """
    from rapport.system.endpoints import settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import late_bar, print_json

    with late_bar("reading") as bar:
        begins, left = run_against(_look(settings(), member, bar))
    if not begins:
        raise Failure("no service knows of an erasure of this member (or has not read it yet)")
    if as_json:
        print_json({"member": member, "left": [one.as_dict() for one in left]}, indent=2)
    else:
        for one in left:
            print(f"{one.where}: {one.count:,}, {one.until}")
        if not left:
            print("nothing is left: stores and snapshots know that there was an erasure, and no more")
    if left:
        raise typer.Exit(1)


async def _look(settings: Settings, member: str, bar: Bar) -> tuple[int, list[Left]]:
    from rapport.commands.export import incarnation_in
    from rapport.commands.show import stored_of
    from rapport.composition import SERVICES
    from rapport.inspect.memory.member_replay import records_about, records_with
    from rapport.serving.uploads import kept_upload
    from rapport.system.endpoints import existing, kafka_access, store_client
    from shared.contracts import DEAD_LETTERS, EVENT_TOPICS
    from shared.runtime.redis.uploads import RedisUploads

    async with store_client(settings) as client:
        upload = await kept_upload(RedisUploads(client, settings.partitions), member)
    stored, access = await stored_of(settings, member), kafka_access(settings)
    begins = incarnation_in(stored)
    topics = await records_about(access, member, bar, [*EVENT_TOPICS, DEAD_LETTERS])
    snapshots: Mapping[str, Sequence[Record]] = {}
    if names := await existing(access, [service.snapshots for service in SERVICES.values()]):
        snapshots = await records_with(access, member, bar, names, stored["partition"])
    written = settings.snapshot_every is not None
    parts = in_snapshots(snapshots, begins, written=written)
    found = [*in_stores(stored, begins), *in_uploads(upload, begins), *parts, *in_topics(topics, begins, settings.keep)]
    return begins, found


def in_stores(stored: Mapping[str, Any], begins: int) -> list[Left]:
    """Return the stores that know something of before the erasure."""
    return [
        Left(f"store of {name}", len(of["items"]), "until the service has read the erasure")
        for name, of in stored["services"].items()
        if of["known"] and (of["notes"] or {}).get("incarnation", 0) < begins
    ]


def in_uploads(upload: KeptUpload | None, begins: int) -> list[Left]:
    """Return what is kept of an upload that began before the erasure: its events, or at least what it says of itself."""
    if upload is None or upload.kept.incarnation >= begins:
        return []
    return [Left("upload in the store", max(len(upload.events), 1), f"until {upload.kept.expires:%Y-%m-%d %H:%M} UTC")]


def in_snapshots(records: Mapping[str, Sequence[Record]], begins: int, *, written: bool = True) -> list[Left]:
    """Return the topics of snapshots in which parts of before the erasure stand, written over or not.

    `written`: whether snapshots are switched on. Who switches them off leaves the topics as they are.
    """
    from shared.runtime.snapshot_model.snapshot_form import part_in

    found = []
    for topic, of_member in sorted(records.items()):
        latest = {record.key: record.offset for record in of_member}
        older = [one for one in of_member if one.value is not None and part_in(one).incarnation < begins]
        if not older:
            continue
        stands = any(latest[one.key] == one.offset for one in older)
        until = COMPACTED if not stands else "until the service's next snapshot" if written else LEFT_BEHIND
        found.append(Left(topic, len(older), until))
    return found


def in_topics(records: Mapping[str, Sequence[Record]], begins: int, keep: timedelta | None) -> list[Left]:
    """Return the topics in which records of before the erasure stand. `keep`: how long those of events are kept."""
    from rapport.commands.export import is_of_before
    from shared.contracts import DEAD_LETTERS, OWN_TOPICS
    from shared.contracts.topics import topic_plan
    from shared.runtime.ports.instants import from_ms

    plan = {topic.name: topic.retention_ms for topic in topic_plan().topics}
    found = []
    for topic, of_member in sorted(records.items()):
        if not (before := [one for one in of_member if is_of_before(one, begins) and not _says_erased(one)]):
            continue
        last = from_ms(max(one.logged_ms for one in before))
        if topic == DEAD_LETTERS:
            until = (
                f"until {from_ms(max(one.logged_ms for one in before) + plan[topic]):%Y-%m-%d} (Kafka's own retention)"
            )
        else:
            until = KEPT if keep is None else _until(last, keep) + LAST_RECORD * (topic in OWN_TOPICS)
        found.append(Left(topic, len(before), until))
    return found


def _says_erased(record: Record) -> bool:
    """Say whether the record is an erasure itself: it holds the member's id, and nothing that was known of them."""
    from shared.contracts import Event, MemberErased
    from shared.runtime.processing.reading import read_event

    event = read_event(record)
    return isinstance(event, Event) and isinstance(event.data, MemberErased)


def _until(last: datetime, keep: timedelta) -> str:
    return f"until {last + keep:%Y-%m-%d}, or until every service has covered it by a snapshot after that"

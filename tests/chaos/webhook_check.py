"""The judgement on webhooks: what a receiver has kept of all that it was given, against what stands on the topics.

Every event of the chosen types came at least once, with a signature that holds and the data that was said; of a member and
a topic none came before the one before it; and nothing came that nobody said. Some come again under the same id: they may.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.topic_names import OWN_TOPICS
from tests.chaos.driven import digest_of
from tests.e2e.outside import Records


@dataclass(frozen=True, slots=True)
class Said:
    """An event that a receiver is to be given."""

    member: str
    type: str
    data: str
    """Its digest."""
    place: int
    """Among those of its member and topic, from 0."""
    line: tuple[str, str]
    """Topic and member: within these there is an order."""


def said_in(records: Records, wanted: Callable[[str], bool]) -> dict[str, Said]:
    """Return what stands on the services' topics of the types that are wanted, by id."""
    found: dict[str, Said] = {}
    lengths: dict[tuple[str, str], int] = defaultdict(int)
    for (topic, _), told in sorted(records.items()):
        for record in told if topic in OWN_TOPICS else ():
            headers = {name: value.decode() for name, value in record.headers if name.startswith("ce_")}
            if not wanted(headers["ce_type"]):
                continue
            line = topic, headers["ce_memberid"]
            data = digest_of(json.loads(record.value or b""))
            found[headers["ce_id"]] = Said(line[1], headers["ce_type"], data, lengths[line], line)
            lengths[line] += 1
    return found


def webhooks_against(said: Mapping[str, Said], taken: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Yield what is wrong with what a receiver was given, in the order in which it was."""
    came: set[str] = set()
    next_place: dict[tuple[str, str], int] = defaultdict(int)
    for one in taken:
        if "forged" in one:
            yield f"a webhook came with a signature that does not hold: {one['forged']}"
            continue
        event = said.get(one["id"])
        if event is None:
            yield f"a webhook {one['id']} ({one['type']}) came that was not chosen, or that nobody has said"
            continue
        if (one["header"], one["memberid"], one["type"], one["data"]) != (
            one["id"],
            event.member,
            event.type,
            event.data,
        ):
            yield f"the webhook {one['id']} of {event.member} is not what was said"
        if one["id"] in came:
            continue
        came.add(one["id"])
        if event.place != next_place[event.line]:
            yield f"the webhook {one['id']} of {event.member} came before one that was said earlier"
        next_place[event.line] = max(next_place[event.line], event.place + 1)
    yield from (f"the webhook {identity} of {said[identity].member} never came" for identity in said.keys() - came)

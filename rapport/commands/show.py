"""`rapport show`: what each service knows of a member, as its store has it now."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from shared.config.settings import Settings
    from shared.decider import Decider
    from shared.runtime.redis.store import RedisStore

PAGE_ITEMS_MAX = 500
"""Items that are loaded at once."""
WAKES_MAX = 1_000
"""Wakes that are shown of one service: the next ones."""
WAKES_SHOWN_MAX = 20
"""Of them, with `--raw`."""
NEXT_SHOWN_MAX = 3
"""Of them, to people."""


def show(
    member: Annotated[str, typer.Argument(help="The member's id.")],
    raw: Annotated[bool, typer.Option("--raw", help="Print all of it as it is stored.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show in a few lines what is known of a member, per service; all of it with `--raw` or `--json`.

    Exits with 1 when nothing is known of the member.
    """
    from rapport.system.endpoints import settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import print_json

    stored = run_against(stored_of(settings(), member))
    if as_json:
        print_json(stored, indent=2)
    elif any(of["known"] for of in stored["services"].values()):
        if raw:
            _print_stored(stored)
        else:
            print("\n".join(in_short(stored)))
    if not any(of["known"] for of in stored["services"].values()):
        raise Failure("nothing is known of this member (or the services have not read it yet)")


async def stored_of(settings: Settings, member: str, wakes_max: int | None = WAKES_MAX) -> dict[str, Any]:
    """Return what each service's store has of a member, as JSON has it: of each the next wakes, or with None all."""
    from rapport.composition import SERVICES
    from rapport.system.endpoints import kafka_access, partitions_of, store_client
    from shared.contracts import ACTIVITY, partition_for
    from shared.runtime.redis.store import RedisStore

    partition = partition_for(member, await partitions_of(kafka_access(settings), ACTIVITY))
    async with store_client(settings) as client:
        services = {
            name: await _of_service(RedisStore(client, name), decider, partition, member, wakes_max)
            for name, decider in SERVICES.items()
        }
    return {"member": member, "partition": partition, "services": services}


async def _of_service(
    store: RedisStore, decider: Decider[Any, Any], partition: int, member: str, wakes_max: int | None
) -> dict[str, Any]:
    from rapport.inspect.memory.to_primitives import plain
    from shared.contracts.fields import instant_text
    from shared.runtime.ports.instants import from_ms
    from shared.runtime.processing.member.member_state import NOTES, PROFILE
    from shared.runtime.processing.member.runtime_meta import noted_in
    from shared.runtime.processing.member.stored_form import StoredForm

    keys = (await store.keys(partition, [member]))[member]
    stored: dict[str, bytes] = {}
    for first in range(0, max(len(keys), 1), PAGE_ITEMS_MAX):
        page = [PROFILE, NOTES, *keys[first : first + PAGE_ITEMS_MAX]]
        found = (await store.load(partition, {member: page})).members[member]
        stored |= {key: value for key, value in found.items() if value is not None}
    wakes = await store.wakes(partition, member, wakes_max)
    form: StoredForm[Any, Any] = StoredForm(decider)
    profile, notes = stored.pop(PROFILE, None), stored.pop(NOTES, None)
    noted, recent = (None, b"") if notes is None else noted_in(notes)
    return {
        # That somebody was erased is kept, so that what comes late is skipped; it is nothing known of them.
        "known": bool(stored or profile or (noted is not None and (noted.parked or not noted.erased))),
        "profile": None if profile is None else plain(form.profile(profile)),
        "items": {key: plain(form.item(key, value)) for key, value in stored.items()},
        "wakes": [{"at": instant_text(from_ms(wake)), "key": key} for wake, key in wakes],
        "notes": None if noted is None else {**plain(noted), "recent": recent.hex()},
    }


def in_short(stored: dict[str, Any]) -> list[str]:
    """Return what is known as a few lines for people: how much of each kind, and what the services come to next."""
    lines: list[str] = []
    for name, of in stored["services"].items():
        kinds = Counter(key.partition("/")[0] for key in of["items"])
        held = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items())) or "nothing yet"
        lines.append(f"{name}: {held}")
        lines += [f"  looks at {wake['key']} on {wake['at']}" for wake in of["wakes"][:NEXT_SHOWN_MAX]]
        if (more := len(of["wakes"]) - NEXT_SHOWN_MAX) > 0:
            lines.append(f"  and at {more:,} more after that")
        if of["notes"] and of["notes"].get("parked"):
            lines.append("  some of it is parked: a rule failed (--raw shows what)")
    member = stored["member"]
    lines.append(f"What comes up: rapport agenda {member}")
    lines.append(f"Why, of one item: rapport why {member} ITEM")
    lines.append("All of it as it is stored: --raw")
    return lines


def _print_stored(stored: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.pretty import pretty_repr

    console = Console(highlight=False, soft_wrap=True)
    for name, of in stored["services"].items():
        console.print(f"[bold]{name}[/bold]  ({len(of['items'])} items, {len(of['wakes'])} wakes)")
        if of["profile"]:
            console.print(escape(f"  profile  {pretty_repr(of['profile'], max_width=110)}"))
        for key, item in of["items"].items():
            console.print(escape(f"  {key}  {pretty_repr(item, max_width=110)}"))
        for wake in of["wakes"][:WAKES_SHOWN_MAX]:
            console.print(escape(f"  wakes {wake['at']}  {wake['key']}"))
        if of["notes"]:
            console.print(escape(f"  notes  {pretty_repr(of['notes'], max_width=110)}"))

"""`rapport why`: what happened to an item of a member, why something came of it or not, what comes next, what would end it.

It is read again from the member's partition, with the rules that the services run by; no store is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rapport.inspect.item_steps import Step
    from rapport.inspect.memory.item_lookup import Target
    from rapport.inspect.memory.member_replay import Memory

STEPS_SHOWN_MAX = 60
"""Steps that people are shown: the latest ones. JSON has up to `STEPS_MAX` of `rapport/inspect/item_steps.py`."""


def why(
    member: Annotated[str, typer.Argument(help="The member's id.")],
    item: Annotated[
        str,
        typer.Argument(
            help="The id of an invite, a contact, a meeting or a reminder; a follow-up (contact/ada/thank/2026-03-05); "
            "the period of a digest (2026-W48); or a key as `rapport show` prints it."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what happened to an item step by step, why something came of it or not, and what comes next.

    Exits with 1 when nothing is known of the member or the item.
    """
    from rapport.inspect.item_steps import as_object, steps_of
    from rapport.inspect.memory.item_lookup import candidates, resolve
    from rapport.inspect.memory.member_replay import remember
    from rapport.system.endpoints import kafka_access, present, settings
    from rapport.system.work import run_against
    from rapport.terminal.output import late_bar, print_json

    watched = {target.key for target in candidates(item)}
    with late_bar("reading") as bar:
        memory = run_against(remember(kafka_access(settings()), member, watched, present(), bar))
        target = resolve(item, memory)
        steps = steps_of(memory, target)
    if as_json:
        print_json(as_object(memory, target, steps), indent=2)
    else:
        _print(memory, target, steps)


def _print(memory: Memory, target: Target, steps: Sequence[Step]) -> None:
    from rich.console import Console

    from rapport.inspect import words
    from rapport.inspect.explanation import reason_line, shown, step_line
    from rapport.inspect.item_steps import statuses_of
    from rapport.inspect.known_before import begins, kept_of
    from rapport.inspect.narration import Narrator

    console, narrator = Console(highlight=False, soft_wrap=True, markup=False), Narrator(memory)
    console.print(f"{words.HAPPENED}:")
    if earlier := max(len(steps) - STEPS_SHOWN_MAX, 0):
        console.print(f"  {words.EARLIER.format(count=f'{earlier:,}')}")
    kept = kept_of(narrator, target)
    for one in kept:
        console.print(f"  {narrator.when(one.time)}  {one.says} ({words.AS_KEPT})")
    for step in steps[-STEPS_SHOWN_MAX:]:
        console.print(f"  {step_line(narrator, target, step.event)}")
    if not steps and not kept:
        console.print(f"  {words.NO_LONGER_KEPT if memory.begin.lost else words.NOTHING_YET}")
    console.print(f"{words.STANDS}:")
    lines = [reason_line(narrator, stand) for stand in shown(statuses_of(memory, target), every=bool(target.rule))]
    for line in lines or [words.NOTHING_COMES]:
        console.print(f"  {line}")
    if memory.begin.lost:
        console.print(begins(narrator))
    if memory.unreadable:
        console.print(words.UNREADABLE.format(count=memory.unreadable))

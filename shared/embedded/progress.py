"""Show the steps of a start to a person: a bar for the download, a line otherwise; nothing when nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from shared.embedded import jars


@contextmanager
def shown(console: Console) -> Iterator[jars.Progress]:
    """Yield a progress callback for `start`; what it shows is gone at the end. Use a console on stderr."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as display:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = display.add_task(step, total=total)
                if not console.is_terminal and total > 1:
                    console.print(f"{step} ...")
            display.update(tasks[step], completed=done, total=total)

        yield report

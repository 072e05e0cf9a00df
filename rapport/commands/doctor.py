"""`rapport doctor`: look at everything a running system needs, and say what is wrong with the way out."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check Python, the data folder, Kafka, its topics, the store and mail.

    Exits with 1 when there is a problem. Changes nothing.
    """
    from rapport.doctor.checks import all_checks
    from rapport.operating.status import statuses_if_readable
    from rapport.system.endpoints import quiet_clients
    from rapport.terminal.output import print_json

    quiet_clients()
    found = asyncio.run(all_checks())
    problems = [check for check in found if not check.ok]
    if as_json:
        checks = [
            {"name": check.name, "ok": check.ok, "says": check.says}
            | ({"way_out": check.way_out} if check.way_out else {})
            for check in found
        ]
        services = asyncio.run(statuses_if_readable())
        print_json({"ok": not problems, "checks": checks, "services": services}, indent=2)
    else:
        width = max(len(check.name) for check in found)
        for check in found:
            print(f"{'ok     ' if check.ok else 'problem'}  {check.name:<{width}}  {check.says}")
            if not check.ok:
                print(f"{'':9}{'':{width}}  -> {check.way_out}")
    if problems:
        print(f"rapport: {len(problems)} of {len(found)} checks found a problem", file=sys.stderr)
        raise typer.Exit(1)

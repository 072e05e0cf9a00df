"""`rapport backup`: a copy of the store in one file, while everything runs. `deploy/restore-store.sh` brings it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file (RDB) for the copy.")],
) -> None:
    """Copy the store of all services into a file; nothing needs to be stopped.

    A copy is good as long as Kafka still holds what was written after it. Of a Redis Cluster, copy each primary: name it
    in RAPPORT_REDIS. A hosted server that refuses has snapshots of its own, which do as well.
    """
    from rapport.system.endpoints import redis_address, settings
    from rapport.system.work import run_against
    from rapport.terminal.failure import Failure
    from rapport.terminal.output import late_bar
    from shared.runtime.redis.store_copy import NoCopy, copy_store, maker_of

    wanted = settings()
    address = redis_address(wanted)
    if file.exists():
        raise Failure(f"{file} exists: a copy never takes the place of another one")
    try:
        with late_bar("copying the store") as bar:
            size = run_against(copy_store(address, file, bar.advance))
    except NoCopy as error:
        raise Failure(f"no copy: {error}") from error
    print(f"{file}: {size:,} bytes of {maker_of(file)}. deploy/restore-store.sh brings it back", file=sys.stderr)

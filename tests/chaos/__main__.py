"""`make chaos SEED=n`: real processes under load, everything dies, and the topics tell whether the promises were kept."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from shared.process.logs import set_up_logs
from tests.chaos import ending, receiving
from tests.chaos.bed import TARGETS
from tests.chaos.trial import LONG_SECONDS, SECONDS, trial
from tests.chaos.variant_trial import variants
from tests.chaos.variants import GUARDS

LONG = f"{LONG_SECONDS / 60:.0f} minutes of load in place of {SECONDS:.0f} s"


def main() -> int:
    """Return 0 when nothing was violated and enough has gone wrong."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the faults and the load")
    parser.add_argument("--long", action="store_true", help=LONG)
    parser.add_argument("--target", choices=TARGETS, default="embedded", help="whose Kafka and Valkey")
    parser.add_argument("--seconds", type=float, help="of load, in place of the two")
    parser.add_argument("--only", help="the kinds of fault to deal, by how their names begin")
    parser.add_argument("--ends", action="store_true", help="the log loses its beginning, and who does that is killed")
    parser.add_argument("--webhooks", action="store_true", help="events are posted to a receiver that dies, too")
    parser.add_argument("--variant", choices=[*GUARDS, "all"], help="a guard to switch off: the checker must notice")
    parser.add_argument("--keep", type=Path, help="a folder in which everything stays, for a look afterwards")
    arguments = parser.parse_args()
    set_up_logs(50, "console")
    if arguments.variant:
        names = list(GUARDS) if arguments.variant == "all" else [arguments.variant]
        return asyncio.run(variants(names, arguments.seed, arguments.keep))
    if arguments.ends:
        with ending.few_partitions():
            return asyncio.run(ending.trial(arguments.seed, arguments.keep))
    if arguments.webhooks:
        with ending.few_partitions():
            return asyncio.run(receiving.trial(arguments.seed, arguments.seconds, arguments.keep))
    seconds = arguments.seconds or (LONG_SECONDS if arguments.long else SECONDS)
    return asyncio.run(
        trial(arguments.seed, seconds, target=arguments.target, keep=arguments.keep, only=arguments.only)
    )


if __name__ == "__main__":
    sys.exit(main())

"""Hears with FastStream what Rapport says, each event once, and ends after so many: hear.py KAFKA COUNT."""

import asyncio
import sys
from typing import Any

from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

servers, count = sys.argv[1], int(sys.argv[2])
broker = KafkaBroker(servers, logger=None)
seen: set[str] = set()  # a product keeps them with what it shows: best as a unique key
planned = asyncio.Event()


@broker.subscriber(
    "rapport.followups.v1",
    group_id="shop-reminders",
    auto_offset_reset="earliest",
    isolation_level="read_committed",  # without it you see what was taken back
    ack_policy=AckPolicy.NACK_ON_ERROR,  # else it is committed before it was acted on, and lost in a crash
)
async def hear(data: dict[str, Any], message: KafkaMessage) -> None:
    headers = message.headers
    if headers["ce_id"] in seen:
        return
    if headers["ce_type"] == "rapport.followup.due" and data["push"]:
        print("show", headers["ce_memberid"], data["followup_id"], flush=True)
    if headers["ce_type"] == "rapport.followup.scheduled":
        print("planned", headers["ce_memberid"], data["followup_id"], flush=True)
    seen.add(headers["ce_id"])
    if len(seen) >= count:
        planned.set()


async def main() -> None:
    async with broker:
        await broker.start()
        await planned.wait()


asyncio.run(main())

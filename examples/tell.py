"""Tells Rapport with FastStream that somebody has joined and wants to be reminded: tell.py KAFKA MEMBER."""

import asyncio
import sys
from datetime import UTC, datetime

from faststream.kafka import KafkaBroker


async def main(servers: str, member: str) -> None:
    async with KafkaBroker(servers, acks="all", enable_idempotence=True) as broker:

        async def tell(event_id: str, kind: str, data: dict[str, str]) -> None:
            headers = {
                "ce_specversion": "1.0",
                "ce_id": event_id,  # the same again is the same event
                "ce_source": "/shop",
                "ce_type": kind,
                "ce_time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "ce_memberid": member,
            }
            await broker.publish(data, "rapport.activity.v1", key=member.encode(), headers=headers)  # acknowledged

        await tell(f"{member}-joined", "rapport.member.joined", {"name": "Ada", "zone": "Europe/London"})
        reminder = {"followup_id": "f-1", "what": "Call Grace", "due": "2199-12-01T09:00"}
        await tell(f"{member}-f-1", "rapport.followup.requested", reminder)


asyncio.run(main(*sys.argv[1:]))

"""Tells Rapport with confluent-kafka that somebody has joined and wants to be reminded: tell_confluent.py KAFKA MEMBER."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Producer

servers, member = sys.argv[1:]
# Of librdkafka's partitioners this is the one that Java's clients and Rapport choose by.
producer = Producer({"bootstrap.servers": servers, "acks": "all", "partitioner": "murmur2_random"})


def tell(event_id: str, kind: str, data: dict[str, str]) -> None:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,  # the same again is the same event
        "ce_source": "/shop",
        "ce_type": kind,
        "ce_time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "ce_memberid": member,
        "content-type": "application/json",
    }
    producer.produce("rapport.activity.v1", json.dumps(data), member, headers=headers, on_delivery=delivered)


def delivered(error: Any, _record: Any) -> None:
    if error is not None:
        raise SystemExit(f"not acknowledged, so run it again: {error}")


tell(f"{member}-joined", "rapport.member.joined", {"name": "Ada", "zone": "Europe/London"})
reminder = {"followup_id": "f-1", "what": "Call Grace", "due": "2199-12-01T09:00"}
tell(f"{member}-f-1", "rapport.followup.requested", reminder)
if producer.flush(30):
    raise SystemExit("Kafka has not answered: run it again")

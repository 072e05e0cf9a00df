"""Hears with confluent-kafka what Rapport says, each event once, and ends after so many: hear_confluent.py KAFKA COUNT."""

import json
import sys

from confluent_kafka import Consumer

servers, count = sys.argv[1], int(sys.argv[2])
consumer = Consumer(
    {
        "bootstrap.servers": servers,
        "group.id": "shop-reminders-confluent",
        "isolation.level": "read_committed",  # without it you see what was taken back
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe(["rapport.followups.v1"])
seen: set[str] = set()  # a product keeps them with what it shows: best as a unique key
while len(seen) < count:
    record = consumer.poll(1.0)
    if record is None:
        continue
    if record.error():
        raise SystemExit(record.error())
    headers = {name: (value or b"").decode() for name, value in record.headers() or []}
    if headers["ce_id"] not in seen:
        data = json.loads(record.value() or b"{}")
        if headers["ce_type"] == "rapport.followup.due" and data["push"]:
            print("show", headers["ce_memberid"], data["followup_id"], flush=True)
        if headers["ce_type"] == "rapport.followup.scheduled":
            print("planned", headers["ce_memberid"], data["followup_id"], flush=True)
        seen.add(headers["ce_id"])
    consumer.commit(record, asynchronous=False)  # after it was acted on
consumer.close()

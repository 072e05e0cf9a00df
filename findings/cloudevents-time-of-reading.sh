#!/bin/sh
# An event without `time` gets one from whoever reads it, and another one at each reading.
#
# `time` is optional in CloudEvents 1.0. The constructors of the JavaScript and the Python SDK fill it in; their readers use the
# same constructors. So a record without `ce_time`, read twice (after a crash, a rebalance, by two services), is two events that
# differ in when they happened, and nothing tells that the time is invented. Java's SDK leaves it null.
#
# One would guess: what is read is what was written, so the same bytes give the same event.
# Needs Node 20 and Python 3.11 or newer.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0 >/dev/null 2>&1
cat >read.mjs <<'JS'
import { Kafka } from "cloudevents";

const headers = { ce_specversion: "1.0", ce_id: "e-1", ce_source: "/shop", ce_type: "x", "content-type": "application/json" };
const read = () => Kafka.toEvent({ key: "ada", value: Buffer.from("{}"), headers }).time;
const first = read();
await new Promise((done) => setTimeout(done, 20));
const second = read();
console.log(`JavaScript: ${first}, then ${second}`);
if (!first || first === second) {
  console.error("the behaviour has changed");
  process.exit(1);
}
JS
node read.mjs
python3 -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install cloudevents==2.2.0
venv/bin/python - <<'PY'
import sys
import time

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

headers = {"ce_specversion": b"1.0", "ce_id": b"e-1", "ce_source": b"/shop", "ce_type": b"x", "content-type": b"application/json"}


def read():
    return from_binary(KafkaMessage(headers, b"ada", b"{}"), JSONFormat()).get_time()


first = read()
time.sleep(0.02)
second = read()
print(f"Python: {first}, then {second}")
if first is None or first == second:
    sys.exit("the behaviour has changed")
PY
# Seen with JavaScript 10.0.0 (Node 20.20.2) and Python 2.2.0:
#   JavaScript: 2026-11-29T12:37:27.498Z, then 2026-11-29T12:37:27.536Z
#   Python: 2026-11-29 12:38:17.769518+00:00, then 2026-11-29 12:38:17.792504+00:00

#!/bin/sh
# CloudEvents' SDK for Python writes a structured Kafka record whose content-type is that of the data.
#
# One would guess `application/cloudevents+json`: by CloudEvents' Kafka protocol binding (section 3) the media type tells a
# reader whether the value is the whole event or the data alone. An event that says what its data is gets that as the record's
# content-type, and one that does not gets none; so the record looks like binary mode without attributes. A reader has to see
# that no `ce_` header is there.
#
# Seen, cloudevents 1.12.0, Python 3.11.7 (a line for an event with and without datacontenttype):
#   {'datacontenttype': 'application/json'} -> {'content-type': b'application/json'}
#   {} -> {}
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cloudevents==1.12.0
"$folder/venv/bin/python" - <<'PY'
import platform
import sys

from cloudevents.http import CloudEvent
from cloudevents.kafka import to_structured

print(f"cloudevents 1.12.0, Python {platform.python_version()}")
seen = []
for more in ({"datacontenttype": "application/json"}, {}):
    record = to_structured(CloudEvent({"type": "a.b", "source": "/s", "id": "1", **more}, {"a": 1}))
    assert b'"specversion"' in record.value, "the value is the whole event"
    seen.append(record.headers.get("content-type"))
    print(more, "->", record.headers)
sys.exit(0 if seen == [b"application/json", None] else 1)
PY

#!/bin/sh
# CloudEvents' SDK for JavaScript makes records that KafkaJS cannot write.
#
# One would guess that `Kafka.binary(event)` goes into `producer.send` as it is: both are the usual choice in Node, and the SDK's
# own types are made for KafkaJS. But each attribute that an event does not have becomes a header whose value is undefined, and
# KafkaJS's encoder of headers takes the length of each value: a TypeError, for every event that has not all of them. Drop those headers.
#
# Seen: cloudevents 10.0.0, kafkajs 2.2.4, Node 20.20.2:
#   undefined: content-type ce_datacontenttype ce_subject ce_datacontentencoding ce_dataschema ce_schemaurl
#   all headers: TypeError
#   without them: encoded
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0 kafkajs@2.2.4 >/dev/null
cat >run.cjs <<'JS'
const { CloudEvent, Kafka } = require("cloudevents");
const encode = require("kafkajs/src/protocol/recordBatch/record/v0"); // what producer.send makes of each message
const { headers } = Kafka.binary(new CloudEvent({ id: "1", type: "a.b", source: "/s", data: { a: 1 } }));
const absent = Object.keys(headers).filter((name) => headers[name] === undefined);
console.log("undefined:", absent.join(" "));
const told = (named) => {
  try { encode({ key: "k", value: "{}", headers: named }); return "encoded"; } catch (error) { return error.name; }
};
const present = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
const found = [told(headers), told(present)];
console.log("all headers:", found[0]);
console.log("without them:", found[1]);
process.exit(absent.length > 0 && found[0] === "TypeError" && found[1] === "encoded" ? 0 : 1);
JS
echo "cloudevents 10.0.0, kafkajs 2.2.4, Node $(node --version)"
node run.cjs

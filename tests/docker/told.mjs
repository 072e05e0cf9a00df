// Tells events as a product in Node does, with KafkaJS and CloudEvents' SDK: `node told.mjs SERVERS TOPIC`, beside its node_modules.
// What the SDK makes carries the event's own time as the record's timestamp, and KafkaJS writes it.
import { CloudEvent, Kafka as Binding } from "cloudevents";
import { Kafka, logLevel } from "kafkajs";

const [servers, topic] = process.argv.slice(2);
const days = { "nine-months-ago": -270, "next-year": 300 };
const producer = new Kafka({ brokers: [servers], logLevel: logLevel.ERROR }).producer();
await producer.connect();
for (const [id, ahead] of Object.entries(days)) {
  const { key, value, headers, timestamp } = Binding.binary(new CloudEvent({
    id, source: "/product", type: "rapport.invite.sent", time: new Date(Date.now() + ahead * 86400e3).toISOString(),
    datacontenttype: "application/json", memberid: "ada", partitionkey: "ada",
    data: { invite_id: id, contact: { id: "zoe", name: "Zoe" } },
  }));
  const set = Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== undefined));
  const text = typeof value === "string" ? value : JSON.stringify(value);
  await producer.send({ topic, messages: [{ key, value: text, headers: set, timestamp: String(timestamp) }] });
  console.log(`${id} ${timestamp}`);
}
await producer.disconnect();

// Tells Rapport with KafkaJS that somebody has joined and wants to be reminded: node tell.mjs KAFKA MEMBER (npm ci, before).
import { CloudEvent, Kafka as Binding } from "cloudevents";
import { Kafka, logLevel, Partitioners } from "kafkajs";

const [servers, member] = process.argv.slice(2);
const kafka = new Kafka({ clientId: "shop", brokers: servers.split(","), logLevel: logLevel.WARN });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });

function record(id, type, data) {
  const event = new CloudEvent({
    id, type, data, // the same id again is the same event
    source: "/shop",
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    memberid: member,
    partitionkey: member,
  });
  const { key, value, headers } = Binding.binary(event); // its timestamp is left out: the broker dates the record
  const present = Object.entries(headers).filter(([, text]) => text !== undefined); // KafkaJS fails on undefined ones
  return { key, value: typeof value === "string" ? value : JSON.stringify(value), headers: Object.fromEntries(present) };
}

await producer.connect();
await producer.send({
  topic: "rapport.activity.v1",
  acks: -1, // returns once it is acknowledged; else run it again
  messages: [
    record(`${member}-joined`, "rapport.member.joined", { name: "Ada", zone: "Europe/London" }),
    record(`${member}-f-1`, "rapport.followup.requested", {
      followup_id: "f-1", what: "Call Grace", due: "2199-12-01T09:00",
    }),
  ],
});
await producer.disconnect();

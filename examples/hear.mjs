// Hears with KafkaJS what Rapport says, each event once, and ends after so many: node hear.mjs KAFKA COUNT (npm ci, before).
import { Kafka, logLevel } from "kafkajs";

const [servers, count] = process.argv.slice(2);
const kafka = new Kafka({ clientId: "shop", brokers: servers.split(","), logLevel: logLevel.WARN });
const consumer = kafka.consumer({ groupId: "shop-reminders-kafkajs", readUncommitted: false }); // else you see what was taken back
const seen = new Set(); // a product keeps them with what it shows: best as a unique key

function hear({ message }) {
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, of]) => [name, String(of)]));
  if (seen.has(headers.ce_id)) return;
  const data = JSON.parse(message.value?.toString() || "{}");
  if (headers.ce_type === "rapport.followup.due" && data.push) console.log("show", headers.ce_memberid, data.followup_id);
  if (headers.ce_type === "rapport.followup.scheduled") console.log("planned", headers.ce_memberid, data.followup_id);
  seen.add(headers.ce_id);
}

await consumer.connect();
await consumer.subscribe({ topics: ["rapport.followups.v1"], fromBeginning: true });
await new Promise((resolve, reject) => {
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  consumer.run({
    eachMessage: async (one) => {
      hear(one);
      if (seen.size >= Number(count)) resolve();
    },
  });
});
await consumer.disconnect(); // commits what was heard

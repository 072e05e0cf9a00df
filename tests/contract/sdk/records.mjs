// Prints what CloudEvents' SDK for JavaScript makes of two events, as lines of JSON: `node records.mjs`, beside its node_modules.
// A header that is undefined is one without a value: clients write it as null or leave it out.
import { CloudEvent, Kafka } from "cloudevents";

const data = { invite_id: "inv-1", contact: { id: "zoe", name: "Zoë Łuk" }, why: "the talk in Gdańsk" };
const events = { sent: { type: "rapport.invite.sent", data }, erased: { type: "rapport.member.erased" } };
for (const [event, told] of Object.entries(events)) {
  const made = new CloudEvent({
    id: `evt-${event}`, source: "/product", time: "2026-11-03T09:00:00.000Z", datacontenttype: "application/json",
    memberid: "zoë", partitionkey: "zoë", ...told,
  });
  for (const mode of ["binary", "structured"]) {
    const { key, value, headers } = Kafka[mode](made);
    const text = value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);
    const named = Object.fromEntries(Object.entries(headers).map(([name, of]) => [name, of ?? null]));
    console.log(JSON.stringify({ event, mode, key, value: text, headers: named }));
  }
}

// Takes Rapport's webhooks with Node alone: checks the signature, drops ids that it has, answers 204.
// node examples/receive.mjs 3000   (WEBHOOK_SECRET: as `rapport webhooks add` has printed it)
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace("whsec_", ""), "base64");
const seen = new Set(); // a product keeps them where it keeps what it made of the event
const SECONDS_MAX = 300, BYTES_MAX = 1024 * 1024;

function genuine(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": given = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - at) < SECONDS_MAX)) return false;
  const right = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return given.split(" ").some((one) => {
    const signature = Buffer.from(one.replace("v1,", ""), "base64");
    return signature.length === right.length && timingSafeEqual(signature, right);
  });
}

async function answer(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    parts.push(part);
    if ((size += part.length) > BYTES_MAX) return 413;
  }
  const body = Buffer.concat(parts);
  if (!genuine(request.headers, body)) return 401;
  const event = JSON.parse(body);
  if (!seen.has(event.id)) console.log(event.memberid, event.type, event.data.text ?? "");
  seen.add(event.id);
  return 204;
}

createServer((request, response) => {
  answer(request).then((status) => response.writeHead(status).end(), () => response.destroy()); // cut off on its way
}).listen(process.argv[2] ?? 3000, "127.0.0.1", () => console.log("listening"));

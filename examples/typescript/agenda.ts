// Reports that somebody was met, and prints what the member has to do, by a client that is made from the API's own document.
//     npm ci && npm run generate && npm run build
//     node build/agenda.js http://127.0.0.1:8080 ../../.rapport/api-key ada
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./client.js";

type Entry = components["schemas"]["AgendaEntry"];
type Problem = components["schemas"]["Problem"];

const [url = "", keyFile = "", member = ""] = process.argv.slice(2);
const api = createClient<paths>({
  baseUrl: url,
  headers: { authorization: `Bearer ${readFileSync(keyFile, "utf8").trim()}` },
});

function failed(problem: Problem): Error {
  return new Error(`${problem.title}: ${problem.field ?? ""} ${problem.reason ?? problem.detail ?? ""}`);
}

/** Returns where the event stands: a read that is given it waits until the event is applied. */
async function report(): Promise<string> {
  const { error, response } = await api.POST("/v1/events", {
    headers: { "content-type": "application/cloudevents+json" },
    body: {
      specversion: "1.0",
      id: `${member}-met-grace`, // the same id again is the same event
      source: "/shop",
      type: "rapport.contact.connected",
      time: new Date().toISOString(),
      memberid: member,
      data: { contact: { id: "grace", name: "Grace Hopper" } },
    },
  });
  if (error) throw failed(error);
  return response.headers.get("Rapport-Position") ?? "";
}

async function agenda(written: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  let after: string | null | undefined;
  do {
    const { data, error } = await api.GET("/v1/members/{member}/agenda", {
      params: { path: { member }, query: { limit: 2, after: after ?? null }, header: { "Rapport-Position": written } },
    });
    if (error) throw failed(error);
    entries.push(...data.entries);
    after = data.next;
  } while (after);
  return entries;
}

for (const { state, id, who, text, what } of await agenda(await report())) {
  console.log(state, id, who?.name ?? "", text ?? what ?? "");
}

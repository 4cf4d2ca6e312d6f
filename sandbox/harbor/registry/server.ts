import { createServer } from "node:http";
import { loadHost } from "../../host/host.ts";
import { portName } from "../../host/ports.ts";
import { harborUrl } from "../harbor.ts";
import { adminPassword } from "../objects.ts";
import { apiAnswer, callerOf } from "./api.ts";
import { CoreDatabase } from "./database.ts";

/**
 * Stands in for Harbor: its API, answered from its own tables in the database of the HarborCluster. Run as: node server.ts
 * DIRECTORY
 */
const directory = process.argv[2] ?? usage();

function usage(): never {
  throw new Error("usage: node server.ts DIRECTORY");
}

const { ports } = await loadHost(directory);
const address = harborUrl(ports);
const database = new CoreDatabase(directory);

createServer((request, response) => {
  const caller = callerOf(request.headers.authorization, adminPassword.stringData.secret);
  const answering =
    caller === undefined
      ? Promise.resolve({ status: 401, body: { errors: [{ code: "UNAUTHORIZED", message: "unauthorized" }] } })
      : apiAnswer(request.url ?? "/", caller, address, (query, texts) => database.rows(query, texts));
  answering
    .catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return { status: 500, body: { errors: [{ code: "UNKNOWN", message: "internal server error" }] } };
    })
    .then((answer) => {
      const total = "total" in answer ? { "x-total-count": String(answer.total) } : {};
      response.writeHead(answer.status, { "content-type": "application/json; charset=utf-8", ...total });
      response.end(JSON.stringify(answer.body));
    })
    .catch(console.error);
}).listen(ports(portName.harbor), "127.0.0.1");

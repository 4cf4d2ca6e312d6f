/**
 * The one S3 endpoint of the sandbox, before two servers: versitygw holds the objects, moto the settings of a bucket that
 * versitygw does not know. Run as: node s3-front.ts PORT VERSITYGW-PORT MOTO-PORT
 *
 * Bucket policies are among those settings: versitygw has policies, but overlooks their conditions, so that it would take
 * "deny what comes without TLS" for "deny everything". They are kept and shown, and not enforced.
 */
import { Agent, createServer, request as send } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

/** Sub-resources of a bucket that moto answers for. */
const settings = new Set([
  "accelerate",
  "encryption",
  "lifecycle",
  "logging",
  "notification",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "replication",
  "requestPayment",
  "website",
]);

const [port, versitygw, moto] = process.argv.slice(2).map(Number);
if (port === undefined || versitygw === undefined || moto === undefined)
  throw new Error("usage: s3-front.ts PORT VERSITYGW-PORT MOTO-PORT");
const agent = new Agent({ keepAlive: true });

createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(String(error));
  });
}).listen(port, "127.0.0.1");

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://s3");
  const isBucket = /^\/[^/]+\/?$/.test(pathname);
  // SDKs add the operation's name as x-id.
  const subresources = [...searchParams.keys()].filter((name) => name !== "x-id");
  if (isBucket && subresources.some((name) => settings.has(name))) await forward(request, response, moto);
  else if (isBucket && subresources.length === 0 && (request.method === "PUT" || request.method === "DELETE"))
    await both(request, response);
  else await forward(request, response, versitygw);
}

async function forward(request: IncomingMessage, response: ServerResponse, to: number | undefined): Promise<void> {
  const upstream = open(request, to);
  const answered = answerOf(upstream);
  await pipeline(request, upstream);
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  await pipeline(answer, response);
}

/** A bucket is made, or removed, in both servers; versitygw decides. */
async function both(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  for (const to of [versitygw, moto]) {
    const upstream = open(request, to);
    const answered = answerOf(upstream);
    upstream.end(body);
    const answer = await answered;
    const status = answer.statusCode ?? 502;
    const text = await buffer(answer);
    if (to === moto || status >= 300) {
      response.writeHead(status, answer.rawHeaders).end(text);
      return;
    }
  }
}

/** The header Host stays as it is: it is part of the signature. */
function open(request: IncomingMessage, port: number | undefined) {
  const headers = { ...request.headers };
  // This server has answered it already.
  delete headers.expect;
  return send({ host: "127.0.0.1", port, agent, method: request.method, path: request.url, headers });
}

function answerOf(upstream: ReturnType<typeof send>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    upstream.once("response", resolve).once("error", reject);
  });
}

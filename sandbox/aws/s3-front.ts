/**
 * The sandbox's S3 endpoint in front of two servers: versitygw holds the objects, and moto holds the bucket settings that
 * versitygw does not support. Run as: node s3-front.ts PORT VERSITYGW-PORT MOTO-PORT
 *
 * moto also holds bucket policies. versitygw supports policies but ignores their conditions, so it would read "deny
 * requests without TLS" as "deny everything". The policies are stored and returned, but not enforced.
 */
import { Agent, createServer, request as send } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

/** The bucket's sub-resources that moto answers. */
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
  // A server that refuses an upload may answer before it has read all of it.
  request.pipe(upstream);
  request.once("close", () => {
    if (!request.complete) upstream.destroy();
  });
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  await pipeline(answer, response);
}

/** Creates or removes a bucket in both servers. versitygw's answer counts. */
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

/** Forwards the header Host unchanged, because the signature covers it. */
function open(request: IncomingMessage, port: number | undefined) {
  const headers = { ...request.headers };
  // This server has already answered it.
  delete headers.expect;
  return send({ host: "127.0.0.1", port, agent, method: request.method, path: request.url, headers });
}

function answerOf(upstream: ReturnType<typeof send>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Errors after the answer are ignored: the rest of the upload has nowhere to go.
    upstream.once("response", resolve).on("error", reject);
    upstream.once("close", () => {
      reject(new Error("the server closed the connection without an answer"));
    });
  });
}

import type { IncomingMessage } from "node:http";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Requests to the API server that ask, although they are sent as POST. */
const reviews = /\/apis\/(authorization|authentication)\.k8s\.io\//;
const reads = /^(Get|List|Describe|BatchGet|Simulate)/;

/** The name of a write to the API server; undefined for a request that changes nothing. */
export function apiWrite({ method, url = "" }: IncomingMessage): string | undefined {
  const { pathname, searchParams } = new URL(url, "http://api-server");
  if (searchParams.has("dryRun") || reviews.test(pathname)) return undefined;
  return `api-server ${method ?? ""} ${pathname}`;
}

/** The name of a write to S3. `stateBucket` holds Pulumi's state, of which the name says what it is about. */
export function s3Write(stateBucket: string): (request: IncomingMessage, body: Buffer) => string | undefined {
  return ({ method = "", url = "" }, body) => {
    const { pathname, searchParams } = new URL(url, "http://s3");
    if (searchParams.has("delete") || method === "POST") return `s3 ${method} ${pathname}`;
    const path = decodeURIComponent(pathname)
      .replaceAll(uuid, "UUID")
      .replaceAll(/\d{9,}/g, "TIME");
    if (!path.startsWith(`/${stateBucket}/`)) return `s3 ${method} ${path}`;
    const file = path.slice(`/${stateBucket}/.pulumi/`.length);
    return `state ${method} ${file}${file.endsWith(".json") ? stateAt(body.toString()) : ""}`;
  };
}

/** What Pulumi was doing when it wrote this checkpoint. */
function stateAt(text: string): string {
  const [resources = "", pending = ""] = text.split('"pending_operations"');
  const namesIn = (part: string): string[] =>
    [...part.matchAll(/"urn":\s*"(urn:pulumi:[^"]*)"/g)].map(([, urn = ""]) => {
      const [type = "", name = ""] = urn.split("::").slice(-2);
      return `${type.split("$").at(-1)?.split(":").at(-1) ?? ""} ${name}`;
    });
  const running = namesIn(pending);
  if (running.length > 0) return ` while ${running.join(", ")}`;
  const all = namesIn(resources);
  return all.length === 0 ? "" : ` after ${all.at(-1) ?? ""} (${all.length})`;
}

/** The name of a write to another AWS API; undefined for a request that only reads. */
export function awsWrite({ headers }: IncomingMessage, body: Buffer): string | undefined {
  const target = headers["x-amz-target"];
  const text = body.toString();
  const action = typeof target === "string" ? target.split(".").at(-1) : new URLSearchParams(text).get("Action");
  if (action === undefined || action === null || reads.test(action)) return undefined;
  const name =
    /"(?:SecretId|Name)":\s*"([^"]+)"/.exec(text)?.[1]?.split("/").at(-1) ??
    new URLSearchParams(text).get("PolicyName") ??
    new URLSearchParams(text).get("PolicyArn")?.split("/").at(-1) ??
    "";
  return `aws ${action} ${name}`.trim();
}

import {
  createServer,
  request as send,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { forwardPast, mayWrite, type WriteGate } from "./write-gate.ts";

/**
 * What replaces S3's answer: a refusal, the refusal of an archived object, a closed connection, an answer that breaks off
 * in the middle of its content, the loss of the answer to a request that S3 carried out, or no answer until `release`.
 */
export type Interference = "deny" | "archived" | "cut" | "cut the content" | "lose the answer" | "hold" | undefined;

const refusals = {
  deny: "<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
  archived:
    "<Error><Code>InvalidObjectState</Code><Message>The operation is not valid for the object's storage class</Message></Error>",
} as const;

/** A gate with the names of the writes that it sees. */
export interface NamedGate {
  readonly gate: WriteGate;
  /** Undefined for a request that changes nothing. */
  readonly nameOf: (request: IncomingMessage, body: Buffer) => string | undefined;
}

/** A proxy in front of a real S3 endpoint, or of another AWS API. */
export class S3Proxy {
  readonly requests: string[] = [];
  /** Decides about each request, whose first line is `METHOD URL`, as in {@link requests}. */
  interfere: (method: string, query: URLSearchParams, path: string, line: string) => Interference = () => undefined;
  /** Sees every write, and may stop the program there. Default: none. */
  gate: NamedGate | undefined;
  readonly #server: Server;
  readonly #held: (() => void)[] = [];

  private constructor(server: Server, upstream: URL) {
    this.#server = server;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response, upstream);
    });
  }

  static async start(upstream: string): Promise<S3Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new S3Proxy(server, new URL(upstream));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests that wait for {@link release}. */
  get held(): number {
    return this.#held.length;
  }

  /** Ends the interference, and sends on what was held. */
  release(): void {
    this.interfere = () => undefined;
    for (const go of this.#held.splice(0)) go();
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse, upstream: URL): void {
    const { method = "", url = "" } = request;
    const line = `${method} ${url}`;
    this.requests.push(line);
    const { pathname, searchParams } = new URL(url, this.endpoint);
    const interference = this.interfere(method, searchParams, pathname, line);
    if (this.gate !== undefined && mayWrite(method)) {
      forwardPastGate(this.gate, request, response, upstream);
      return;
    }
    switch (interference) {
      case "cut":
        request.socket.destroy();
        return;
      case "deny":
      case "archived":
        request.resume();
        response.writeHead(403, { "content-type": "application/xml" }).end(refusals[interference]);
        return;
      case "hold":
        this.#held.push(() => {
          forward(request, response, upstream, undefined);
        });
        return;
      case "cut the content":
      case "lose the answer":
      case undefined:
        forward(request, response, upstream, interference);
    }
  }
}

function forwardPastGate(
  { gate, nameOf }: NamedGate,
  request: IncomingMessage,
  response: ServerResponse,
  { hostname, port }: URL,
): void {
  const { method, url } = request;
  const open = (headers: IncomingHttpHeaders) => send({ hostname, port, method, path: url, headers });
  forwardPast(gate, request, response, { nameOf: (body) => nameOf(request, body), open }).catch(() => {
    request.socket.destroy();
  });
}

/** Forwards the header Host unchanged, because the signature covers it. */
function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { hostname, port }: URL,
  interference: "cut the content" | "lose the answer" | undefined,
): void {
  const { method = "", url = "", headers } = request;
  delete headers.expect;
  const forwarded = send({ hostname, port, method, path: url, headers }, (answer) => {
    if (interference === "lose the answer") {
      answer.resume().once("end", () => request.socket.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    if (interference === "cut the content" && method === "GET") cutContent(answer, response);
    else answer.pipe(response);
  });
  forwarded.on("error", () => response.destroy());
  request.once("close", () => {
    if (!request.complete) forwarded.destroy();
  });
  request.pipe(forwarded);
}

/** Sends half of the content, and then closes the connection. */
function cutContent(answer: IncomingMessage, response: ServerResponse): void {
  let left = Math.floor(Number(answer.headers["content-length"] ?? 0) / 2);
  answer.on("data", (piece: Buffer) => {
    const sent = piece.subarray(0, left);
    left -= sent.length;
    if (left > 0) response.write(sent);
    else response.write(sent, () => response.destroy());
  });
}

import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What replaces S3's answer: a refusal, a closed connection, or the loss of the answer to a request that S3 carried out. */
export type Interference = "deny" | "cut" | "lose the answer" | undefined;

/** A proxy in front of a real S3 endpoint. */
export class S3Proxy {
  readonly requests: string[] = [];
  interfere: (method: string, query: URLSearchParams) => Interference = () => undefined;
  readonly #server: Server;

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

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Forwards the header Host unchanged, because the signature covers it. */
  #answer(request: IncomingMessage, response: ServerResponse, { hostname, port }: URL): void {
    const { method = "", url = "", headers } = request;
    this.requests.push(`${method} ${url}`);
    const interference = this.interfere(method, new URL(url, this.endpoint).searchParams);
    if (interference === "cut") {
      request.socket.destroy();
      return;
    }
    if (interference === "deny") {
      request.resume();
      response
        .writeHead(403, { "content-type": "application/xml" })
        .end("<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
      return;
    }
    delete headers.expect;
    const forwarded = send({ hostname, port, method, path: url, headers }, (answer) => {
      if (interference === "lose the answer") {
        answer.resume().once("end", () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.once("close", () => {
      if (!request.complete) forwarded.destroy();
    });
    request.pipe(forwarded);
  }
}

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { request as forward, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../../sandbox/pgo/inventory.ts";
import { sandboxEnvironment } from "./sandbox.ts";
import { forwardPast, mayWrite, type WriteGate } from "./write-gate.ts";
import { apiWrite } from "./write-names.ts";

/** What replaces the API server's answer: another answer, nothing at all, or a connection cut before or during it. */
export type Interference =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | "silence"
  | "cut"
  | "cut in the middle";

/** Decides about each request by its path and query. */
export type Interfere = (path: string) => Interference | undefined;

/** A proxy between the CLI and one real API server of the sandbox, also for WebSockets. */
export class ApiProxy {
  /** A kubeconfig whose context of the same name goes through the proxy. */
  readonly kubeconfig: string;
  /** Paths with queries, in order of arrival. */
  readonly paths: string[] = [];
  interfere: Interfere = () => undefined;
  /** Sees every write, and may stop the program there. Default: none. */
  gate: WriteGate | undefined;
  readonly #server: Server;
  readonly #directory: string;
  readonly #upstream: RequestOptions;
  readonly #token: string;

  private constructor(server: Server, directory: string, upstream: RequestOptions, token: string) {
    this.#token = token;
    this.#server = server;
    this.#directory = directory;
    this.#upstream = upstream;
    this.kubeconfig = join(directory, "kubeconfig");
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response);
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      this.#upgrade(request, socket);
    });
  }

  /** Uses the administrator's token unless another one is given. */
  static async start(context: Context, token?: string): Promise<ApiProxy> {
    const config = new KubeConfig();
    config.loadFromFile((await sandboxEnvironment())["KUBECONFIG"] ?? "");
    config.setCurrentContext(context);
    const { server = "", caFile = "" } = config.getCurrentCluster() ?? {};
    const { hostname, port } = new URL(server);
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-proxy-"));
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const bearer = token ?? config.getCurrentUser()?.token ?? "";
    const proxy = new ApiProxy(listener, directory, { hostname, port, ca: await readFile(caFile) }, bearer);
    await writeFile(proxy.kubeconfig, kubeconfig(context, proxy.address, bearer), { mode: 0o600 });
    return proxy;
  }

  get address(): string {
    // An AddressInfo and not a socket's name, because the server listens on TCP.
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#directory, { recursive: true });
  }

  /** Runs `work` under an interference, and returns the paths that were requested meanwhile. */
  async during(interfere: Interfere, work: () => Promise<void>): Promise<string[]> {
    const before = this.paths.length;
    this.interfere = interfere;
    try {
      await work();
    } finally {
      this.interfere = () => undefined;
    }
    return this.paths.slice(before);
  }

  /** Go's client sends no token without TLS. */
  #withToken(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    return { authorization: `Bearer ${this.#token}`, ...headers };
  }

  #decide({ url = "" }: IncomingMessage): Interference | undefined {
    this.paths.push(url);
    return this.interfere(url);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const decision = this.#decide(request);
    if (decision === "silence") return;
    if (decision === "cut") {
      request.socket.destroy();
      return;
    }
    if (typeof decision === "object") {
      response.writeHead(decision.status, decision.headers).end(decision.body);
      return;
    }
    const { method, url, headers } = request;
    if (this.gate !== undefined && mayWrite(method)) {
      const open = (whole: IncomingHttpHeaders) =>
        forward({ ...this.#upstream, method, path: url, headers: this.#withToken(whole) });
      forwardPast(this.gate, request, response, { nameOf: () => apiWrite(request), open }).catch(() => {
        request.socket.destroy();
      });
      return;
    }
    const passed = forward({ ...this.#upstream, method, path: url, headers: this.#withToken(headers) }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (decision === "cut in the middle") {
        answer.once("data", (chunk: Buffer) => {
          response.write(chunk.subarray(0, chunk.length / 2), () => {
            response.destroy();
          });
        });
      } else {
        answer.pipe(response);
      }
    });
    passed.on("error", () => {
      request.socket.destroy();
    });
    request.pipe(passed);
  }

  #upgrade(request: IncomingMessage, socket: Duplex): void {
    const decision = this.#decide(request);
    if (decision === "silence") return;
    if (typeof decision === "string") {
      socket.destroy();
      return;
    }
    if (decision !== undefined) {
      const { status, body = "" } = decision;
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      return;
    }
    const { method, url, headers } = request;
    const passed = forward({ ...this.#upstream, method, path: url, headers });
    const end = (): void => {
      socket.destroy();
      passed.destroy();
    };
    const head = (answer: IncomingMessage): string =>
      [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ""}`, ...pairs(answer.rawHeaders), "", ""].join(
        "\r\n",
      );
    passed.on("upgrade", (answer, upstream) => {
      socket.write(head(answer));
      upstream.pipe(socket).pipe(upstream);
      upstream.on("error", end).on("close", end);
      socket.on("close", () => upstream.destroy());
    });
    passed.on("response", (answer) => {
      socket.write(head(answer));
      answer.pipe(socket);
    });
    passed.on("error", end);
    socket.on("error", end);
    passed.end();
  }
}

function kubeconfig(context: Context, server: string, token: string): string {
  return JSON.stringify({
    "current-context": context,
    // Otherwise the library refuses a server without TLS.
    clusters: [{ name: context, cluster: { server, "insecure-skip-tls-verify": true } }],
    contexts: [{ name: context, context: { cluster: context, user: "person" } }],
    users: [{ name: "person", user: { token } }],
  });
}

function pairs(raw: readonly string[]): string[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1] ?? ""}`] : []));
}

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";

/** What the server answers to one request. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** How the server differs from one that only answers requests. */
export interface FakeApiServerOptions {
  /** The path of the server's URL, as behind Rancher. Default: none. */
  readonly path?: string;
  /** The stdout of a remote command, by its words and its Pod. Default: exec is refused. */
  readonly exec?: (command: string, pod: string) => string;
  /** Whether the kubeconfig's context is the current one. Default: it has no current one. */
  readonly isCurrent?: boolean;
}

/** An API server that answers from a function, and a kubeconfig with the context `test` for it. */
export class FakeApiServer {
  readonly #server: Server;
  readonly #directory: string;

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  static async start(
    answer: (request: IncomingMessage) => ApiAnswer,
    { path = "", exec, isCurrent = false }: FakeApiServerOptions = {},
  ): Promise<FakeApiServer> {
    const server = createServer((request, response) => {
      const { status, body } = answer(request);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    if (exec !== undefined) server.on("upgrade", execUpgrade(exec));
    await once(server, "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}${path}`;
    const fake = new FakeApiServer(server, await mkdtemp(join(tmpdir(), "postgres-recovery-api-")));
    const content = {
      clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: "test", context: { cluster: "c", user: "ada" } }],
      users: [{ name: "ada", user: {} }],
      ...(isCurrent && { "current-context": "test" }),
    };
    await writeFile(fake.kubeconfig, JSON.stringify(content));
    return fake;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  }

  get kubeconfig(): string {
    return join(this.#directory, "kubeconfig");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await rm(this.#directory, { recursive: true });
  }
}

const frameBytes = 32 * 1024;

/** Answers each exec in the protocol v4 with this stdout and exit code 0. */
function execUpgrade(exec: (command: string, pod: string) => string) {
  const sockets = new WebSocketServer({ noServer: true });
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    const pod = /\/pods\/(?<pod>[^/]+)\/exec$/.exec(pathname)?.groups?.["pod"] ?? "";
    const stdout = exec(searchParams.getAll("command").join(" "), pod);
    sockets.handleUpgrade(request, socket, head, (connection) => void print(connection, stdout));
  };
}

async function print(socket: WebSocket, text: string): Promise<void> {
  const [stdoutChannel, statusChannel] = [1, 3];
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += frameBytes) {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.of(stdoutChannel), bytes.subarray(start, start + frameBytes)]));
    // The reader may hang up in the middle.
    if (socket.bufferedAmount > 16 * frameBytes) await new Promise(setImmediate);
  }
  socket.send(Buffer.concat([Buffer.of(statusChannel), Buffer.from(JSON.stringify({ status: "Success" }))]));
  socket.close();
}

import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer } from "ws";

/** What the server answers to one request. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** An API server that answers from a function, and a kubeconfig with the context `test` for it. */
export class FakeApiServer {
  readonly #server: Server;
  readonly #directory: string;

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  /**
   * @param path the path of the server's URL, as behind Rancher.
   * @param exec the stdout of a remote command, by its words. Default: exec is refused.
   */
  static async start(
    answer: (request: IncomingMessage) => ApiAnswer,
    path = "",
    exec?: (command: string) => string,
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

/** Answers each exec in the protocol v4 with this stdout and exit code 0. */
function execUpgrade(exec: (command: string) => string) {
  const sockets = new WebSocketServer({ noServer: true });
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const words = new URL(request.url ?? "", "http://localhost").searchParams.getAll("command");
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.send(Buffer.from(`\u0001${exec(words.join(" "))}`));
      connection.send(Buffer.from('\u0003{"status":"Success"}'));
      connection.close();
    });
  };
}

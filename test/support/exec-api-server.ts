import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import { labels } from "../../domain/stanza/postgres-cluster.ts";

/** An API server with PostgresClusters in the namespace `n`, one Pod each, and the exec protocol. */
export class ExecApiServer {
  readonly #server: Server;
  readonly #directory: string;

  private constructor(server: Server, directory: string) {
    this.#server = server;
    this.#directory = directory;
  }

  /** @param answers what the command in the Pod of each cluster prints, by the cluster's name. */
  static async start(answers: Readonly<Record<string, string>>): Promise<ExecApiServer> {
    const names = Object.keys(answers);
    const server = createServer((request, response) => {
      const items = request.url?.includes("postgresclusters") === true ? names.map(cluster) : names.map(pod);
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ items, metadata: {} }));
    }).listen(0, "127.0.0.1");
    new WebSocketServer({ server }).on("connection", (socket, request) => {
      const name = /\/pods\/(.*)-0\/exec/.exec(request.url ?? "")?.[1] ?? "";
      void print(socket, answers[name] ?? "");
    });
    await once(server, "listening");
    const address = server.address();
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-exec-"));
    const url = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
    const kubeconfig = {
      clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: "test", context: { cluster: "c", user: "ada" } }],
      users: [{ name: "ada", user: {} }],
      "current-context": "test",
    };
    await writeFile(join(directory, "kubeconfig"), JSON.stringify(kubeconfig));
    return new ExecApiServer(server, directory);
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

const stdoutChannel = 1;
const statusChannel = 3;
const frameBytes = 32 * 1024;

async function print(socket: WebSocket, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += frameBytes) {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.of(stdoutChannel), bytes.subarray(start, start + frameBytes)]));
    // The reader may hang up in the middle.
    if (socket.bufferedAmount > 16 * frameBytes) await new Promise(setImmediate);
  }
  socket.send(Buffer.concat([Buffer.of(statusChannel), Buffer.from(JSON.stringify({ status: "Success" }))]));
}

function cluster(name: string): object {
  const repos = [{ name: "repo1", schedules: { full: "@yearly" } }];
  const status = { patroni: { systemIdentifier: "7710366851552716423" } };
  return { metadata: { namespace: "n", name, uid: name }, spec: { backups: { pgbackrest: { repos } } }, status };
}

function pod(name: string): object {
  return {
    metadata: { namespace: "n", name: `${name}-0`, labels: { [labels.cluster]: name, [labels.instance]: name } },
    status: { phase: "Running", containerStatuses: [{ name: "database", state: { running: {} } }] },
  };
}

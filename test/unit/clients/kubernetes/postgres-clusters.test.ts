import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectKubernetes, type KubernetesClient } from "../../../../clients/kubernetes/postgres-clusters.ts";

interface Answer {
  readonly status: number;
  readonly body: object;
}

const cluster = (name: string): object => ({ metadata: { namespace: "calendar", name, uid: name }, spec: {} });
const page = (names: string[], next?: string): Answer => ({
  status: 200,
  body: { items: names.map(cluster), metadata: { continue: next } },
});
const tooOld: Answer = { status: 410, body: { kind: "Status", message: "The provided continue parameter is too old" } };

describe("a LIST of several pages", () => {
  let server: Server;
  let directory: string;
  let client: KubernetesClient;
  let answers: Answer[];
  /** The continue tokens that were sent. */
  let tokens: (string | null)[];
  let paths: string[];

  beforeEach(async () => {
    tokens = [];
    paths = [];
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
      tokens.push(searchParams.get("continue"));
      paths.push(pathname);
      const { status, body } = answers.shift() ?? page([]);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-list-"));
    const kubeconfig = join(directory, "kubeconfig");
    const url = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}/k8s/clusters/c-1/`;
    const content = {
      clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
      contexts: [{ name: "test", context: { cluster: "c", user: "ada" } }],
      users: [{ name: "ada", user: {} }],
    };
    await writeFile(kubeconfig, JSON.stringify(content));
    client = await connectKubernetes({ context: "test", kubeconfig });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true });
  });

  const names = async (): Promise<string[]> =>
    (await client.listPostgresClusters(undefined)).map(({ metadata }) => metadata.name);

  it("holds the objects of every page", async () => {
    answers = [page(["a", "b"], "second"), page(["c"], "third"), page(["d"])];
    assert.deepEqual(await names(), ["a", "b", "c", "d"]);
    assert.deepEqual(tokens, [null, "second", "third"]);
  });

  it("is asked for below the path of the server, if it has one", async () => {
    answers = [page(["a"])];
    await names();
    assert.deepEqual(paths, ["/k8s/clusters/c-1/apis/postgres-operator.crunchydata.com/v1beta1/postgresclusters"]);
  });

  it("fault 15: 410, the continue token is too old: the list begins again, and is whole", async () => {
    answers = [page(["a", "b"], "second"), tooOld, page(["a", "x"], "new"), page(["c"])];
    assert.deepEqual(await names(), ["a", "x", "c"]);
    assert.deepEqual(tokens, [null, "second", null, "new"]);
  });

  it("fault 15: 410 again and again: an error, and no half list", async () => {
    answers = [1, 2, 3].flatMap(() => [page(["a"], "second"), tooOld]);
    await assert.rejects(names(), /HTTP 410: The provided continue parameter is too old/);
    assert.equal(tokens.length, 6);
  });

  it("fault 15: an object that is not as PGO makes it: an error that names the field, and no value", async () => {
    answers = [
      {
        status: 200,
        body: { items: [{ metadata: { namespace: "calendar", name: "CANARY" }, spec: {} }], metadata: {} },
      },
    ];
    await assert.rejects(
      names(),
      (error: Error) => error.message.includes("at items[0].metadata.uid") && !error.message.includes("CANARY"),
    );
  });
});

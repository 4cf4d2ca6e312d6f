import assert from "node:assert/strict";
import { connectKubernetes, type KubernetesClient } from "../../../../clients/kubernetes/postgres-clusters.ts";
import { FakeApiServer, type ApiAnswer } from "../../../support/fake-api-server.ts";
import { faultTest } from "../../../support/fault-test.ts";

const cluster = (name: string): object => ({ metadata: { namespace: "calendar", name, uid: name }, spec: {} });
const page = (names: string[], next?: string): ApiAnswer => ({
  status: 200,
  body: { items: names.map(cluster), metadata: { continue: next } },
});
const tooOld: ApiAnswer = {
  status: 410,
  body: { kind: "Status", message: "The provided continue parameter is too old" },
};

describe("a LIST of several pages", () => {
  let server: FakeApiServer;
  let client: KubernetesClient;
  let answers: ApiAnswer[];
  /** The continue tokens that were sent. */
  let tokens: (string | null)[];
  let paths: string[];

  beforeEach(async () => {
    tokens = [];
    paths = [];
    server = await FakeApiServer.start(
      (request) => {
        const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
        tokens.push(searchParams.get("continue"));
        paths.push(pathname);
        return answers.shift() ?? page([]);
      },
      { path: "/k8s/clusters/c-1/" },
    );
    client = await connectKubernetes({ context: "test", kubeconfig: server.kubeconfig });
  });
  afterEach(() => server.stop());

  const names = async (): Promise<string[]> =>
    (await client.listPostgresClusters(undefined)).map(({ metadata }) => metadata.name);

  it("holds the objects of every page", async () => {
    answers = [page(["a", "b"], "second"), page(["c"], "third"), page(["d"])];
    assert.deepEqual(await names(), ["a", "b", "c", "d"]);
    assert.deepEqual(tokens, [null, "second", "third"]);
  });

  it("is requested below the server's path, if it has one", async () => {
    answers = [page(["a"])];
    await names();
    assert.deepEqual(paths, ["/k8s/clusters/c-1/apis/postgres-operator.crunchydata.com/v1beta1/postgresclusters"]);
  });

  faultTest(15, "starts again after 410 (the continue token is too old) and is complete", async () => {
    answers = [page(["a", "b"], "second"), tooOld, page(["a", "x"], "new"), page(["c"])];
    assert.deepEqual(await names(), ["a", "x", "c"]);
    assert.deepEqual(tokens, [null, "second", null, "new"]);
  });

  faultTest(15, "fails after repeated 410 instead of returning a partial list", async () => {
    answers = [1, 2, 3].flatMap(() => [page(["a"], "second"), tooOld]);
    await assert.rejects(names(), /HTTP 410: The provided continue parameter is too old/);
    assert.equal(tokens.length, 6);
  });

  faultTest(47, "holds the other objects when one has no spec, or a malformed one", async () => {
    const metadata = (name: string): object => ({ namespace: "calendar", name, uid: name });
    const items = [
      cluster("a"),
      { metadata: metadata("no-spec") },
      { metadata: metadata("wrong"), spec: { backups: "CANARY" } },
    ];
    answers = [{ status: 200, body: { items, metadata: {} } }];
    const found = await client.listPostgresClusters(undefined);
    assert.deepEqual(
      found.map(({ metadata: { name }, unreadable }) => [name, unreadable]),
      [
        ["a", undefined],
        ["no-spec", "spec: Invalid input: expected object, received undefined"],
        ["wrong", "spec.backups: Invalid input: expected object, received string"],
      ],
    );
  });

  faultTest(15, "names the field but no value when an object is not as PGO creates it", async () => {
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

import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { lookAtStack } from "../../../../operations/stack/look.ts";
import { FakeCluster, fakeKubeSystemUid, FakeSurroundings } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";

const calendar = { namespace: "calendar", name: "calendar-db" };
const task = { clusters: [calendar], timeLimit: duration("5s") };

describe("the look before a stack declares anything", () => {
  it("says which Kubernetes cluster it is, and how each stanza is", async () => {
    const client = new FakeCluster({ info: [1], uids: ["u"] });
    assert.deepEqual(await lookAtStack(client, task, new FakeSurroundings()), {
      version: 1,
      context: "test",
      kubeSystemUid: fakeKubeSystemUid,
      clusters: [
        { cluster: "calendar/calendar-db", uid: "u", status: { status: "no-stanza", repositories: ["repo1"] } },
      ],
    });
  });

  it("only reads: it runs no other command than pgbackrest info", async () => {
    const client = new FakeCluster({ info: [0] });
    await lookAtStack(client, task, new FakeSurroundings());
    assert.deepEqual(
      client.commands.filter((command) => !command.includes("info --output=json")),
      [],
    );
  });

  faultTest(59, "one cluster that cannot be asked does not hide the others", async () => {
    const client = new FakeCluster({ info: [0] });
    const clusters = [{ namespace: "calendar", name: "gone" }, calendar];
    const report = await lookAtStack(client, { ...task, clusters }, new FakeSurroundings());
    const [gone, found] = report.clusters;
    assert(gone && "error" in gone && found && "status" in found);
    assert.deepEqual([gone.cluster, gone.error.code], ["calendar/gone", "postgres-cluster-not-found"]);
    assert.equal(found.status.status, "okay");
  });

  faultTest(
    [56, 59],
    "a role that may not read kube-system leaves the Kubernetes cluster unknown, with the reason",
    async () => {
      const forbidden = new RecoveryError("kubernetes-forbidden", "not allowed to get namespaces", {
        next: "ask for it",
      });
      const client = Object.assign(new FakeCluster({ info: [0] }), { kubernetesUid: () => Promise.reject(forbidden) });
      const { clusters, error, kubeSystemUid } = await lookAtStack(client, task, new FakeSurroundings());
      assert.equal(kubeSystemUid, undefined);
      assert.deepEqual(error, {
        code: "kubernetes-forbidden",
        kind: "undetermined",
        message: "not allowed to get namespaces",
        next: "ask for it",
      });
      assert.equal(clusters.length, 1);
    },
  );

  it("an interruption and a defect end it", async () => {
    for (const thrown of [new RecoveryError("interrupted", "^C"), new TypeError("defect")]) {
      const client = Object.assign(new FakeCluster({}), { kubernetesUid: () => Promise.reject(thrown) });
      await assert.rejects(lookAtStack(client, task, new FakeSurroundings()), thrown);
    }
  });
});

import assert from "node:assert/strict";
import type { FleetClient } from "../../../../clients/kubernetes/fleet.ts";
import { RequestError } from "../../../../clients/kubernetes/request-error.ts";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { cloudNativePgSchema } from "../../../../domain/fleet/cloud-native-pg.ts";
import { fleetReportSchema } from "../../../../domain/fleet/report.ts";
import { fleetVerdicts } from "../../../../domain/fleet/verdict.ts";
import { gatherFleet, type FleetOptions } from "../../../../operations/fleet/gather.ts";
import { FakeCluster, FakeSurroundings } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";

const options: FleetOptions = {
  namespace: undefined,
  concurrency: 4,
  timeLimit: duration("5s"),
  allowed: [],
  stacks: "not-asked",
};
const notInstalled = new RequestError("kubernetes-resource-unknown", "knows no such resource", { next: "" });
const forbidden = new RequestError("kubernetes-forbidden", "not allowed to list them", { next: "", httpStatus: 403 });

/** A context with one PostgresCluster, one Zalando database and one CloudNativePG cluster. */
function fleet(change: Partial<FleetClient> = {}): FleetClient & { readonly cluster: FakeCluster } {
  const cluster = new FakeCluster({ info: [2] });
  return {
    cluster,
    context: cluster.context,
    kubernetesUid: cluster.kubernetesUid,
    exec: cluster.exec,
    listPostgresClusters: () => cluster.listPostgresClusters(),
    getPostgresCluster: (name) => cluster.getPostgresCluster(name),
    listInstancePods: () => cluster.listInstancePods(),
    orderBackup: () => Promise.reject(new Error("the fleet orders nothing")),
    listZalandoDatabases: () => Promise.resolve([{ namespace: "harbor", name: "postgresql-harbor-registry" }]),
    listCloudNativePgClusters: () =>
      Promise.resolve([cloudNativePgSchema.parse({ metadata: { namespace: "shop", name: "orders" } })]),
    ...change,
  };
}

describe("gatherFleet", () => {
  it("has the clusters of all operators, after one remote command for each of PGO's", async () => {
    const client = fleet();
    const report = await gatherFleet(client, options, new FakeSurroundings());
    assert.deepEqual(
      report.clusters.map(({ name, namespace, operator }) => `${operator} ${namespace}/${name}`),
      ["pgo calendar/calendar-db", "zalando harbor/postgresql-harbor-registry", "cloudnative-pg shop/orders"],
    );
    assert.equal(client.cluster.commands.length, 1);
    assert.deepEqual(
      report.sources.map(({ status }) => status),
      ["complete", "complete", "complete"],
    );
    assert.equal(report.clusters[1]?.findings[0]?.fix, "postgres-recovery backup verify harbor/registry");
    assert.equal(report.clusters[0]?.watch, undefined, "the stacks were not asked");
    fleetReportSchema.parse(report);
  });

  it("takes an operator that is not installed for one without clusters", async () => {
    const client = fleet({
      listZalandoDatabases: () => Promise.reject(notInstalled),
      listCloudNativePgClusters: () => Promise.reject(notInstalled),
    });
    const { clusters, sources } = await gatherFleet(client, options, new FakeSurroundings());
    assert.deepEqual(
      [clusters.length, sources[1]?.status, sources[1]?.detail],
      [1, "complete", "the operator is not installed"],
    );
  });

  faultTest(131, "reports a list that was refused as unknown, and still shows the others", async () => {
    for (const change of [
      { listPostgresClusters: () => Promise.reject(forbidden) },
      { listInstancePods: () => Promise.reject(forbidden) },
      { listZalandoDatabases: () => Promise.reject(forbidden) },
      { listCloudNativePgClusters: () => Promise.reject(forbidden) },
    ]) {
      const report = await gatherFleet(fleet(change), { ...options, stacks: [] }, new FakeSurroundings());
      const failed = report.sources.filter(({ status }) => status === "failed");
      assert.deepEqual(
        failed.map(({ detail }) => detail),
        ["not allowed to list them"],
      );
      assert.equal(report.clusters.length, 2);
      assert(fleetVerdicts(report).includes("undetermined"));
    }
  });

  faultTest(
    131,
    "calls no declared cluster missing when PGO's clusters could not be listed, or only in one namespace",
    async () => {
      const stacks = [{ stack: "dev", context: "test", targets: new Map([["gone/db", undefined]]) }];
      const names = async (client: FleetClient, namespace?: string): Promise<string[]> =>
        (await gatherFleet(client, { ...options, stacks, namespace }, new FakeSurroundings())).clusters.map(
          ({ name }) => name,
        );
      assert((await names(fleet())).includes("db"));
      assert(!(await names(fleet({ listPostgresClusters: () => Promise.reject(forbidden) }))).includes("db"));
      assert(!(await names(fleet(), "calendar")).includes("db"));
    },
  );

  it("says that a namespace is only a part", async () => {
    const { sources } = await gatherFleet(fleet(), { ...options, namespace: "calendar" }, new FakeSurroundings());
    assert.deepEqual([sources[0]?.status, sources[0]?.detail], ["partial", "only the namespace calendar: 1 cluster"]);
  });

  it("takes a context without any cluster for a mistake", async () => {
    const none = fleet({
      listPostgresClusters: () => Promise.resolve([]),
      listZalandoDatabases: () => Promise.reject(notInstalled),
      listCloudNativePgClusters: () => Promise.resolve([]),
    });
    await assert.rejects(gatherFleet(none, options, new FakeSurroundings()), (error: RecoveryError) => {
      return (
        error.code === "context-without-clusters" &&
        error.message.includes("no PostgresCluster, postgresql or CloudNativePG")
      );
    });
  });
});

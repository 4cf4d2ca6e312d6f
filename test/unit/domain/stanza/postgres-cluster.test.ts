import assert from "node:assert/strict";
import fc from "fast-check";
import {
  databaseRuns,
  instancesByCluster,
  instanceToAsk,
  podSchema,
  type Pod,
} from "../../../../domain/stanza/instance-pod.ts";
import {
  labels,
  notApplicable,
  operatorSaysCreated,
  postgresClusterSchema,
} from "../../../../domain/stanza/postgres-cluster.ts";
import { disagreement, type StanzaStatus } from "../../../../domain/stanza/status.ts";
import { formatObjectName, parseObjectName } from "../../../../domain/kubernetes/object-name.ts";
import { faultTest } from "../../../support/fault-test.ts";

const metadata = { namespace: "calendar", name: "calendar-db", uid: "1" };
const backups = { pgbackrest: { repos: [{ name: "repo1" }, { name: "repo2" }] } };

function cluster(spec: object, repos?: object[]): ReturnType<typeof postgresClusterSchema.parse> {
  return postgresClusterSchema.parse({ metadata, spec, ...(repos && { status: { pgbackrest: { repos } } }) });
}

describe("parseObjectName", () => {
  it("reads NAMESPACE/CLUSTER and nothing else", () => {
    assert.deepEqual(parseObjectName("calendar/calendar-db"), { namespace: "calendar", name: "calendar-db" });
    for (const wrong of [
      "",
      "calendar",
      "a/b/c",
      "/b",
      "a/",
      "A/b",
      "a/b_c",
      "a/-b",
      "a/b-",
      "a/$(b)",
      `a/${"b".repeat(64)}`,
    ]) {
      assert.equal(parseObjectName(wrong), undefined, wrong);
    }
  });

  it("is the inverse of formatObjectName, for any text that it accepts", () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, (namespace, name) => {
        assert.deepEqual(parseObjectName(formatObjectName({ namespace, name })), { namespace, name });
      }),
    );
  });
});

describe("notApplicable", () => {
  faultTest(16, "excuses clusters that are shut down, standby, or without backups", () => {
    assert.equal(notApplicable(cluster({ shutdown: true, backups }))?.because, "shut-down");
    assert.equal(notApplicable(cluster({ standby: { enabled: true }, backups }))?.because, "standby");
    assert.equal(notApplicable(cluster({}))?.because, "backups-disabled");
    assert.equal(notApplicable(cluster({ backups, paused: true, standby: { enabled: false } })), undefined);
  });
});

describe("operatorSaysCreated", () => {
  it("requires every repository, and recognises when PGO has said nothing", () => {
    const created = { name: "repo1", stanzaCreated: true };
    assert.equal(operatorSaysCreated(cluster({ backups }, [created])), true);
    assert.equal(operatorSaysCreated(cluster({ backups }, [created, { name: "repo2" }])), false);
    assert.equal(operatorSaysCreated(cluster({ backups }, [])), undefined);
    assert.equal(operatorSaysCreated(cluster({ backups })), undefined);
  });

  faultTest(7, "names a contradiction to pgBackRest's answer in both directions", () => {
    const okay: StanzaStatus = { status: "okay", backups: { count: 0 } };
    const missing: StanzaStatus = { status: "no-stanza", repositories: ["repo1"] };
    assert.equal(disagreement(missing, true), "operator-says-created");
    assert.equal(disagreement(okay, false), "operator-says-missing");
    assert.equal(disagreement(missing, false), undefined);
    assert.equal(disagreement(okay, undefined), undefined);
    assert.equal(disagreement({ status: "timeout", reason: "" }, true), undefined);
  });
});

describe("instanceToAsk", () => {
  const pod = (name: string, status: object, role?: string): ReturnType<typeof podSchema.parse> =>
    podSchema.parse({
      metadata: { namespace: "n", name, ...(role && { annotations: { status: JSON.stringify({ role }) } }) },
      status,
    });
  const running = { phase: "Running", containerStatuses: [{ name: "database", state: { running: {} } }] };

  faultTest(9, "prefers the primary, under either of Patroni's names for it", () => {
    for (const word of ["master", "primary"]) {
      const pods = [pod("a", running, "replica"), pod("b", running, word)];
      assert.equal(instanceToAsk(pods)?.metadata.name, "b");
    }
  });

  it("otherwise takes any running instance, even a standby leader", () => {
    const pods = [pod("a", { phase: "Pending" }), pod("b", running, "standby_leader")];
    assert.equal(instanceToAsk(pods)?.metadata.name, "b");
  });

  faultTest(5, "returns none when no database container runs", () => {
    const waiting = { phase: "Running", containerStatuses: [{ name: "database", state: { waiting: {} } }] };
    assert.equal(databaseRuns(pod("a", waiting)), false);
    assert.equal(instanceToAsk([pod("a", waiting), pod("b", {})]), undefined);
  });

  faultTest(5, "never asks a Pod that is pending, has ended, or is being deleted, whatever its containers say", () => {
    for (const phase of ["Pending", "Failed", "Succeeded", "Unknown", undefined])
      assert.equal(databaseRuns(pod("a", { ...running, phase })), false, phase);
    const deleted = podSchema.parse({
      metadata: { namespace: "n", name: "a", deletionTimestamp: "2026-11-28T12:00:00Z" },
      status: running,
    });
    assert.equal(databaseRuns(deleted), false);
    assert.equal(instanceToAsk([deleted, pod("b", running)])?.metadata.name, "b");
    assert.equal(databaseRuns(pod("a", running)), true);
  });
});

describe("instancesByCluster", () => {
  const { cluster: ofCluster, instance } = labels;
  const pod = (namespace: string, name: string, own: Record<string, string>): Pod =>
    podSchema.parse({ metadata: { namespace, name, labels: own } });

  it("finds only the database instances of each cluster", () => {
    const instancesOf = instancesByCluster([
      pod("a", "db-1", { [ofCluster]: "db", [instance]: "db-1" }),
      pod("a", "db-repo-host-0", { [ofCluster]: "db" }),
      pod("b", "db-1", { [ofCluster]: "db", [instance]: "db-1" }),
      pod("a", "other-1", { [ofCluster]: "other", [instance]: "other-1" }),
      pod("a", "db-2", { [ofCluster]: "db", [instance]: "db-2" }),
    ]);
    const names = (namespace: string, name: string): string[] =>
      instancesOf({ namespace, name }).map(({ metadata }) => metadata.name);
    assert.deepEqual(names("a", "db"), ["db-1", "db-2"]);
    assert.deepEqual(names("b", "db"), ["db-1"]);
    assert.deepEqual(names("b", "other"), []);
  });

  faultTest(
    90,
    "takes no repo host, backup job, pooler or pgAdmin for an instance that has the label of instances",
    () => {
      const everywhere = { [ofCluster]: "db", [instance]: "mine" };
      const instancesOf = instancesByCluster([
        pod("a", "db-1", { ...everywhere, [instance]: "db-1", [labels.role]: "master" }),
        pod("a", "db-2", { ...everywhere, [instance]: "db-2" }),
        pod("a", "db-repo-host-0", { ...everywhere, [labels.pgbackrest]: "" }),
        pod("a", "db-pgbouncer-0", { ...everywhere, [labels.role]: "pgbouncer" }),
        pod("a", "db-pgadmin-0", { ...everywhere, [labels.role]: "pgadmin" }),
      ]);
      const found = instancesOf({ namespace: "a", name: "db" });
      assert.deepEqual(
        found.map(({ metadata }) => metadata.name),
        ["db-1", "db-2"],
      );
    },
  );
});

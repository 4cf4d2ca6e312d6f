import assert from "node:assert/strict";
import { postgresClusterSchema, type PostgresCluster } from "../../../domain/stanza/postgres-cluster.ts";
import { backupProgress, takesFirstBackupItself } from "../../../domain/stanza/first-backup.ts";
import { findCluster } from "../../../sandbox/pgo/inventory.ts";
import { postgresCluster, postgresClusterStatus } from "../../../sandbox/pgo/objects.ts";
import { Operator } from "../../../sandbox/pgo/reconcile.ts";

const annotation = "postgres-operator.crunchydata.com/pgbackrest-backup";

/** One PostgresCluster of the sandbox in memory, and the stand-in that reconciles it. */
class Scene {
  readonly cluster: ReturnType<typeof findCluster>;
  readonly object: {
    metadata: { name: string; namespace: string; annotations?: Record<string, string> };
    spec: object;
    status: object | undefined;
  };
  readonly operator: Operator;
  stanza = false;
  fails = false;
  backups = 0;

  constructor(name: string) {
    this.cluster = findCluster("dev", name);
    const written = postgresCluster(this.cluster);
    this.object = { ...written, status: postgresClusterStatus(this.cluster, "7000000000000000001") };
    this.operator = new Operator({
      api: {
        listCustomObjectForAllNamespaces: () => Promise.resolve({ items: [structuredClone(this.object)] }),
        getNamespacedCustomObject: () => Promise.resolve(structuredClone(this.object)),
        patchNamespacedCustomObjectStatus: ({ body }: { body: { status: object } }) => {
          this.object.status = merged(this.object.status, body.status) as object;
          return Promise.resolve({});
        },
      },
      clusters: [this.cluster],
      stanzaExists: () => Promise.resolve(this.stanza),
      backup: () => {
        this.backups += 1;
        return this.fails ? Promise.reject(new Error("backup failed")) : Promise.resolve();
      },
      log: () => undefined,
    });
  }

  async rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      await this.operator.reconcile();
      await this.operator.idle();
    }
  }

  /** What the product reads of it. */
  get read(): PostgresCluster {
    const { metadata, ...rest } = this.object;
    return postgresClusterSchema.parse({ metadata: { ...metadata, uid: "1" }, ...rest });
  }
}

/** A JSON merge patch (RFC 7386). */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = new Map<string, unknown>(Object.entries(target ?? {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

describe("the sandbox's stand-in for PGO", () => {
  it("takes the first backup of a cluster whose stanza was missing, once", async () => {
    const scene = new Scene("inventor-portal/acrete-db");
    await scene.rounds(2);
    assert.equal(scene.backups, 0, "there is no stanza yet");
    assert(takesFirstBackupItself(scene.read));
    scene.stanza = true;
    await scene.rounds(4);
    assert.equal(scene.backups, 1);
    assert.equal(scene.read.status?.pgbackrest?.repos?.[0]?.stanzaCreated, true);
    assert(!takesFirstBackupItself(scene.read));
  });

  it("takes it again after it failed", async () => {
    const scene = new Scene("inventor-portal/acrete-db");
    Object.assign(scene, { stanza: true, fails: true });
    await scene.rounds(3);
    assert(scene.backups > 1);
    assert(takesFirstBackupItself(scene.read));
  });

  it("takes none where it said created before", async () => {
    const scene = new Scene("utility/utility-db");
    assert(!takesFirstBackupItself(scene.read));
    scene.stanza = true;
    await scene.rounds(3);
    assert.equal(scene.backups, 0);
  });

  it("takes one manual backup for each value of the annotation, and says how it ended", async () => {
    const scene = new Scene("utility/utility-db");
    scene.stanza = true;
    scene.object.metadata.annotations = { [annotation]: "one" };
    assert.equal(backupProgress(scene.read, "one"), "not-begun");
    await scene.rounds(3);
    assert.deepEqual([scene.backups, backupProgress(scene.read, "one")], [1, "succeeded"]);
    scene.object.metadata.annotations = { [annotation]: "two" };
    scene.fails = true;
    await scene.rounds(3);
    assert.deepEqual([scene.backups, backupProgress(scene.read, "two")], [1 + 7, "failed"], "a Job tries seven times");
  });

  it("ignores the annotation while spec.backups.pgbackrest.manual is not set, and everything while paused", async () => {
    const scene = new Scene("utility/utility-db");
    scene.stanza = true;
    scene.object.metadata.annotations = { [annotation]: "one" };
    scene.object.spec = merged(scene.object.spec, { backups: { pgbackrest: { manual: null } } }) as object;
    await scene.rounds(3);
    assert.equal(scene.backups, 0);
    const paused = new Scene("inventor-portal/acrete-db");
    paused.stanza = true;
    paused.object.spec = merged(paused.object.spec, { paused: true }) as object;
    await paused.rounds(3);
    assert.equal(paused.read.status?.pgbackrest?.repos?.[0]?.stanzaCreated, false);
  });
});

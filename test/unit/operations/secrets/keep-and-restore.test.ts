import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { vitalSecretNames } from "../../../../domain/harbor/names.ts";
import { copyName } from "../../../../domain/secrets/copy-place.ts";
import { keepSecrets } from "../../../../operations/secrets/keep.ts";
import { restoreSecrets } from "../../../../operations/secrets/restore.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { databaseUid, FakeHarbor, harbor } from "../../../support/fake-harbor.ts";
import { FakeSecretsManager } from "../../../support/fake-secrets-manager.ts";
import { faultTest } from "../../../support/fault-test.ts";

const [postgres = "", standby = "", credentials = "", encryptionKey = ""] = vitalSecretNames(harbor);
const names = vitalSecretNames(harbor);
const rebuilt = "decaf000-3f92-4c86-8d42-5056348c1e7e";

describe("secrets keep and secrets restore, against Secrets Manager's protocol", () => {
  let aws: FakeSecretsManager;
  let kubernetes: FakeHarbor;
  let surroundings: FakeSurroundings;

  beforeEach(async () => {
    aws = await FakeSecretsManager.start();
    kubernetes = newCluster("first");
    surroundings = new FakeSurroundings();
    createCopies(kubernetes.kubernetesUid);
  });
  afterEach(() => {
    aws.stop();
  });

  /** A Kubernetes cluster in which both operators have created their Secrets. */
  function newCluster(passwords: string, kubernetesUid?: string): FakeHarbor {
    const cluster = new FakeHarbor();
    if (kubernetesUid !== undefined) cluster.kubernetesUid = kubernetesUid;
    cluster.make([]);
    for (const [role, name] of [
      ["postgres", postgres],
      ["standby", standby],
      ["harbor", credentials],
    ] as const)
      cluster.secrets[`${harbor.namespace}/${name}`] = {
        type: "Opaque",
        data: { username: btoa(role), password: btoa(`${passwords} ${role}`) },
      };
    const key = passwords.padEnd(16, "-");
    cluster.secrets[`${harbor.namespace}/${encryptionKey}`] = {
      type: "goharbor.io/single",
      data: { secret: btoa(key) },
    };
    return cluster;
  }

  /** The empty secrets, as the stack creates them. */
  function createCopies(uid: string | undefined): void {
    for (const name of names) aws.create(copyName({ kubernetes: uid, harbor }, name));
  }

  const copyOf = (name: string, uid: string | undefined = kubernetes.kubernetesUid): string =>
    copyName({ kubernetes: uid, harbor }, name);
  const formerCopyOf = (name: string): string => copyName({ kubernetes: undefined, harbor }, name);
  const keep = async (): Promise<string[]> =>
    (await keepSecrets(kubernetes, aws.client(), harbor, names, surroundings)).secrets.map(({ outcome }) => outcome);
  const restore = async (uid?: string): Promise<string[]> => {
    const options = { uid, wait: duration("1m") };
    const { secrets } = await restoreSecrets(kubernetes, aws.client(), harbor, names, options, surroundings);
    return secrets.map(({ outcome }) => outcome);
  };
  const passwordOf = (cluster: FakeHarbor, name: string): string =>
    atob(cluster.secrets[`${harbor.namespace}/${name}`]?.data["password"] ?? "");
  const lose = (): void => {
    kubernetes.secrets = {};
    kubernetes.postgresql = undefined;
  };

  faultTest(155, "nothing is restored while the Zalando operator still deletes the lost database", async () => {
    await keep();
    lose();
    kubernetes.services = Array<boolean>(100).fill(true);
    const started = surroundings.now().getTime();
    await assert.rejects(restore(), {
      code: "lost-database-not-deleted",
      message: /the service postgresql-harbor-cluster-harbor-cluster of the lost database is still there after 1m/,
      next: /kubectl -n harbor-cluster delete service postgresql-harbor-cluster-harbor-cluster$/,
    });
    assert.equal(surroundings.now().getTime() - started, 60_000);
    assert.deepEqual(kubernetes.secrets, {});
    kubernetes.services = [true, true];
    assert.deepEqual(await restore(), Array(4).fill("created"));
    assert(surroundings.lines.includes("waiting for the Zalando operator to finish deleting the lost database"));
  });

  faultTest(155, "a Service of a database that exists keeps nobody waiting", async () => {
    await keep();
    kubernetes.services = [true];
    assert.deepEqual(await restore(), Array(4).fill("unchanged"));
    assert(!surroundings.lines.some((line) => line.startsWith("waiting")));
  });

  it("are restored before the operators are installed", async () => {
    await keep();
    lose();
    const unknown = (): Promise<never> =>
      Promise.reject(new RecoveryError("kubernetes-resource-unknown", "knows no such resource"));
    kubernetes.getPostgresql = unknown;
    kubernetes.getHarborCluster = unknown;
    assert.deepEqual(await restore(), Array(4).fill("created"));
  });

  faultTest(155, "a database without its HarborCluster will be deleted, too", async () => {
    await keep();
    kubernetes.harborCluster = undefined;
    kubernetes.secrets = {};
    await assert.rejects(restore(), { code: "lost-database-not-deleted", message: /the postgresql \S+ of the lost/ });
    assert.deepEqual(kubernetes.secrets, {});
  });

  it("keep every Secret once, and restore what was kept", async () => {
    assert.deepEqual(await keep(), Array(4).fill("first copy"));
    assert.deepEqual(await keep(), Array(4).fill("unchanged"));
    lose();
    assert.deepEqual(await restore(), Array(4).fill("created"));
    assert.equal(passwordOf(kubernetes, standby), "first standby");
    assert.deepEqual(await restore(databaseUid), Array(4).fill("unchanged"));
  });

  faultTest(67, "keep the Secrets of each Kubernetes cluster apart, and change nothing of the other's", async () => {
    await keep();
    const before = aws.valueOf(copyOf(standby));
    kubernetes = newCluster("second", rebuilt);
    kubernetes.make([], { uid: "22e85b8a-3f92-4c86-8d42-5056348c1e7e" });
    createCopies(rebuilt);
    assert.deepEqual(await keep(), Array(4).fill("first copy"));
    assert.equal(aws.valueOf(copyOf(standby, new FakeHarbor().kubernetesUid)), before);
    lose();
    await restore();
    assert.equal(passwordOf(kubernetes, standby), "second standby");
  });

  faultTest(67, "restore nothing of another Kubernetes cluster without --uid, and list the candidates", async () => {
    await keep();
    kubernetes = newCluster("second", rebuilt);
    createCopies(rebuilt);
    lose();
    await assert.rejects(restore(), (error: Error & { next?: string }) => {
      assert.match(
        error.message,
        /this Kubernetes cluster \(decaf000\S+\) has kept no Secrets, but others have:\n {2}Kubernetes cluster c0ffee00\S+: database 11e85b8a\S+$/,
      );
      assert.match(error.next ?? "", /--uid UID/);
      return true;
    });
    assert.deepEqual(kubernetes.secrets, {});
  });

  faultTest(67, "restore by --uid from the lost Kubernetes cluster, and say so", async () => {
    await keep();
    kubernetes = newCluster("second", rebuilt);
    createCopies(rebuilt);
    lose();
    assert.deepEqual(await restore(databaseUid), Array(4).fill("created"));
    assert.equal(passwordOf(kubernetes, standby), "first standby");
    assert(surroundings.lines.some((line) => line.startsWith("restoring from postgres-recovery/c0ffee00-")));
  });

  faultTest(67, "restore by --uid from the one cluster that kept that database, among several", async () => {
    const [second, third] = ["22e85b8a-3f92-4c86-8d42-5056348c1e7e", "33e85b8a-3f92-4c86-8d42-5056348c1e7e"];
    await keep();
    for (const [passwords, kubernetesUid, uid] of [
      ["second", rebuilt, second],
      ["third", "facade00-3f92-4c86-8d42-5056348c1e7e", third],
    ] as const) {
      kubernetes = newCluster(passwords, kubernetesUid);
      kubernetes.make([], { uid });
      createCopies(kubernetesUid);
      await keep();
    }
    kubernetes = newCluster("new", "beef0000-3f92-4c86-8d42-5056348c1e7e");
    lose();
    await restore(second);
    assert.equal(passwordOf(kubernetes, standby), "second standby");
  });

  faultTest(31, "say which copies are missing when no cluster has kept any", async () => {
    lose();
    await assert.rejects(restore(), (error: Error) => {
      assert.equal(error.message.match(/AWS Secrets Manager has no \S+ with the label AWSCURRENT/g)?.length, 4);
      return true;
    });
  });

  describe("with copies under the names of an older version", () => {
    beforeEach(async () => {
      createCopies(undefined);
      await keep();
      for (const name of names) {
        aws.put(formerCopyOf(name), aws.valueOf(copyOf(name)) ?? "", [`cluster-${databaseUid}`]);
        aws.secrets.delete(copyOf(name));
        aws.create(copyOf(name));
      }
      aws.changes.length = 0;
    });

    faultTest(67, "move the database's own to the new name, and leave the old ones as they are", async () => {
      const before = aws.valueOf(formerCopyOf(standby));
      assert.deepEqual(await keep(), Array(4).fill("moved"));
      assert.equal(aws.valueOf(copyOf(standby)), before);
      assert.equal(aws.valueOf(formerCopyOf(standby)), before);
      assert.deepEqual(
        aws.changes.filter((change) => !change.includes(kubernetes.kubernetesUid)),
        [],
      );
      assert(
        surroundings.lines.includes(
          `${formerCopyOf(standby)}: no longer used; it was not changed, and can still be restored`,
        ),
      );
      assert.deepEqual(await keep(), Array(4).fill("unchanged"));
    });

    faultTest(67, "refuse an encryption key that differs from the one under the old name", async () => {
      kubernetes.secrets[`${harbor.namespace}/${encryptionKey}`] = {
        type: "goharbor.io/single",
        data: { secret: btoa("another-key-----") },
      };
      await assert.rejects(keep(), /core-encryptionkey: the key differs from the kept one of the same database/);
      assert.equal(aws.valueOf(copyOf(encryptionKey)), undefined);
    });

    faultTest(67, "take no copy of another database for their own", async () => {
      kubernetes.make([], { uid: "22e85b8a-3f92-4c86-8d42-5056348c1e7e" });
      assert.deepEqual(await keep(), Array(4).fill("first copy"));
    });

    faultTest(67, "restore them by --uid, and only then", async () => {
      lose();
      await assert.rejects(restore(), /kept by an older version, for any cluster: database 11e85b8a/);
      assert.deepEqual(await restore(databaseUid), Array(4).fill("created"));
    });
  });

  faultTest(68, "keep the Secrets of any number of databases: AWS's limit of labels is never reached", async () => {
    const uids = Array.from(
      { length: 25 },
      (_, index) => `${String(index).padStart(8, "0")}-3f92-4c86-8d42-5056348c1e7e`,
    );
    for (const uid of uids) {
      kubernetes.make([], { uid });
      await keep();
    }
    const labels = aws.labels(copyOf(standby));
    assert(labels.length <= 20, String(labels));
    assert(labels.includes(`cluster-${uids.at(-1) ?? ""}`));
    assert(!labels.includes(`cluster-${uids[0] ?? ""}`));
    assert(
      surroundings.lines.some((line) => line.includes(`removed the label cluster-${uids[0] ?? ""}, the oldest one`)),
    );
  });

  describe("with copies that are scheduled for deletion", () => {
    beforeEach(async () => {
      await keep();
      for (const secret of aws.secrets.values()) secret.deleted = true;
      aws.changes.length = 0;
    });

    faultTest(31, "cancel the deletion and restore", async () => {
      lose();
      assert.deepEqual(await restore(), Array(4).fill("created"));
      assert.equal(aws.progress.filter((line) => line.endsWith("the deletion has been cancelled")).length, 4);
    });

    faultTest(31, "cancel no deletion for a restore that is refused", async () => {
      lose();
      aws.secrets.delete(copyOf(standby));
      await assert.rejects(restore(), /standby\S+: AWS Secrets Manager has no/);
      assert.deepEqual(aws.changes, []);
    });

    faultTest(31, "cancel the deletion before they keep", async () => {
      assert.deepEqual(await keep(), Array(4).fill("unchanged"));
      assert.equal(aws.changes.filter((change) => change.startsWith("RestoreSecret")).length, 4);
    });
  });

  faultTest(29, "restore no standby password beside another one that an operator has already created", async () => {
    await keep();
    lose();
    kubernetes.secrets[`${harbor.namespace}/${standby}`] = {
      type: "Opaque",
      data: { username: btoa("standby"), password: btoa("CANARY made by the operator") },
    };
    await assert.rejects(restore(), (error: Error) => {
      assert.match(error.message, /standby\S+: the Secret exists with different content/);
      assert.doesNotMatch(error.message, /CANARY/);
      return true;
    });
    assert.deepEqual(Object.keys(kubernetes.secrets), [`${harbor.namespace}/${standby}`]);
  });

  faultTest(29, "keep both standby passwords when a database was created again with another one", async () => {
    await keep();
    const second = "22e85b8a-3f92-4c86-8d42-5056348c1e7e";
    kubernetes = newCluster("second");
    kubernetes.make([], { uid: second });
    await keep();
    lose();
    await restore(databaseUid);
    assert.equal(passwordOf(kubernetes, standby), "first standby");
    lose();
    await restore(second);
    assert.equal(passwordOf(kubernetes, standby), "second standby");
  });

  it("say what is missing when listing is not allowed", async () => {
    aws.denied.add("ListSecrets");
    lose();
    await assert.rejects(restore(), (error: Error & { next?: string }) => {
      assert.match(error.message, /secrets named postgres-recovery\/…: AccessDeniedException/);
      assert.match(error.next ?? "", /docs\/secrets\.md/);
      return true;
    });
  });
});

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { layout } from "../../sandbox/host/directory.ts";
import { applyHarborCluster } from "../../sandbox/harbor/harbor.ts";
import { backups, harborCluster, operatorNamespace, podEnvironment, spiloImage } from "../../sandbox/harbor/objects.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { faultTest } from "../support/fault-test.ts";
import { HarborDatabase, isReady, roleOf } from "../support/harbor.ts";
import { harborEnvironment, testDirectory } from "../support/sandbox.ts";

const hardCoded = ["hostssl all all 0.0.0.0/0 md5", "host    all all 0.0.0.0/0 md5"];
const { namespace, database: name } = harborCluster;
const podConfig = { namespace: operatorNamespace, name: "pod-config" };

describe("the operators of Harbor's database", function () {
  this.timeout("4m");
  let database: HarborDatabase;

  async function applyPodSecret(): Promise<void> {
    await database.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name: podEnvironment.secret },
      stringData: { AWS_SECRET_ACCESS_KEY: "canary-7d1f" },
    });
  }

  before("the sandbox with Harbor's part, and a HarborCluster", async function () {
    this.timeout("60m");
    await harborEnvironment();
    database = new HarborDatabase();
    await database.removeHarbor();
    await database.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: podConfig,
      data: { BACKUP_NUM_TO_RETAIN: "7" },
    });
    await applyPodSecret();
    await applyHarborCluster(testDirectory);
  });

  it("the Harbor operator creates the database's resource with PostgreSQL 12, the HarborCluster's image and two lines of pg_hba", async () => {
    await waitUntil("the database's resource", 60, async () => (await database.resource()).status !== undefined);
    const { spec } = await database.resource();
    assert.equal(spec.dockerImage, spiloImage);
    assert.equal(spec.postgresql.version, "12");
    assert.deepEqual(spec.patroni.pg_hba, hardCoded);
  });

  it("the Zalando operator puts pod-config's values, the secret's references and the backup bucket into the StatefulSet", async () => {
    await waitUntil("the StatefulSet", 60, async () => (await database.environment()).size > 0);
    const environment = await database.environment();
    assert.equal(environment.get("BACKUP_NUM_TO_RETAIN")?.value, "7");
    assert.equal(environment.get("AWS_SECRET_ACCESS_KEY")?.valueFrom?.secretKeyRef?.name, podEnvironment.secret);
    assert(
      ![...environment.values()].some(({ value }) => value?.includes("canary-7d1f")),
      "a secret's value is in the StatefulSet",
    );
    assert.equal(environment.get("WAL_S3_BUCKET")?.value, backups.bucket);
    assert.equal(environment.get("WAL_BUCKET_SCOPE_SUFFIX")?.value, `/${(await database.resource()).metadata.uid}`);
    for (const user of ["postgres", "standby", "harbor"])
      assert.deepEqual((await database.secret(`${user}.${name}.credentials`)).keys, ["password", "username"]);
  });

  it("with only these two lines the bootstrap fails with the runbook's message, and the single Pod never gets a role", async () => {
    const processes = new Processes(layout(testDirectory).processes);
    const log = async (): Promise<string> => {
      const patroni = processes.names().find((process) => process.startsWith(`spilo.${namespace}.${name}-0.`)) ?? "";
      return readFile(processes.log(patroni), "utf8");
    };
    await waitUntil("the failure of the bootstrap", 120, async () =>
      (await log()).includes("Failed to bootstrap cluster"),
    );
    assert.match(
      await log(),
      /FATAL: +no pg_hba\.conf entry for host "\[local\]", user "postgres", database "postgres"/,
    );
    const pod = await database.pod();
    assert.equal(roleOf(pod), undefined);
    assert(!isReady(pod));
  });

  faultTest(
    60,
    "without pod-config the Zalando operator 1.13 makes no database, and says which ConfigMap it misses",
    async () => {
      await database.removeHarbor();
      await database.removeEnvironment(podConfig, { namespace, name: podEnvironment.secret });
      await applyPodSecret();
      await applyHarborCluster(testDirectory);
      const log = new Processes(layout(testDirectory).processes).log("lab.postgres-operator");
      const before = (await readFile(log, "utf8")).length;
      await waitUntil("the operator's refusal", 60, async () => {
        const said = (await readFile(log, "utf8")).slice(before);
        return /could not read PodEnvironmentConfigMap: configmaps \\?"pod-config\\?" not found/.test(said);
      });
      await assert.rejects(database.environment(), /not found/);
    },
  );
});

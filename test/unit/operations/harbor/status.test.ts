import assert from "node:assert/strict";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { harborClusterSchema } from "../../../../domain/harbor/objects.ts";
import { coreEncryptionKeySecretName, credentialsSecretName, databaseRoles } from "../../../../domain/harbor/names.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import { podConfigData } from "../../../../domain/harbor/pod-config.ts";
import { harborStatus } from "../../../../operations/harbor/status.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { databaseUid, FakeHarbor, harbor, podOf, statefulSetOf } from "../../../support/fake-harbor.ts";
import { FakeS3 } from "../../../support/fake-s3.ts";
import { backupObjects, walgPrefix, walObjects } from "../../../support/walg.ts";
import type { FaultNumber } from "../../../faults.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";

const request = steps["harbor status"].request.parse({
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
});
const ownPrefix = walgPrefix.replace(/[0-9a-f-]{36}/, databaseUid);
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const podConfig = podConfigData(
  { bucket: "bkt", region: "eu-west-2", credentials: "secret", schedule: "0 1 * * *", retainDays: 5 },
  undefined,
);

/** A Harbor without any problem. */
function healthy(): FakeHarbor {
  const kubernetes = new FakeHarbor();
  kubernetes.make(runbookPgHba);
  kubernetes.systemIdentifier = "7710366851552716423";
  const operators = { PGVERSION: "12", WAL_BUCKET_SCOPE_SUFFIX: `/${databaseUid}`, WAL_BUCKET_SCOPE_PREFIX: "" };
  kubernetes.statefulSet = statefulSetOf({ env: { ...operators, ...podConfig } });
  kubernetes.pods = [podOf(0, { role: "master" })];
  kubernetes.configMaps["harbor-operator-ns/pod-config"] = podConfig;
  for (const role of databaseRoles) {
    const data = { username: base64(role), password: base64("canary-password") };
    kubernetes.secrets[`harbor-cluster/${credentialsSecretName(role, harbor)}`] = { type: "Opaque", data };
  }
  kubernetes.secrets[`harbor-cluster/${coreEncryptionKeySecretName(harbor)}`] = {
    type: "goharbor.io/single",
    data: { secret: base64("canary-0123456ab") },
  };
  kubernetes.secrets["harbor-cluster/pod-secret"] = {
    type: "Opaque",
    data: { AWS_ACCESS_KEY_ID: base64("canary-id"), AWS_SECRET_ACCESS_KEY: base64("canary-key") },
  };
  kubernetes.onExec = () => JSON.stringify(archiver);
  return kubernetes;
}

const archiver = {
  systemIdentifier: "7710366851552716423",
  inRecovery: false,
  archiveMode: "on",
  archivesWithPgbackrest: false,
  failedCount: 3,
  lastFailed: "2026-11-19T10:00:00.000Z",
  lastArchived: "2026-11-21T00:55:00.000Z" as string | null,
  oldestWaitingSeconds: null as number | null,
};

const base = backupObjects(3, Date.parse("2026-11-20T23:00:00Z"), { prefix: ownPrefix });
const walUntil = (text: string) => walObjects(3, 9, Date.parse(text), { prefix: ownPrefix });
const backups = new FakeS3("bkt", [...base, ...walUntil("2026-11-21T00:55:00Z")]);

function status(kubernetes: FakeHarbor, s3 = backups): Promise<ReportOf<"harbor status">> {
  return harborStatus({ harbor: kubernetes, connectS3: () => Promise.resolve(s3) }, request, new FakeSurroundings());
}

function said({ sections }: ReportOf<"harbor status">): string {
  return sections
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity !== "ok")
    .map(({ severity, what, where }) => `${severity}: ${where}: ${what}`)
    .join("\n");
}

describe("harborStatus", () => {
  it("finds no problem in a healthy database, and shows no secret's value", async () => {
    const report = await status(healthy());
    assert.equal(said(report), "");
    assert.equal(report.verdict, "ok");
    assert.deepEqual(
      [report.pods, report.clone],
      [[{ name: "postgresql-harbor-cluster-harbor-cluster-0", role: "leader", ready: true, current: true }], []],
    );
    const text = JSON.stringify(report);
    for (const secret of [
      "canary-password",
      "canary-key",
      "canary-id",
      base64("canary-password"),
      base64("canary-key"),
    ])
      assert(!text.includes(secret));
    assert.match(text, /1 backups, the newest base_000000010000000000000003 of 2026-11-20T23:00:00.000Z, 2 h old/);
  });

  const faulty: [fault: FaultNumber, title: string, change: (kubernetes: FakeHarbor) => void, what: RegExp][] = [
    [
      27,
      "pg_hba was reverted",
      (kubernetes) => {
        kubernetes.make(harborOperatorPgHba);
      },
      /refuse: .*the Harbor operator's own two lines/,
    ],
    [
      27,
      "pg_hba has extra lines",
      (kubernetes) => {
        kubernetes.make([...runbookPgHba, "host all x 10.0.0.0/8 md5"]);
      },
      /refuse: .*differs from the required list \(10 lines\); not declared, so writing it removes: host all x 10\.0\.0\.0\/8 md5$/m,
    ],
    [
      21,
      "a wrong value in the live pod-config",
      (kubernetes) => {
        kubernetes.configMaps["harbor-operator-ns/pod-config"] = { ...podConfig, USEWALG_RESTORE: "true" };
      },
      /refuse: pod-config USEWALG_RESTORE: is not a variable that Spilo reads/,
    ],
    [
      31,
      "a Secret is missing",
      (kubernetes) => {
        kubernetes.secrets = {};
      },
      /refuse: Secret harbor-cluster\/standby\.\S+: does not exist/,
    ],
    [
      31,
      "a Secret with another user's name",
      (kubernetes) => {
        kubernetes.secrets[`harbor-cluster/${credentialsSecretName("standby", harbor)}`] = {
          type: "Opaque",
          data: { username: base64("x"), password: base64("y") },
        };
      },
      /refuse: .*username is not standby/,
    ],
  ];
  const replica = (patroni?: object) => (kubernetes: FakeHarbor) => {
    kubernetes.pods = [podOf(0, { role: "master" }), podOf(1, { role: "replica", patroni })];
  };
  faulty.push(
    [
      85,
      "a replica that Patroni calls starting, although its Pod is ready",
      replica({ state: "starting", role: "replica" }),
      /^warn: .*: postgresql-\S+-1 does not stream from a leader; Patroni says: starting$/m,
    ],
    [
      85,
      "a replica that runs and only reads the archive",
      replica({ state: "running", replication_state: "in archive recovery" }),
      /^warn: .*-1 does not stream from a leader; Patroni says: in archive recovery$/m,
    ],
  );
  faultTest(
    85,
    "has nothing to say against a replica that streams, or about which Patroni says nothing odd",
    async () => {
      const statuses = [
        { state: "running", replication_state: "streaming" },
        { state: "running", role: "replica", timeline: 3 },
        { state: 1 },
        undefined,
      ];
      for (const patroni of statuses) {
        const kubernetes = healthy();
        replica(patroni)(kubernetes);
        assert.equal(said(await status(kubernetes)), "");
      }
    },
  );
  faultSuite(33, "archiving", () => {
    const withArchiver = (changes: Partial<typeof archiver>): FakeHarbor => {
      const kubernetes = healthy();
      kubernetes.onExec = () => JSON.stringify({ ...archiver, ...changes });
      return kubernetes;
    };
    const cases: [what: string, kubernetes: FakeHarbor, found: RegExp][] = [
      [
        "fails since the last success",
        withArchiver({ lastFailed: "2026-11-21T00:56:00.000Z" }),
        /^refuse: Pod harbor-cluster\/\S+-0: archiving fails: 3 failures, the last at 2026-11-21T00:56/,
      ],
      ["never succeeded", withArchiver({ lastArchived: null }), /refuse: Pod .*; nothing was ever archived/],
      ["is off", withArchiver({ archiveMode: "off" }), /refuse: Pod .*: archive_mode is off/],
      [
        "hangs",
        withArchiver({ oldestWaitingSeconds: 7200 }),
        /warn: Pod .*WAL has waited for the archiver for 120 min/,
      ],
      ["of a leader in recovery is unknown", withArchiver({ inRecovery: true }), /unknown: Pod .*is in recovery/],
    ];
    for (const [what, kubernetes, found] of cases) {
      it(what, async () => {
        assert.match(said(await status(kubernetes)), found);
      });
    }

    it("is unknown when Postgres does not answer, and the other sections are still there", async () => {
      const kubernetes = healthy();
      kubernetes.onExec = () => ({ end: "exited", code: 2, stdout: "", stderr: "psql: error: no pg_hba.conf entry\n" });
      const report = await status(kubernetes);
      assert.match(said(report), /^unknown: Pod \S+: Postgres did not report its archiver: .*no pg_hba.conf entry$/);
      assert(report.sections.some(({ title }) => title === "WAL"));
    });

    it("is not asked of a leader that does not run, nor of a replica", async () => {
      const kubernetes = healthy();
      kubernetes.pods = [podOf(0, { role: "master", running: false }), podOf(1, { role: "replica" })];
      const report = await status(kubernetes);
      assert.deepEqual(kubernetes.commands, []);
      assert(!report.sections.some(({ title }) => title === "archiving"));
    });

    it("reports a success, and no WAL arrives", async () => {
      const s3 = new FakeS3("bkt", [...base, ...walUntil("2026-11-20T23:10:00Z")]);
      assert.match(
        said(await status(healthy(), s3)),
        /^refuse: s3:\/\/bkt\/.*\/wal_005: the newest WAL is of 2026-11-20T23:10.* the archiver reports a success at 2026-11-21T00:55/,
      );
    });

    it("of an idle database may be old", async () => {
      const s3 = new FakeS3("bkt", [...base, ...walUntil("2026-11-20T20:00:00Z")]);
      assert.equal(said(await status(withArchiver({ lastArchived: "2026-11-20T20:00:03.000Z" }), s3)), "");
    });

    it("has old WAL, and nothing is known of the archiver", async () => {
      const kubernetes = withArchiver({});
      kubernetes.onExec = () => "";
      const s3 = new FakeS3("bkt", [...base, ...walUntil("2026-11-20T22:00:00Z")]);
      assert.match(said(await status(kubernetes, s3)), /warn: .*wal_005: the newest WAL is of 2026-11-20T22:00/);
    });

    it("has a backup and no WAL", async () => {
      assert.match(said(await status(healthy(), new FakeS3("bkt", base))), /^refuse: .*wal_005: there is no WAL$/);
    });
  });

  faultSuite(77, "the schedule of backups", () => {
    const withSchedule = (schedule: string): FakeHarbor => {
      const kubernetes = healthy();
      const operators = { PGVERSION: "12", WAL_BUCKET_SCOPE_SUFFIX: `/${databaseUid}`, WAL_BUCKET_SCOPE_PREFIX: "" };
      kubernetes.configMaps["harbor-operator-ns/pod-config"] = { ...podConfig, BACKUP_SCHEDULE: schedule };
      kubernetes.statefulSet = statefulSetOf({ env: { ...operators, ...podConfig, BACKUP_SCHEDULE: schedule } });
      return kubernetes;
    };
    const dayOld = new FakeS3("bkt", [
      ...backupObjects(3, Date.parse("2026-11-19T02:00:00Z"), { prefix: ownPrefix }),
      ...walUntil("2026-11-21T00:55:00Z"),
    ]);

    it("decides whether the newest backup is old", async () => {
      assert.equal(said(await status(withSchedule("0 1 * * wed"), dayOld)), "");
      assert.match(
        said(await status(withSchedule("0 1 * * fri"), dayOld)),
        /^warn: .*, 47 h old; one was due at 2026-11-20T01:00:00.000Z \(0 1 \* \* fri\)$/,
      );
    });

    it("gives a backup six hours", async () => {
      assert.equal(said(await status(withSchedule("30 19 * * fri"), dayOld)), "");
      assert.match(said(await status(withSchedule("30 18 * * fri"), dayOld)), /one was due at 2026-11-20T18:30/);
    });

    it("is Spilo's own when it cannot be read", async () => {
      assert.match(
        said(await status(withSchedule("x"), dayOld)),
        /one was due at 2026-11-20T01:00:00.000Z \(0 1 \* \* \*\)/,
      );
    });
  });

  faultTest(75, "judges the pod Secret like pod-config, and shows none of its values", async () => {
    const kubernetes = healthy();
    const { data = {} } = kubernetes.secrets["harbor-cluster/pod-secret"] ?? {};
    const more = { AWS_ENDPOINT: base64("https://canary-host/x"), CLONE_SCOPE: base64("canary-scope") };
    kubernetes.secrets["harbor-cluster/pod-secret"] = { type: "Opaque", data: { ...data, ...more } };
    const report = await status(kubernetes);
    assert.match(said(report), /refuse: pod Secret AWS_ENDPOINT: /);
    assert.deepEqual(report.clone, ["CLONE_SCOPE"]);
    const text = JSON.stringify(report);
    for (const value of Object.values({ ...data, ...more }))
      assert(!text.includes(value) && !text.includes(Buffer.from(value, "base64").toString()));
  });

  faultTest(
    75,
    "warns of a value of pod-config that the pod Secret overrides, and does not call it outdated",
    async () => {
      const kubernetes = healthy();
      const secret = kubernetes.secrets["harbor-cluster/pod-secret"];
      assert(secret);
      secret.data["BACKUP_NUM_TO_RETAIN"] = base64("9");
      assert.match(
        said(await status(kubernetes)),
        /^warn: pod Secret BACKUP_NUM_TO_RETAIN: overrides BACKUP_NUM_TO_RETAIN of pod-config$/,
      );
    },
  );

  faultTest(112, "names the Pods that have old keys, and those that do not show which keys they have", async () => {
    const kubernetes = healthy();
    kubernetes.secrets["harbor-cluster/pod-secret"] = {
      type: "Opaque",
      data: { AWS_SECRET_ACCESS_KEY: base64("new") },
    };
    kubernetes.pods = [podOf(0, { role: "master", keys: ["AWS_SECRET_ACCESS_KEY"] })];
    const { onExec } = kubernetes;
    let answer: ReturnType<FakeHarbor["onExec"]> = `${"0".repeat(64)}\n`;
    kubernetes.onExec = (pod, command) => (command.includes("sha256sum") ? answer : onExec(pod, command));
    const old = await status(kubernetes);
    assert.match(said(old), /warn: .*with keys that the pod Secret no longer has: .*-0/);
    assert.deepEqual(
      old.pods.map(({ current }) => current),
      [false],
    );
    answer = { end: "deadline", message: "no answer within 30 s" };
    assert.match(
      said(await status(kubernetes)),
      /unknown: .*keys of the pod Secret is unknown: .*-0: no answer within 30 s/,
    );
  });

  const cases: [title: string, change: (kubernetes: FakeHarbor) => void, what: RegExp][] = [
    [
      "the Zalando operator has not taken the list up",
      (kubernetes) => {
        kubernetes.statefulSet = statefulSetOf({ hba: harborOperatorPgHba, env: podConfig });
      },
      /warn: StatefulSet .*a different pg_hba/,
    ],
    [
      "a changed value of pod-config is not in the StatefulSet yet",
      (kubernetes) => {
        kubernetes.configMaps["harbor-operator-ns/pod-config"] = { ...podConfig, BACKUP_NUM_TO_RETAIN: "9" };
      },
      /warn: StatefulSet .*does not have the current value of BACKUP_NUM_TO_RETAIN/,
    ],
    [
      "a Pod from an older template",
      (kubernetes) => {
        kubernetes.pods = [podOf(0, { role: "master", revision: "old" })];
      },
      /warn: .*from an older template: .*-0/,
    ],
    [
      "no leader",
      (kubernetes) => {
        kubernetes.pods = [podOf(0, { role: "replica" })];
      },
      /refuse: .*none is the leader/,
    ],
    [
      "the operator's configuration names another pod-config",
      (kubernetes) => {
        kubernetes.configMaps["harbor-operator-ns/postgres-operator"] = {};
      },
      /refuse: ConfigMap harbor-operator-ns\/postgres-operator: names no pod_environment_configmap/,
    ],
    [
      "a condition of the HarborCluster is not met",
      (kubernetes) => {
        kubernetes.harborCluster = harborClusterSchema.parse({
          metadata: { ...harbor, uid: "h" },
          spec: {},
          status: {
            conditions: [
              { type: "DatabaseReady", status: "False", message: "psql is Updating" },
              { type: "CacheReady", status: "True" },
              { type: "StorageReady", status: "Unknown" },
            ],
          },
        });
      },
      /^warn: HarborCluster harbor-cluster\/harbor-cluster: DatabaseReady is not met: psql is Updating\nwarn: .*: StorageReady is not met$/,
    ],
    [
      "there is no HarborCluster",
      (kubernetes) => {
        kubernetes.harborCluster = undefined;
      },
      /^refuse: HarborCluster harbor-cluster\/harbor-cluster: does not exist$/,
    ],
    [
      "the database is not running, or says nothing yet",
      (kubernetes) => {
        if (kubernetes.postgresql) kubernetes.postgresql.status.PostgresClusterStatus = "Creating";
      },
      /^warn: postgresql \S+: status Creating$/,
    ],
    [
      "two leaders",
      (kubernetes) => {
        kubernetes.pods = [podOf(0, { role: "master" }), podOf(1, { role: "master" })];
      },
      /^refuse: Pods of \S+: \S+-0, \S+-1 are labelled as leaders$/,
    ],
    [
      "a Pod that is not ready",
      (kubernetes) => {
        kubernetes.pods = [podOf(0, { role: "master" }), podOf(1, { role: "replica", ready: false })];
      },
      /^warn: Pods of \S+: not ready: \S+-1$/,
    ],
    [
      "nothing is made yet",
      (kubernetes) => {
        kubernetes.postgresql = undefined;
        kubernetes.statefulSet = undefined;
        kubernetes.pods = [];
      },
      /postgresql .*: does not exist[^]*there is none/,
    ],
    [
      "what is not allowed is unknown",
      (kubernetes) => {
        kubernetes.getSecret = () =>
          Promise.reject(new RecoveryError("kubernetes-forbidden", "not allowed to get secrets"));
      },
      /unknown: Secret .*: not allowed to get secrets/,
    ],
  ];
  async function notOkay(change: (kubernetes: FakeHarbor) => void, what: RegExp): Promise<void> {
    const kubernetes = healthy();
    change(kubernetes);
    const report = await status(kubernetes);
    assert.match(said(report), what);
    assert.notEqual(report.verdict, "ok");
  }
  for (const [fault, title, change, what] of faulty) {
    faultTest(fault, title, () => notOkay(change, what));
  }
  for (const [title, change, what] of cases) {
    it(title, () => notOkay(change, what));
  }

  faultTest(25, "names CLONE_ values that are left after the restore, wherever they are", async () => {
    const kubernetes = healthy();
    kubernetes.statefulSet = statefulSetOf({
      env: { ...podConfig, CLONE_SCOPE: "x", CLONE_METHOD: "CLONE_WITH_WALE" },
    });
    const report = await status(kubernetes);
    assert.deepEqual(report.clone, ["CLONE_METHOD", "CLONE_SCOPE"]);
    assert.match(said(report), /warn: .*the database exists, and these are still set: CLONE_METHOD, CLONE_SCOPE/);
  });

  faultTest(25, "names CLONE_ values that are only in pod-config, from where every new Pod gets them", async () => {
    const kubernetes = healthy();
    kubernetes.configMaps["harbor-operator-ns/pod-config"] = { ...podConfig, CLONE_SCOPE: "x" };
    const report = await status(kubernetes);
    assert.deepEqual(report.clone, ["CLONE_SCOPE"]);
    assert.match(said(report), /warn: pod-config and the StatefulSet: .*these are still set: CLONE_SCOPE/);
  });

  it("says what it found to be right", async () => {
    const kubernetes = healthy();
    kubernetes.make(runbookPgHba, { generation: "7" });
    const codes = (await status(kubernetes)).sections.flatMap(({ findings }) => findings.map(({ code }) => code));
    for (const code of [
      "harbor-cluster-conditions-met",
      "postgresql-running",
      "pg-hba-in-place",
      "template-pg-hba-current",
      "template-pod-config-current",
      "clone-values-gone",
      "pods-have-a-leader",
      "operator-configured",
    ])
      assert(
        codes.some((found) => found === code),
        `${code} is not among ${codes.join()}`,
      );
    const all = (await status(kubernetes)).sections.flatMap(({ findings }) => findings.map(({ what }) => what));
    assert(
      all.some((what) => what.endsWith("written by the Harbor operator at generation 7")),
      all.join("\n"),
    );
    if (kubernetes.postgresql) kubernetes.postgresql.metadata.annotations = {};
    assert.match(JSON.stringify(await status(kubernetes)), /at generation unknown/);
  });

  it("says that the Zalando operator has reported nothing yet", async () => {
    const kubernetes = healthy();
    if (kubernetes.postgresql) kubernetes.postgresql.status.PostgresClusterStatus = "";
    assert.match(said(await status(kubernetes)), /^warn: postgresql \S+: status not known yet$/m);
  });

  it("names no removed line when the list only lacks some", async () => {
    const kubernetes = healthy();
    kubernetes.make(runbookPgHba.slice(1));
    assert.match(said(await status(kubernetes)), /differs from the required list \(8 lines\)$/m);
  });

  it("calls no Pod older while it is not known which template is the newest", async () => {
    const kubernetes = healthy();
    kubernetes.statefulSet = undefined;
    assert.doesNotMatch(said(await status(kubernetes)), /from an older template/);
  });

  it("does not compare values of pod-config that the operator sets itself", async () => {
    const kubernetes = healthy();
    kubernetes.configMaps["harbor-operator-ns/pod-config"] = { ...podConfig, PGVERSION: "99" };
    assert.doesNotMatch(said(await status(kubernetes)), /does not have the current value/);
  });

  it("does not call CLONE_ values left over before the database has been bootstrapped", async () => {
    const kubernetes = healthy();
    kubernetes.systemIdentifier = undefined;
    kubernetes.statefulSet = statefulSetOf({ env: { ...podConfig, CLONE_SCOPE: "x" } });
    const restore = (await status(kubernetes)).sections.find(({ title }) => title === "restore");
    assert.deepEqual(
      restore?.findings.map(({ code }) => code),
      ["clone-values-declared"],
    );
  });

  it("calls a backup since the last scheduled moment recent and an earlier one old, and an unfinished one interrupted only when it is old", async () => {
    const now = Date.parse("2026-11-21T01:00:00Z");
    const finished = (moment: string) =>
      new FakeS3("bkt", [
        ...backupObjects(3, Date.parse(moment), { prefix: ownPrefix }),
        ...walUntil("2026-11-21T00:55:00Z"),
      ]);
    assert.equal(said(await status(healthy(), finished("2026-11-20T01:00:00Z"))), "");
    assert.match(said(await status(healthy(), finished("2026-11-20T00:59:00Z"))), /^warn: .*, 24 h old; one was due/);
    const unfinished = backupObjects(3, now - 3_600_000, { prefix: ownPrefix });
    const running = new FakeS3(
      "bkt",
      unfinished.filter(({ key }) => !key.endsWith("sentinel.json")),
    );
    assert(!said(await status(healthy(), running)).includes("interrupted"));
  });

  it("does not call an unreadable pod-config free of CLONE_ values", async () => {
    const kubernetes = healthy();
    kubernetes.getConfigMap = () =>
      Promise.reject(new RecoveryError("kubernetes-forbidden", "not allowed to get configmaps"));
    const report = await status(kubernetes);
    assert.match(said(report), /unknown: CLONE_ values: not allowed to get configmaps/);
    assert.equal(report.verdict, "unknown");
  });

  faultTest(32, "reports old, interrupted and missing backups", async () => {
    const old = backupObjects(3, Date.parse("2026-11-19T01:00:00Z"), { prefix: ownPrefix });
    assert.match(said(await status(healthy(), new FakeS3("bkt", old))), /warn: .*48 h old/);
    const brokenOff = new FakeS3(
      "bkt",
      old.filter(({ key }) => !key.endsWith("sentinel.json")),
    );
    assert.match(
      said(await status(healthy(), brokenOff)),
      /refuse: .*there is no finished backup[^]*warn: .*1 backups were interrupted/,
    );
    assert.match(said(await status(healthy(), new FakeS3("other", []))), /unknown: .*there is no such bucket/);
  });
});

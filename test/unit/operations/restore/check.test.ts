import assert from "node:assert/strict";
import type { FaultNumber } from "../../../faults.ts";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import type { Severity } from "../../../../domain/catalogue/finding-codes.ts";
import type { Restore } from "../../../../domain/restore/restore.ts";
import {
  restoreCheckRequestSchema,
  type RestoreCheckReport,
  type RestoreCheckRequest,
} from "../../../../domain/restore/check.ts";
import { recommendedImageFor } from "../../../../domain/spilo/image.ts";
import type { ListedObject } from "../../../../domain/walg/storage.ts";
import { S3Error } from "../../../../clients/aws/s3-error.ts";
import type { S3Probe } from "../../../../clients/aws/s3-probe.ts";
import { checkRestore } from "../../../../operations/restore/check.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import type { VolumeClaim } from "../../../../domain/restore/volumes.ts";
import { databaseCreated, databaseUid, FakeHarbor } from "../../../support/fake-harbor.ts";
import { FakeProbe, FakeS3 } from "../../../support/fake-s3.ts";
import { declaredRestore, restoreRequest } from "../../../support/restore.ts";
import { at, backupObjects, walgPrefix, walObjects } from "../../../support/walg.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";

const { uid } = declaredRestore.source;
const request = restoreCheckRequestSchema.parse(restoreRequest);

const identifier = "7710366851552716423";
const sentinel = `{"FinishLSN":67109120,"PgVersion":120022,"SystemIdentifier":${identifier},"CompressedSize":9000,"UncompressedSize":31000}`;
const metadata = `{"start_time":"2026-11-21T00:59:00Z","finish_time":"2026-11-21T01:00:00Z","pg_version":120022}`;

/** Sentinels and metadata of every backup among the objects. */
function textsOf(objects: readonly ListedObject[]): Record<string, string> {
  const keys = objects.map(({ key }) => key);
  return Object.fromEntries([
    ...keys.filter((key) => key.endsWith("_backup_stop_sentinel.json")).map((key): [string, string] => [key, sentinel]),
    ...keys.filter((key) => key.endsWith("/metadata.json")).map((key): [string, string] => [key, metadata]),
  ]);
}

const whole = [...backupObjects(3, at("01:00")), ...walObjects(3, 40, at("09:00"), { from: at("00:30") })];

interface Situation {
  readonly objects?: readonly ListedObject[];
  readonly texts?: Record<string, string>;
  readonly kubernetes?: FakeHarbor;
  readonly asked?: RestoreCheckRequest;
  readonly probe?: S3Probe;
}

function check({
  objects = whole,
  texts = textsOf(objects),
  kubernetes = new FakeHarbor(),
  asked = request,
  probe = new FakeProbe(),
}: Situation = {}): Promise<RestoreCheckReport> {
  const s3 = new FakeS3("bkt", objects, texts);
  return checkRestore({ harbor: kubernetes, source: s3, own: s3, probe }, asked, new FakeSurroundings());
}

function withRestore(changes: Partial<Restore>): RestoreCheckRequest {
  assert(request.restore);
  return { ...request, restore: { ...request.restore, ...changes } };
}

function said({ findings }: RestoreCheckReport): string {
  return findings
    .filter(({ severity }) => severity !== "ok")
    .map(({ severity, what }) => `${severity}: ${what}`)
    .join("\n");
}

function made(identifierOfDatabase?: string): FakeHarbor {
  const kubernetes = new FakeHarbor();
  kubernetes.make([]);
  kubernetes.systemIdentifier = identifierOfDatabase;
  return kubernetes;
}

describe("checkRestore", () => {
  it("checks only what backups depend on without a restore", async () => {
    const asked = { ...request, restore: undefined };
    const report = await check({ asked, objects: [] });
    assert.deepEqual([report.verdict, report.restore, report.backup], ["ok", null, null]);
    const kubernetes = new FakeHarbor();
    kubernetes.configMaps = { "harbor-operator-ns/postgres-operator": {} };
    assert.match(said(await check({ asked, kubernetes })), /so nobody reads pod-config[^]*has no wal_s3_bucket/);
  });

  faultSuite(76, "the store of the new backups", () => {
    const withoutRestore = { ...request, restore: undefined };
    const about = ({ findings }: RestoreCheckReport): string[] =>
      findings
        .filter(({ code }) => /^backup-(store|write|delete)/.test(code))
        .map(({ code, where }) => `${code} ${where}`);
    const folder = "s3://bkt/spilo/postgresql-harbor-cluster-harbor-cluster";
    const forbidden = new S3Error("s3-forbidden", "access is denied (put x)", { next: "allow it" });

    it("is written to and cleaned up, in a folder of no database, with and without a restore", async () => {
      for (const asked of [request, withoutRestore]) {
        const probe = new FakeProbe();
        const report = await check({ asked, probe });
        assert.deepEqual(about(report), [`backup-store-writable ${folder}`]);
        const [put = "", remove = "", ...others] = probe.requests;
        assert.equal(put, "put bkt/spilo/postgresql-harbor-cluster-harbor-cluster/postgres-recovery/write-check");
        assert.deepEqual([remove, others], [put.replace("put", "remove"), []]);
      }
    });

    faultTest(91, "is cleaned up by the next check when one was killed after it had written", async () => {
      const killed = new FakeProbe();
      const next = new FakeProbe();
      for (const probe of [killed, next]) await check({ asked: withoutRestore, probe });
      assert.equal(next.requests[1], killed.requests[0]?.replace("put", "remove"));
    });

    it("is the namespace's folder without wal_s3_bucket", async () => {
      const kubernetes = new FakeHarbor();
      const configuration = kubernetes.configMaps["harbor-operator-ns/postgres-operator"] ?? {};
      kubernetes.configMaps["harbor-operator-ns/postgres-operator"] = Object.fromEntries(
        Object.entries(configuration).filter(([key]) => key !== "wal_s3_bucket"),
      );
      const report = await check({ asked: withoutRestore, kubernetes });
      assert.deepEqual(about(report), [
        "backup-store-writable s3://bkt/spilo/harbor-cluster-postgresql-harbor-cluster-harbor-cluster",
      ]);
    });

    it("is refused when the bucket does not exist, whoever asks", async () => {
      const missing = { ...withoutRestore, backup: { ...request.backup, bucket: "other" } };
      const byCaller = checkRestore(
        { harbor: new FakeHarbor(), source: new FakeS3("bkt", []), own: new FakeS3("bkt", []) },
        missing,
        new FakeSurroundings(),
      );
      for (const report of [await check({ asked: missing }), await byCaller]) {
        assert.deepEqual(
          about(report).map((text) => text.split(" ")[0]),
          ["backup-store-wrong"],
        );
        assert.equal(report.verdict, "refuse");
      }
    });

    it("is refused when the keys may not write", async () => {
      for (const asked of [request, withoutRestore]) {
        const report = await check({ asked, probe: new FakeProbe({ put: forbidden }) });
        assert.deepEqual(about(report), [`backup-store-denied ${folder}`]);
        assert.equal(report.verdict, "refuse");
      }
    });

    it("is unknown when it does not answer, which is not okay", async () => {
      const unreachable = new S3Error("s3-unreachable", "no answer", { next: "check the network" });
      for (const put of [unreachable, new Error("not read within 5m")]) {
        const report = await check({ asked: withoutRestore, probe: new FakeProbe({ put }) });
        assert.deepEqual(about(report), [`backup-store-unknown ${folder}`]);
        assert.equal(report.verdict, "unknown");
      }
    });

    it("has a warning when the object cannot be deleted", async () => {
      const report = await check({ asked: withoutRestore, probe: new FakeProbe({ remove: forbidden }) });
      assert.deepEqual(about(report), [`backup-store-writable ${folder}`, `backup-delete-denied ${folder}`]);
      assert.equal(report.verdict, "warn");
    });

    it("is not written to without the Pods' keys; that is said, with the way to see it", async () => {
      const s3 = new FakeS3("bkt", whole, textsOf(whole));
      const role = { irsaRoleArn: "arn:aws:iam::123456789012:role/writer" };
      for (const [credentials, why] of [
        [role, /only the Pods can assume the role arn:aws:iam::123456789012:role\/writer/],
        ["secret" as const, /keys of the pod Secret were not given/],
      ] as const) {
        const asked = {
          ...withoutRestore,
          image: recommendedImageFor({ restoredMajor: undefined, irsa: true }),
          backup: { ...request.backup, credentials },
        };
        const report = await checkRestore(
          { harbor: new FakeHarbor(), source: s3, own: s3 },
          asked,
          new FakeSurroundings(),
        );
        const [finding] = report.findings.filter(({ code }) => code === "backup-write-untried");
        assert.match(finding?.what ?? "", why);
        assert.match(finding?.fix ?? "", /harbor status/);
        assert.equal(report.verdict, "warn");
      }
    });
  });

  faultTest(25, "names values in pod-config that somebody else set and that would stay", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.configMaps["harbor-operator-ns/pod-config"] = {
      WAL_S3_BUCKET: "bkt",
      CLONE_HOST: "old-host",
      LOG_ENV_DIR: "/x",
      CLONE_SCOPE: "other",
    };
    const fields = Object.fromEntries(
      ["WAL_S3_BUCKET", "CLONE_HOST", "LOG_ENV_DIR", "CLONE_SCOPE"].map((key) => [`f:${key}`, {}]),
    );
    kubernetes.managedFields = [
      { manager: "kubectl-client-side-apply", fieldsV1: { "f:data": { ".": {}, ...fields } } },
    ];
    const { findings } = await check({ kubernetes });
    const about = findings
      .filter(({ what }) => what.includes("kubectl-client-side-apply"))
      .map(({ severity, where }) => `${severity} ${where}`);
    assert.deepEqual(about, [
      "refuse ConfigMap harbor-operator-ns/pod-config CLONE_HOST",
      "warn ConfigMap harbor-operator-ns/pod-config LOG_ENV_DIR",
    ]);
  });

  faultSuite(75, "the pod Secret", () => {
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const withSecret = (owner: string | undefined, ...keys: string[]): FakeHarbor => {
      const kubernetes = new FakeHarbor();
      const data = Object.fromEntries(keys.map((key) => [key, base64(`canary-${key}`)]));
      kubernetes.secrets["harbor-cluster/pod-secret"] = { type: "Opaque", data };
      const owned = Object.fromEntries(keys.map((key) => [`f:${key}`, {}]));
      kubernetes.podSecretFields = owner === undefined ? [] : [{ manager: owner, fieldsV1: { "f:data": owned } }];
      return kubernetes;
    };
    const declared = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

    for (const key of ["CLONE_SCOPE", "clone_scope", "AWS_ENDPOINT", "WALG_LIBSODIUM_KEY", "BACKUP_SCHEDULE"]) {
      it(`refuses ${key} that somebody else set, with and without a restore, and shows no value`, async () => {
        for (const asked of [request, { ...request, restore: undefined }]) {
          const report = await check({ asked, kubernetes: withSecret("kubectl-edit", ...declared, key) });
          const found = report.findings.filter(({ code }) => code.startsWith("pod-secret"));
          assert.deepEqual(
            found.map(({ code, where }) => [code, where]),
            [["pod-secret-key-foreign", `Secret harbor-cluster/pod-secret ${key}`]],
          );
          assert.match(found[0]?.what ?? "", /was set by kubectl-edit/);
          assert.equal(report.verdict, "refuse");
          const text = JSON.stringify(report);
          assert(!text.includes("canary") && !text.includes(base64("canary-").slice(0, 8)));
        }
      });
    }

    it("counts a key without an owner as somebody else's, and warns of one that decides nothing", async () => {
      const report = await check({
        kubernetes: withSecret(undefined, "CLONE_AWS_ENDPOINT", "WALG_DISK_RATE_LIMIT", "TZ"),
      });
      assert.deepEqual(
        report.findings.filter(({ code }) => code.startsWith("pod-secret")).map(({ code, where }) => [code, where]),
        [
          ["pod-secret-key-foreign", "Secret harbor-cluster/pod-secret CLONE_AWS_ENDPOINT"],
          ["pod-secret-key-left", "Secret harbor-cluster/pod-secret WALG_DISK_RATE_LIMIT"],
          ["pod-secret-key-left", "Secret harbor-cluster/pod-secret TZ"],
        ],
      );
    });

    it("accepts the declared keys, and those of an earlier up", async () => {
      const kubernetes = withSecret("postgres-recovery", ...declared, "CLONE_AWS_ACCESS_KEY_ID", "CLONE_AWS_ENDPOINT");
      assert.equal((await check({ kubernetes })).verdict, "ok");
    });

    it("is not okay when it cannot be read", async () => {
      const kubernetes = new FakeHarbor();
      kubernetes.getPodSecret = () => Promise.reject(new RecoveryError("kubernetes-forbidden", "403"));
      assert.match(said(await check({ kubernetes })), /unknown: 403/);
    });
  });

  faultTest(75, "names a value of pod-config that somebody else set, too, whoever came first", async () => {
    const entry = (manager: string) => ({ manager, fieldsV1: { "f:data": { "f:CLONE_TARGET_TIME": {} } } });
    const managers = ["postgres-recovery", "kubectl-edit"];
    for (const order of [managers, managers.toReversed()]) {
      const kubernetes = new FakeHarbor();
      kubernetes.configMaps["harbor-operator-ns/pod-config"] = { CLONE_TARGET_TIME: "2024-01-01T00:00:00+00:00" };
      kubernetes.managedFields = order.map(entry);
      assert.match(said(await check({ kubernetes })), /refuse: was set by kubectl-edit and would remain/);
    }
  });

  faultTest(32, "does not accept a backup whose WAL cannot be listed", async () => {
    const s3 = new FakeS3("bkt", whole, textsOf(whole));
    const list = s3.list.bind(s3);
    s3.list = (range, signal, take) =>
      range.prefix.endsWith("/wal_005/")
        ? Promise.reject(new S3Error("s3-unreachable", "no answer (list wal_005)", { next: "check the network" }))
        : list(range, signal, take);
    const clients = { harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() };
    const report = await checkRestore(clients, request, new FakeSurroundings());
    assert.match(said(report), /^unknown: cannot be listed: no answer \(list wal_005\)/);
    assert.equal(report.backup, null);
  });

  it("names a value of pod-config without an owner", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.configMaps["harbor-operator-ns/pod-config"] = { CLONE_WALG_S3_PREFIX: "s3://b/x" };
    kubernetes.managedFields = undefined;
    assert.match(said(await check({ kubernetes })), /refuse: was set by an unknown field manager/);
  });

  it("ignores a value of an earlier up, because it goes when it is no longer declared", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.configMaps["harbor-operator-ns/pod-config"] = { CLONE_TARGET_TIME: "2024-01-01T00:00:00+00:00" };
    kubernetes.managedFields = [
      { manager: "postgres-recovery", fieldsV1: { "f:data": { "f:CLONE_TARGET_TIME": {} } } },
    ];
    assert.equal((await check({ kubernetes })).verdict, "ok");
  });

  it("allows a restore when everything is right, and names the backup", async () => {
    const report = await check();
    assert.equal(said(report), "");
    assert.equal(report.verdict, "ok");
    assert.deepEqual(report.backup, {
      name: "base_000000010000000000000003",
      place: `s3://bkt/${walgPrefix}`,
      modified: "2026-11-21T01:00:00.000Z",
      finished: "2026-11-21T01:00:00.000Z",
      postgresVersion: 12,
      systemIdentifier: identifier,
      walUntil: "2026-11-21T09:00:00.000Z",
      walEnd: { timeline: 1, segment: "000000010000000000000028" },
      dataBytes: 31_000,
    });
    assert(!JSON.stringify(report).includes("canary-key"));
  });

  it("reads only the WAL from the backup's start on", async () => {
    const objects = [
      ...backupObjects(3, at("01:00")),
      ...backupObjects(5000, at("02:00")),
      ...walObjects(0, 6000, at("09:00")),
    ];
    const s3 = new FakeS3("bkt", objects, textsOf(objects));
    const report = await checkRestore(
      { harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() },
      request,
      new FakeSurroundings(),
    );
    assert.equal(report.backup?.name, "base_000000010000001300000088");
    assert.equal(s3.handed.get(`${walgPrefix}/wal_005/`), 1001);
  });

  it("takes the first place that Spilo would if the path has no version, and lists WAL only there", async () => {
    const old = walgPrefix.replace(/\/12$/, "");
    const objects = [
      ...backupObjects(3, at("01:00"), { prefix: old }),
      ...walObjects(3, 40, at("09:00"), { prefix: old, from: at("00:30") }),
    ];
    const s3 = new FakeS3("bkt", objects, textsOf(objects));
    const report = await checkRestore(
      { harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() },
      withRestore({ versionInPath: false }),
      new FakeSurroundings(),
    );
    assert.equal(said(report), "");
    assert.equal(report.backup?.place, `s3://bkt/${old}`);
    assert(!s3.requests.includes(`list ${walgPrefix}/wal_005/`));
  });

  const refused: [fault: FaultNumber, what: string, situation: Situation, severity: Severity, why: RegExp][] = [
    [
      20,
      "the UID of another cluster",
      { asked: withRestore({ source: { uid: databaseUid } }) },
      "refuse",
      /holds no backup/,
    ],
    [
      20,
      "a namespace prefix although there is a UID",
      { asked: withRestore({ source: { prefix: "harbor-cluster-" } }) },
      "refuse",
      /holds no backup/,
    ],
    [
      22,
      "a target time in the future",
      { asked: withRestore({ targetTime: "2026-11-22T01:00:00Z" }) },
      "refuse",
      /is in the future/,
    ],
    [
      22,
      "a target time before the first backup",
      { asked: withRestore({ targetTime: "2026-11-20T01:00:00Z" }) },
      "refuse",
      /before the target time/,
    ],
    [
      24,
      "only an aborted backup",
      { objects: whole.filter(({ key }) => !key.endsWith("sentinel.json")) },
      "refuse",
      /no finished backup/,
    ],
    [
      24,
      "missing WAL at the backup's start",
      { objects: [...backupObjects(3, at("01:00")), ...walObjects(4, 40, at("09:00"))] },
      "refuse",
      /lacks the WAL segment/,
    ],
    [
      24,
      "backups of a newer PostgreSQL",
      {
        texts: Object.fromEntries(
          Object.entries(textsOf(whole)).map(([key, text]) => [key, text.replace("120022", "130005")]),
        ),
      },
      "refuse",
      /is of PostgreSQL 13/,
    ],
    [
      26,
      "an image without PostgreSQL 12",
      { asked: { ...request, image: "ghcr.io/zalando/spilo-17:4.0-p3" } },
      "refuse",
      /has no PostgreSQL 12/,
    ],
    [
      26,
      "an image whose WAL-G its own scripts do not understand",
      { asked: { ...request, image: "registry.opensource.zalan.do/acid/spilo-13:2.1-p1" } },
      "refuse",
      /fixed in 2\.1-p2/,
    ],
    [32, "a sentinel that cannot be read", { texts: {} }, "unknown", /sentinel cannot be read.*access is denied/],
    [
      32,
      "a truncated sentinel",
      { texts: Object.fromEntries(Object.keys(textsOf(whole)).map((key) => [key, "{"])) },
      "unknown",
      /sentinel cannot be read/,
    ],
    [32, "a bucket that does not exist", { asked: withRestore({ bucket: "other" }) }, "unknown", /no such bucket/],
  ];
  for (const [fault, what, situation, severity, why] of refused) {
    faultTest(fault, `${severity === "refuse" ? "refuses" : "is not okay with"} ${what}`, async () => {
      const report = await check(situation);
      assert.match(said(report), why);
      assert.equal(report.verdict, severity);
    });
  }

  faultTest(24, "refuses the new database's own place as the source", async () => {
    const kubernetes = made();
    kubernetes.make([], { uid });
    const report = await check({ kubernetes });
    assert.match(said(report), /would overwrite them/);
    assert.equal(report.verdict, "refuse");
  });

  faultTest(
    24,
    "refuses if anything is in the new database's own place, even only WAL, of which it reads one page",
    async () => {
      const own = walgPrefix.replace(uid, databaseUid);
      const objects = [...whole, ...walObjects(0, 3000, at("08:00"), { prefix: own })];
      const s3 = new FakeS3("bkt", objects, textsOf(objects));
      const report = await checkRestore(
        { harbor: made(), source: s3, own: s3, probe: new FakeProbe() },
        request,
        new FakeSurroundings(),
      );
      assert.match(said(report), /is not empty/);
      assert.equal(s3.requests.filter((line) => line === `list ${own}/wal_005/`).length, 1);
    },
  );

  it("refuses a database that was bootstrapped before, because Spilo would skip the restore, but accepts the restored one", async () => {
    assert.match(
      said(await check({ kubernetes: made("7000000000000000001") })),
      /ignore the restore and report no error/,
    );
    assert.equal(said(await check({ kubernetes: made(identifier) })), "");
  });

  it("uses the namespace's place without wal_s3_bucket, and refuses the operator's configuration", async () => {
    const kubernetes = made();
    kubernetes.configMaps = {
      "harbor-operator-ns/postgres-operator": { secret_name_template: "{username}.{cluster}.credentials" },
    };
    const report = await check({ kubernetes });
    assert.match(said(report), /names no pod_environment_configmap/);
    assert.match(said(report), /names no pod_environment_secret/);
    assert.match(said(report), /no wal_s3_bucket/);
    assert(
      report.findings.some(
        ({ where }) => where === "s3://bkt/spilo/harbor-cluster-postgresql-harbor-cluster-harbor-cluster/wal/12",
      ),
    );
  });

  it("reads the configuration that the operator's Deployment names", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.deploymentVariables = [
      { name: "CONFIG_MAP_NAME", value: "other" },
      { name: "POSTGRES_OPERATOR_CONFIGURATION_OBJECT", value: "operator" },
    ];
    kubernetes.operatorConfigurations = {
      operator: {
        configuration: {
          kubernetes: {
            pod_environment_configmap: "harbor-operator-ns/pod-config",
            pod_environment_secret: "pod-secret",
            secret_name_template: "{username}.{cluster}.credentials",
          },
          aws_or_gcp: { wal_s3_bucket: "bkt" },
        },
      },
    };
    const report = await check({ kubernetes });
    assert.equal(report.verdict, "ok");
    assert(report.findings.some(({ where }) => where === "OperatorConfiguration harbor-operator-ns/operator"));
  });

  it("is unknown if several objects could configure the operator and none is named", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.operatorConfigurations = { operator: {} };
    assert.match(said(await check({ kubernetes })), /unknown: .*2 objects that could be/);
  });

  it("is unknown if reading is forbidden, and reports the rest", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.getPostgresql = () =>
      Promise.reject(
        new RecoveryError("kubernetes-forbidden", "not allowed to get postgresqls", { next: "ask for the role" }),
      );
    const report = await check({ kubernetes });
    assert.equal(said(report), "unknown: not allowed to get postgresqls; ask for the role");
    assert(report.backup !== null);
  });

  faultTest(78, "lists the operator's other databases for a restore, and only then", async () => {
    const kubernetes = new FakeHarbor();
    kubernetes.neighbours = [{ name: { namespace: "other", name: "db" }, status: "Creating" }];
    assert.match(said(await check({ kubernetes })), /refuse: the CLONE_ values would also reach other\/db/);
    assert.equal((await check({ kubernetes, asked: { ...request, restore: undefined } })).verdict, "ok");
    kubernetes.listDatabases = () => Promise.reject(new RecoveryError("kubernetes-forbidden", "403"));
    assert.match(said(await check({ kubernetes })), /^warn: .* is unknown: 403$/);
  });

  faultTest(110, "refuses a restore while a volume of the lost database is left, and only a restore", async () => {
    const kubernetes = made(identifier);
    const name = "pgdata-postgresql-harbor-cluster-harbor-cluster-0";
    const claimOf = (time: string): VolumeClaim => ({ name, created: Date.parse(time), isEnding: false });
    kubernetes.claims = [claimOf(databaseCreated)];
    const done = await check({ kubernetes });
    assert(done.findings.some(({ code }) => code === "restore-done"));
    assert.equal(said(done), "");
    // The same database on its old volume has the same system identifier.
    kubernetes.claims = [claimOf("2026-11-21T09:49:59Z")];
    assert.match(said(await check({ kubernetes })), new RegExp(`^refuse: ${name} is left of the lost database`));
    assert.equal((await check({ kubernetes, asked: { ...request, restore: undefined } })).verdict, "ok");
    kubernetes.listVolumeClaims = () => Promise.reject(new RecoveryError("kubernetes-forbidden", "403"));
    assert.equal((await check({ kubernetes })).verdict, "unknown");
  });

  faultTest(26, "refuses an image that cannot assume the role, whichever side uses it", async () => {
    const credentials = { irsaRoleArn: "arn:aws:iam::123456789012:role/r" };
    const codes = async (asked: RestoreCheckRequest): Promise<string> =>
      (await check({ asked })).findings.map(({ code }) => code).join();
    const asked = { ...request, backup: { ...request.backup, credentials } };
    assert.match(await codes(asked), /image-cannot-assume-role/);
    assert.match(await codes({ ...asked, restore: undefined }), /image-cannot-assume-role/);
    assert.match(await codes(withRestore({ credentials })), /image-cannot-assume-role/);
    assert.doesNotMatch(await codes(request), /image-cannot-assume-role/);
  });

  it("says that the keys or the role were not tried", async () => {
    assert.match(
      said(await check({ asked: { ...request, keys: {} } })),
      /warn: the keys of the pod Secret were not tried/,
    );
    const irsaRoleArn = "arn:aws:iam::123456789012:role/reader";
    assert.match(
      said(await check({ asked: withRestore({ credentials: { irsaRoleArn } }) })),
      /warn: the role arn:aws:iam::123456789012:role\/reader was not tried/,
    );
  });

  it("is unknown within the time limit if S3 is too slow", async () => {
    const s3 = new FakeS3("bkt", whole, textsOf(whole));
    s3.list = (_range, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
        });
      });
    // The timer under test must not keep the process alive, so something else has to.
    const alive = setInterval(() => undefined, 100);
    const report = await checkRestore(
      { harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() },
      { ...request, timeLimit: duration("1s") },
      new FakeSurroundings(),
    );
    clearInterval(alive);
    assert.match(said(report), /unknown: cannot be listed: not read within 1s/);
  });

  faultSuite(41, "objects in S3 Intelligent-Tiering", () => {
    const old = at("01:00") - 100 * 24 * 3_600_000;
    const tiered = [...backupObjects(3, old), ...walObjects(3, 9, old)].map((object) => ({
      ...object,
      storageClass: "INTELLIGENT_TIERING",
    }));
    const times = `"StartTime":"${new Date(old).toISOString()}","FinishTime":"${new Date(old).toISOString()}"`;
    const texts = Object.fromEntries(
      Object.entries(textsOf(tiered)).map(([key, text]) => [key, text.replace("{", `{${times},`)]),
    );
    const reported = async (s3: FakeS3): Promise<string> =>
      said(
        await checkRestore(
          { harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() },
          request,
          new FakeSurroundings(),
        ),
      );

    it("are asked about, and accepted when they can be read", async () => {
      const s3 = new FakeS3("bkt", tiered, texts);
      assert.equal(await reported(s3), "");
      // No restore reads metadata.json.
      const needed = tiered.filter(({ key }) => !key.endsWith("/metadata.json"));
      assert.equal(s3.requests.filter((line) => line.startsWith("head ")).length, needed.length);
    });

    it("are refused when one that is needed is archived", async () => {
      const archivedOf = (end: string): string => tiered.find(({ key }) => key.includes(end))?.key ?? "";
      const s3 = new FakeS3("bkt", tiered, texts);
      s3.archived.add(archivedOf("part_001"));
      assert.match(await reported(s3), /refuse: has 1 object in an archive of S3/);
      const wal = new FakeS3("bkt", tiered, texts);
      wal.archived.add(archivedOf("0007.lz4"));
      assert.match(await reported(wal), /refuse: has 1 segment from 000000010000000000000007 on in an archive of S3/);
    });

    it("are not accepted when they cannot be asked about", async () => {
      const s3 = new FakeS3("bkt", tiered, texts);
      s3.isArchived = () => Promise.reject(new RecoveryError("s3-forbidden", "access is denied"));
      assert.match(await reported(s3), /unknown: has 4 objects in S3 Intelligent-Tiering[^]*unknown: has 7 segments/);
    });

    it("are not asked about when they are too young to be archived", async () => {
      const young = whole.map((object) => ({ ...object, storageClass: "INTELLIGENT_TIERING" }));
      const s3 = new FakeS3("bkt", young, textsOf(young));
      assert.equal(await reported(s3), "");
      assert(!s3.requests.some((line) => line.startsWith("head ")));
    });
  });

  faultTest(38, "does not accept WAL whose newest history file cannot be read", async () => {
    const history = { key: `${walgPrefix}/wal_005/00000002.history.lz4`, size: 50, modified: at("04:00") };
    for (const content of ["damaged", undefined]) {
      const s3 = new FakeS3("bkt", [...whole, history], textsOf(whole));
      if (content !== undefined) s3.contents.set(history.key, Buffer.from(content));
      const report = await checkRestore(
        { harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() },
        request,
        new FakeSurroundings(),
      );
      assert.match(said(report), /^unknown: its newest history file cannot be read/);
    }
  });

  faultTest(37, "reads the sentinels of a delta's parents", async () => {
    const parent = "000000010000000000000003";
    const delta = [...backupObjects(4, at("02:00"), { parent }), ...whole];
    const texts = Object.fromEntries(
      Object.entries(textsOf(delta)).filter(([key]) => !key.includes(`base_${parent}_backup`)),
    );
    assert.match(said(await check({ objects: delta, texts })), /unknown: its sentinel cannot be read/);
  });

  it("ends when it is stopped", async () => {
    const surroundings = new FakeSurroundings();
    surroundings.stop(new RecoveryError("interrupted", "interrupted"));
    const s3 = new FakeS3("bkt", whole);
    await assert.rejects(
      checkRestore({ harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() }, request, surroundings),
      /interrupted/,
    );
  });
});

import assert from "node:assert/strict";
import { configRestoreReportSchema, type ConfigRestoreReport } from "../../../domain/stack/config-edit.ts";
import { configCheckReportSchema } from "../../../domain/stack/config-check.ts";
import { clusterLabel } from "../../../domain/secrets/copy-labels.ts";
import { copyName } from "../../../domain/secrets/copy-place.ts";
import type { ListedObject } from "../../../domain/walg/storage.ts";
import { FakeSecretsManager } from "../../support/fake-secrets-manager.ts";
import { faultTest } from "../../support/fault-test.ts";
import { ServedS3 } from "../../support/served-s3.ts";
import { StackFolder } from "../../support/stack-folder.ts";
import { at, backupObjects, walgPrefix, walObjects } from "../../support/walg.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const otherUid = "11111111-3f92-4c86-8d42-5056348c1e7e";
const scope = "postgresql-harbor-cluster-harbor-cluster";
const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
const sentinel = `{"FinishLSN":67109120,"PgVersion":120022,"SystemIdentifier":7710366851552716423,"CompressedSize":9000}`;
const metadata = `{"start_time":"2026-11-21T00:59:00Z","finish_time":"2026-11-21T01:00:00Z","pg_version":120022}`;
const whole = [...backupObjects(3, at("01:00")), ...walObjects(3, 40, at("09:00"), { from: at("00:30") })];

/** The same objects in the folder of another database, or of an old Spilo. */
function movedTo(prefix: string, objects: readonly ListedObject[]): ListedObject[] {
  return objects.map((object) => ({ ...object, key: object.key.replace(walgPrefix, prefix) }));
}

function textsOf(objects: readonly ListedObject[]): Record<string, string> {
  const text = (key: string): string => (key.endsWith("_sentinel.json") ? sentinel : metadata);
  return Object.fromEntries(objects.map(({ key }) => [key, text(key)]));
}

describe("postgres-recovery config restore", function () {
  this.timeout("60s");
  let folder: StackFolder;
  let s3: ServedS3;
  let secrets: FakeSecretsManager;

  const stackFile = (more = ""): string => `# About lab.
config:
  postgres-recovery:kubernetes: { context: lab } # the lab
  postgres-recovery:harbor:
    cluster: harbor-cluster/harbor-cluster
    externalUrl: https://harbor.example.com
    spiloImage: ghcr.io/zalando/spilo-16:3.3-p3
    backup: { credentials: secret }
    buckets:
      databaseBackups: { name: backups, region: eu-west-2 }
    # Where the APIs are.
    endpointUrls:
      s3: ${s3.endpoint}
      secretsManager: ${secrets.endpointUrl}
${more}  postgres-recovery:harborSecrets: # CANARYcomment
    backup: { accessKeyId: { secure: CANARYid }, secretAccessKey: { secure: CANARYkey } }
`;

  beforeEach(async () => {
    s3 = await ServedS3.start("backups", whole, textsOf(whole));
    secrets = await FakeSecretsManager.start();
    const copy = copyName({ kubernetes: "k", harbor }, "core-key");
    secrets.create(copy);
    secrets.put(copy, "CANARYvalue", [clusterLabel(uid)]);
    folder = new StackFolder({ AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" });
    folder.write("Pulumi.lab.yaml", stackFile());
  });
  afterEach(() => {
    s3.stop();
    secrets.stop();
    folder.remove();
  });

  const restore = (...parameters: string[]) => folder.run("config", "restore", "--stack", "lab", ...parameters);

  async function reported(...parameters: string[]): Promise<ConfigRestoreReport> {
    const { stderr, stdout } = await restore("-o", "json", ...parameters);
    assert(stdout !== "", stderr);
    return configRestoreReportSchema.strict().parse(JSON.parse(stdout));
  }

  const section = (id: string, more = ""): string => `    restore:
      id: ${id}
      scope: ${scope}
      uid: ${uid}
      postgresVersion: 12
${more}      credentials: secret
`;

  it("writes the section from what the bucket holds, and no other line", async () => {
    const { exitCode, stderr, stdout } = await restore("--id", "after-the-fire", "--yes");
    assert.equal(exitCode, 0, stderr + stdout);
    const before = stackFile();
    const own = "  postgres-recovery:harborSecrets";
    assert.equal(folder.read("Pulumi.lab.yaml"), before.replace(own, section("after-the-fire") + own));
    assert.deepEqual(folder.names(), ["Pulumi.lab.yaml", "Pulumi.yaml"]);
    assert.match(stdout, /^BACKUP +base_000000010000000000000003$/m);
    assert.match(stdout, /^RESTORES UNTIL +2026-11-21T09:00:00\.000Z$/m);
    assert.match(stdout, /^SECRETS +kept in AWS Secrets Manager$/m);
    assert.match(stdout, /^next: set a key .*: pulumi config set .*harborSecrets\.restore\.accessKeyId$/m);
    assert.match(stdout, /^next: see what up would do: pulumi preview --stack lab$/m);
    const { stdout: checked } = await folder.run("config", "check", "--stack", "lab", "-o", "json");
    const { files } = configCheckReportSchema.parse(JSON.parse(checked));
    assert.deepEqual(
      files[0]?.problems.map(({ setting }) => setting),
      ["harborSecrets.restore"],
    );
  });

  it("--dry-run shows the edit and writes nothing; the moment is quoted, because Pulumi would read a date", async () => {
    const moment = "2026-11-21T08:00:00+00:00";
    const { diff, loss, next, outcome } = await reported(
      ...["--dry-run", "--id", "r1", "--target-time", moment, "--lost-at", "2026-11-21T09:30:00+00:00"],
    );
    assert.equal(outcome, "dry-run");
    const lines = section("r1", `      targetTime: "${moment}"\n`).trimEnd().split("\n");
    assert(
      diff.endsWith(lines.map((line) => `+${line}`).join("\n") + '\n+      lostAt: "2026-11-21T09:30:00+00:00"'),
      diff,
    );
    assert.deepEqual(loss, { until: moment, lostSeconds: 5400, leftOutSeconds: 3600 });
    assert.equal(next.length, 3);
    assert.equal(folder.read("Pulumi.lab.yaml"), stackFile());
  });

  faultTest(150, "shows no line of the file that is not part of the edit, and no secret", async () => {
    const { stderr, stdout } = await restore("--dry-run");
    assert.match(stdout, /^\+ {4}restore:$/m);
    assert.doesNotMatch(stdout + stderr, /CANARY|secure|the lab|spiloImage/);
  });

  it("asks on a terminal which database, which moment, and whether to write; the default of the last is no", async () => {
    const others = movedTo(`spilo/${scope}/${otherUid}/wal/12`, backupObjects(3, at("02:00")));
    s3.hold([...whole, ...others], textsOf([...whole, ...others]));
    const parameters = ["config", "restore", "--stack", "lab", "--id", "r1"];
    const no = await folder.onTerminal(parameters, "2\n\n\n");
    assert.equal(no.exitCode, 2, no.stdout);
    assert.match(no.stdout, new RegExp(`1 +${scope} +${otherUid} +12 +1 .* none`));
    assert.match(no.stdout, new RegExp(`2 +${scope} +${uid} +12 +1 .* kept`));
    assert.equal(folder.read("Pulumi.lab.yaml"), stackFile());
    const yes = await folder.onTerminal(parameters, "3\n2\nyesterday\n2026-11-21T08:00:00+00:00\ny\n");
    assert.equal(yes.exitCode, 0, yes.stdout);
    const text = folder.read("Pulumi.lab.yaml");
    assert(text.includes(section("r1", '      targetTime: "2026-11-21T08:00:00+00:00"\n')), text);
  });

  faultTest(151, "without a terminal it names the choices, and writes nothing without --yes", async () => {
    const unconfirmed = await restore();
    assert.equal(unconfirmed.exitCode, 2);
    assert.match(unconfirmed.stderr, /^error\[not-confirmed\]/m);
    const others = movedTo(`spilo/${scope}/${otherUid}/wal/12`, backupObjects(3, at("02:00")));
    s3.hold([...whole, ...others], textsOf([...whole, ...others]));
    const { exitCode, stderr } = await restore("--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error\[restore-choice-missing\]: bucket backups holds the backups of several databases:$/m);
    assert.match(stderr, new RegExp(`^ {2}--scope ${scope} --uid ${uid} --postgres-version 12 `, "m"));
    assert.equal(folder.read("Pulumi.lab.yaml"), stackFile());
  });

  faultTest(151, "refuses a restore that the backups do not allow, with the findings of the check", async () => {
    for (const [parameters, code] of [
      [["--target-time", "2026-11-21T00:10:00+00:00"], "backup-before-target-missing"],
      [["--target-time", "2099-01-01T00:00:00+00:00"], "target-time-in-future"],
    ] as const) {
      const { exitCode, stdout } = await restore("--yes", "-o", "json", ...parameters);
      assert.equal(exitCode, 1);
      const { findings, outcome } = configRestoreReportSchema.parse(JSON.parse(stdout));
      assert.equal(outcome, "refused");
      assert(findings.some((finding) => finding.code === code));
    }
    assert.equal(folder.read("Pulumi.lab.yaml"), stackFile());
  });

  faultTest(151, "what S3 does not show is unknown, and not written", async () => {
    const sentinelKey = whole.find(({ key }) => key.endsWith("_sentinel.json"))?.key ?? "";
    s3.hold(whole, Object.fromEntries(Object.entries(textsOf(whole)).filter(([key]) => key !== sentinelKey)));
    const { exitCode, stdout } = await restore("--yes");
    assert.equal(exitCode, 3, stdout);
    assert.match(stdout, /UNKNOWN/);
    assert.equal(folder.read("Pulumi.lab.yaml"), stackFile());
  });

  it("copies that cannot be listed are unknown, and those of no database are said to be missing", async () => {
    secrets.denied.add("ListSecrets");
    assert.equal((await reported("--dry-run")).secrets, "unknown");
    secrets.denied.clear();
    secrets.secrets.clear();
    const { next, secrets: kept } = await reported("--dry-run");
    assert.equal(kept, "none");
    assert(next.some((step) => step.includes("harbor.secrets.restore to false")));
  });

  it("takes the version of an old path from the backup itself", async () => {
    const old = movedTo(`spilo/${scope}/wal`, whole);
    s3.hold(old, textsOf(old));
    const { restore: written } = await reported("--dry-run", "--id", "old");
    assert.deepEqual(written, {
      id: "old",
      scope,
      prefix: "",
      postgresVersion: 12,
      versionInPath: false,
      credentials: "secret",
    });
  });

  it("refuses values that the schema refuses, and an empty bucket", async () => {
    const wrong = await restore("--yes", "--target-time", "yesterday", "--id", "No_ID");
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /at harbor\.restore\.id,[^]*must be a moment[^]*at harbor\.restore\.targetTime,/);
    s3.hold([]);
    const { exitCode, stderr } = await restore("--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /bucket backups holds no backup of Spilo\nnext: name another bucket/);
  });

  it("refuses when a restore is declared already, and when the stack has no Harbor", async () => {
    folder.write("Pulumi.lab.yaml", stackFile(section("first")));
    const twice = await restore("--yes");
    assert.equal(twice.exitCode, 2);
    assert.match(twice.stderr, /declares the restore first already\nnext: .*config finish-restore --stack lab$/m);
    folder.write("Pulumi.lab.yaml", "config:\n  postgres-recovery:kubernetes:\n    context: lab\n");
    assert.match((await restore("--yes")).stderr, /has no setting harbor/);
  });
});

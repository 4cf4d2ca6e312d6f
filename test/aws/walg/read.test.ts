import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { connectS3Creator } from "../../../clients/aws/s3-create.ts";
import { ledgerOf } from "../../../domain/ledger/place.ts";
import type { RestoreCheckReport } from "../../../domain/restore/check.ts";
import { steps } from "../../../domain/steps/steps.ts";
import { clientSettings, startTestAws, type TestAws } from "../../support/aws.ts";
import { Postgres12 } from "../../support/postgres-12.ts";
import { captured, capturedObjects } from "../../support/captured-bucket.ts";
import { checkCaptured } from "../../support/check-captured.ts";
import { faultTest } from "../../support/fault-test.ts";
import { walgPrefix } from "../../support/walg.ts";
import { putObject, runWalg, storedObjects, uploadCapturedBucket, walgEnvironment } from "../../support/walg-bucket.ts";

const newest = "base_000000010000000000000008";
const delta = "base_000000010000000000000005_D_000000010000000000000002";

/** Without the times of the sentinels, which are those of this upload. */
function withoutUploadTimes(text: string): string {
  return text
    .replaceAll(/"time":"[^"]*"/g, '"time":"…"')
    .replaceAll(/^(base_\S+ +)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/gm, "$1…");
}

describe("the WAL-G stand-in reads what WAL-G 3.0.3 wrote", function () {
  this.timeout("2m");
  let aws: TestAws;
  let environment: Record<string, string>;

  before("a bucket with two full backups and a delta", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    await uploadCapturedBucket(aws);
    environment = walgEnvironment(aws);
  });
  after(() => aws.stop());

  for (const flags of [[], ["--json"], ["--detail"], ["--detail", "--json"]])
    it(`lists the backups: backup-list ${flags.join(" ")}`, async () => {
      const name = ["backup-list", ...flags.map((flag) => flag.slice(2))].join(".");
      const { stdout, exitCode } = await runWalg(environment, ["backup-list", ...flags]);
      assert.equal(withoutUploadTimes(stdout), withoutUploadTimes(captured(`${name}.stdout`)));
      assert.equal(exitCode, 0);
    });

  it("prints nothing for an empty place, and exits with 0", async () => {
    const empty = walgEnvironment(aws, "spilo/empty/wal/12");
    for (const flags of [[], ["--json"], ["--detail"]]) {
      const { stdout, stderr, exitCode } = await runWalg(empty, ["backup-list", ...flags]);
      assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 0 });
      assert.match(stderr, /^INFO: \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} No backups found$/m);
    }
  });

  it("takes a refusal for an empty place when it is asked for details, and for an error otherwise", async () => {
    const wrong = { ...environment, AWS_SECRET_ACCESS_KEY: "wrong" };
    const plain = await runWalg(wrong, ["backup-list"]);
    assert.equal(plain.exitCode, 1);
    assert.match(plain.stderr, /Get backups from folder: list folder in storage "default": failed to list s3 folder: /);
    assert.match(plain.stderr, /SignatureDoesNotMatch: [^\n]*\n\tstatus code: 403, request id: /);
    const detail = await runWalg(wrong, ["backup-list", "--detail", "--json"]);
    assert.deepEqual([detail.stdout, detail.exitCode], ["", 0]);
  });

  it("fails for a bucket that does not exist, but says of its WAL only that the file is missing", async () => {
    const nowhere = { ...environment, WALG_S3_PREFIX: "s3://no-such-bucket/x" };
    const list = await runWalg(nowhere, ["backup-list"]);
    assert.match(list.stderr, /'x\/basebackups_005\/': NoSuchBucket: /);
    assert.equal(list.exitCode, 1);
    const fetched = await runWalg(nowhere, ["wal-fetch", "0000000900000000000000FE", "/tmp/nothing-there"]);
    assert.match(fetched.stderr, /Archive '0000000900000000000000FE' does not exist\.$/m);
    assert.equal(fetched.exitCode, 74);
  });

  it("fails with a role, whose session name would be empty", async () => {
    const role = { AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/r", AWS_WEB_IDENTITY_TOKEN_FILE: "/token" };
    const { stderr, exitCode } = await runWalg({ ...environment, ...role }, ["backup-list"]);
    assert.match(
      stderr,
      /assume role by ARN: InvalidParameter: .*\n- minimum field size of 2, AssumeRoleInput\.RoleSess/,
    );
    assert.equal(exitCode, 1);
  });

  it("fetches nothing into a folder that is not empty, and no backup from an empty place", async () => {
    const empty = await runWalg(walgEnvironment(aws, "spilo/empty/wal/12"), ["backup-fetch", "/nonexistent", "LATEST"]);
    assert.match(empty.stderr, /Failed to select backup: No backups found$/m);
    const full = await runWalg(environment, ["backup-fetch", import.meta.dirname, "LATEST"]);
    assert.match(full.stderr, /directory must be empty/);
    assert.deepEqual([empty.exitCode, full.exitCode], [1, 1]);
  });

  describe("and so do", () => {
    const [, scope = "", uid = ""] = walgPrefix.split("/");
    const cluster = "harbor-cluster/harbor-cluster";
    const program = join(import.meta.dirname, "../../../bin/postgres-recovery");
    let folder = "";
    const command = (step: string, ...words: string[]) => {
      const endpoint = aws.environment["AWS_ENDPOINT_URL_S3"] ?? "";
      const place = ["--bucket", "harbor-database-backups", "--region", aws.environment["AWS_REGION"] ?? ""];
      const store = [...place, "--endpoint-url", endpoint, "--scope", scope, "--uid", uid];
      return execa(program, ["backup", step, cluster, ...store, ...words], { env: aws.environment, reject: false });
    };

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "proof-keys-"));
      const { privateKey, publicKey } = generateKeyPairSync("ed25519");
      await writeFile(join(folder, "key"), privateKey.export({ type: "pkcs8", format: "pem" }));
      await writeFile(join(folder, "pub"), publicKey.export({ type: "spki", format: "pem" }));
    });
    after(() => rm(folder, { recursive: true }));

    it("backup list and backup verify, which name the same backups", async () => {
      const listed = await command("list", "-o", "json");
      const { backups } = steps["backup list"].report.parse(JSON.parse(listed.stdout));
      const walg = JSON.parse((await runWalg(environment, ["backup-list", "--json"])).stdout) as {
        backup_name: string;
      }[];
      assert.deepEqual(
        backups.map(({ name, restorable }) => [name, restorable]),
        walg.map(({ backup_name: name }) => [name, "yes"]),
      );
      const verified = await command("verify", "--read", "--remember", "--signing-key-file", join(folder, "key"));
      assert.match(
        verified.stdout,
        /^harbor-cluster\/harbor-cluster: every backup can be restored; read the warnings$/m,
      );
      assert.match(verified.stdout, /^ok +backup-content-read /m);
      assert.match(verified.stdout, /^remembered: s3:\/\/\S+\/proofs\/00000001\.jws$/m);
      assert(!(verified.stdout + verified.stderr).includes("PRIVATE KEY"));
    });

    it("backup verify --reverify-after, which reads nothing again, and backup proofs, which lists both checks", async () => {
      const again = ["--read", "--remember", "--reverify-after", "30d", "--signing-key-file", join(folder, "key")];
      const { stdout } = await command("verify", ...again, "-o", "json");
      const verified = steps["backup verify"].report.parse(JSON.parse(stdout));
      assert.deepEqual([verified.verdict, verified.read?.bytes, verified.notReadAgain?.backups], ["warn", 0, 3]);
      const listed = await command("proofs", "--public-key-file", join(folder, "pub"), "-o", "json");
      const proofs = steps["backup proofs"].report.parse(JSON.parse(listed.stdout));
      assert.deepEqual(
        proofs.entries.map(({ entry, status }) => [status, entry?.verdict, entry?.contents?.backups.length]),
        [
          ["proven", "proven", 3],
          ["proven", "proven", 0],
        ],
      );
      const stranger = await command("proofs");
      assert.match(stranger.stdout, /^1 +- +- +- +- +not proven: unknown-key /m);
      assert.deepEqual([listed.exitCode, stranger.exitCode], [0, 3]);
    });

    faultTest(118, "an entry that is there is never changed, whoever writes", async () => {
      const { prefix } = ledgerOf({ bucket: "", prefix: walgPrefix });
      const key = `${prefix}/00000001.jws`;
      const before = await storedObjects(aws, prefix);
      const { credentials: keys, endpoint, region } = clientSettings(aws.environment, "s3");
      const creator = connectS3Creator({ region, endpoint, keys });
      const { signal } = new AbortController();
      try {
        const object = { bucket: "harbor-database-backups", key };
        assert.equal(await creator.create(object, "another", signal), "exists");
        assert.equal(await creator.create({ ...object, key: `${key}.new` }, "new", signal), "created");
      } finally {
        creator.close();
      }
      assert.deepEqual((await storedObjects(aws, prefix)).get("/00000001.jws"), before.get("/00000001.jws"));
    });
  });

  for (const [title, name] of [
    ["the newest backup", "LATEST"],
    ["a delta and the backup that it builds on", delta],
  ] as const)
    it(`PostgreSQL 12 recovers ${title}, and finds every row`, async () => {
      const postgres = await Postgres12.prepare();
      try {
        const { stderr, exitCode } = await runWalg(environment, ["backup-fetch", postgres.data, name]);
        assert.equal(exitCode, 0, stderr);
        if (name === "LATEST") assert.match(stderr, new RegExp(`LATEST backup is: '${newest}'$`, "m"));
        assert.equal(await readFile(join(postgres.data, "PG_VERSION"), "utf8"), "12\n");
        const variables = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
        await postgres.recover(["env", ...variables, postgres.walg, "wal-fetch", "%f", "%p"].join(" "));
        const events = await postgres.query("SELECT string_agg(what, ' ' ORDER BY id) FROM events");
        assert.equal(events, captured("expected-events.txt").trim());
        const identifier = await postgres.query("SELECT system_identifier FROM pg_control_system()");
        assert.equal(identifier, captured("system-identifier.txt").trim());
      } finally {
        await postgres.stop();
      }
    });

  describe("and so does restore check --read", () => {
    const part = `basebackups_005/${newest}/tar_partitions/part_001.tar.lz4`;
    const segment = "000000010000000000000009";

    const check = (): Promise<RestoreCheckReport> => checkCaptured(aws.environment, { read: true });

    async function flipBit(name: string): Promise<() => Promise<void>> {
      const key = `${walgPrefix}/${name}`;
      const content = (await capturedObjects()).get(key) ?? Buffer.alloc(0);
      const damaged = Buffer.from(content);
      const middle = Math.floor(damaged.length / 2);
      damaged[middle] = (damaged[middle] ?? 0) ^ 1;
      await putObject(aws, key, damaged);
      return () => putObject(aws, key, content);
    }

    const problems = ({ findings }: RestoreCheckReport): string[] =>
      findings.filter(({ severity }) => severity === "refuse").map(({ code }) => code);

    it("every part and every segment, as S3 sends them", async () => {
      const report = await check();
      assert.deepEqual(problems(report), []);
      assert.equal(report.backup?.name, newest);
      assert.deepEqual([report.read?.parts, report.read?.segments], [3, 5]);
      const passed = report.findings.filter(({ severity }) => severity === "ok").map(({ code }) => code);
      assert(passed.includes("backup-content-read") && passed.includes("wal-content-read"), passed.join());
    });

    faultTest([88, 89], "one wrong bit of a part and of a segment, at which lz4 and WAL-G fail, too", async () => {
      const heal = [await flipBit(part), await flipBit(`wal_005/${segment}.lz4`)];
      const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-"));
      try {
        assert.deepEqual(problems(await check()), ["backup-part-damaged", "wal-content-damaged"]);
        const wal = await runWalg(environment, ["wal-fetch", segment, join(folder, "wal")]);
        assert.equal(wal.exitCode, 1, wal.stderr);
        // `backup-fetch` would try such a part for hours.
        const stored = await storedObjects(aws, `${walgPrefix}/${part}`);
        const unpacked = await execa("lz4", ["-t"], { input: stored.get("") ?? "", reject: false });
        assert.match(unpacked.stderr, /Error/);
      } finally {
        await rm(folder, { recursive: true });
        for (const one of heal) await one();
      }
    });
  });
});

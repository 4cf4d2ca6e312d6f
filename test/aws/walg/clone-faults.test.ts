import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Severity } from "../../../domain/catalogue/finding-codes.ts";
import type { ChosenBackup, RestoreCheckReport } from "../../../domain/restore/check.ts";
import { waitUntil } from "../../../sandbox/host/processes.ts";
import { startTestAws, type TestAws } from "../../support/aws.ts";
import { capturedObjects } from "../../support/captured-bucket.ts";
import { checkCaptured, type HowToCheck } from "../../support/check-captured.ts";
import { backupBefore, Clones, events, eventsOf, proof, type Attempt } from "../../support/clone.ts";
import { faultTest } from "../../support/fault-test.ts";
import { S3Proxy, type Interference } from "../../support/s3-proxy.ts";
import { walgPrefix } from "../../support/walg.ts";
import { putObject, removeObject, uploadCapturedBucket, walgEnvironment } from "../../support/walg-bucket.ts";

const [, scope = "", uid = ""] = walgPrefix.split("/");
const part = "/tar_partitions/part_001.tar.lz4";
/** The backup is consistent before this segment, and the last row is in a later one. */
const segment = "/wal_005/00000001000000000000000A.lz4";
const allRows = "before-B1 after-B1 before-D1 after-D1 before-B2 after-B2 last-in-wal";
const whole = ["restored-identity-same", "restored-timeline-newer", "restored-to-end"];
const cutShort = ["restored-identity-same", "restored-timeline-newer", "restored-wal-left"];

describe("a clone while S3 refuses, is silent or breaks off", function () {
  this.timeout("3m");
  let aws: TestAws;
  let proxy: S3Proxy;
  let clones: Clones;
  /** What the check before the restore has found. */
  let backup: ChosenBackup;

  before("a bucket that the real WAL-G has written, behind a proxy", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    await uploadCapturedBucket(aws);
    const environment = walgEnvironment(aws);
    proxy = await S3Proxy.start(environment["AWS_ENDPOINT"] ?? "");
    clones = new Clones({
      SCOPE: scope,
      CLONE_METHOD: "CLONE_WITH_WALE",
      CLONE_SCOPE: scope,
      CLONE_WAL_S3_BUCKET: "harbor-database-backups",
      CLONE_WAL_BUCKET_SCOPE_SUFFIX: `/${uid}`,
      CLONE_PGVERSION: "12",
      CLONE_AWS_ENDPOINT: proxy.endpoint,
      CLONE_AWS_REGION: environment["AWS_REGION"] ?? "",
      CLONE_AWS_ACCESS_KEY_ID: environment["AWS_ACCESS_KEY_ID"] ?? "",
      CLONE_AWS_SECRET_ACCESS_KEY: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    });
    const store = { bucket: "harbor-database-backups", region: "eu-west-2", endpoint: environment["AWS_ENDPOINT"] };
    const place = { scope, source: { uid }, postgresVersion: 12, versionInPath: true };
    backup = await backupBefore({ ...store, ...place, id: "r", credentials: "secret" }, environment);
  });
  afterEach(() => {
    proxy.release();
  });
  after(async () => {
    await clones.stop();
    proxy.stop();
    await aws.stop();
  });

  /** Interferes with the first requests for an object, in turn, and then no more. */
  function disturb(object: string, ...interferences: Interference[]): void {
    proxy.interfere = (method, _query, path) => {
      return method === "GET" && path.endsWith(object) ? interferences.shift() : undefined;
    };
  }

  /** Interferes with every request for an object. */
  function always(object: string, interference: Interference): void {
    proxy.interfere = (_method, _query, path) => (path.endsWith(object) ? interference : undefined);
  }

  const hasControlFile = ({ postgres }: Attempt): boolean => existsSync(join(postgres.data, "global", "pg_control"));

  describe("while the check before the restore looks", () => {
    const check = (how: HowToCheck = {}): Promise<RestoreCheckReport> =>
      checkCaptured(aws.environment, { endpoint: proxy.endpoint, ...how });
    const codes = ({ findings }: RestoreCheckReport, severity: Severity): string[] =>
      findings.filter((finding) => finding.severity === severity).map(({ code }) => code);

    for (const [interference, cause] of [
      ["deny", /access is denied/],
      ["cut", /no answer/],
    ] as const)
      faultTest(
        97,
        `reports each request that S3 answers with "${interference}", with its cause, and is not okay`,
        async () => {
          proxy.requests.length = 0;
          const before = await check();
          assert.deepEqual([codes(before, "unknown"), codes(before, "refuse")], [[], []]);
          const requests = new Set(proxy.requests);
          let disturbed = 0;
          for (const request of requests) {
            const sent = proxy.requests.length;
            proxy.interfere = (_method, _query, _path, line) => (line === request ? interference : undefined);
            const { verdict, findings } = await check();
            // How a listing is divided depends on which answer comes first, so not every check sends this request.
            if (!proxy.requests.slice(sent).includes(request)) continue;
            disturbed++;
            const added = findings.filter(({ what }) => !before.findings.some((other) => other.what === what));
            const [reported] = added.filter(({ what }) => cause.test(what));
            // Neither the other backups' sentinels nor the folder for new backups decides about the restore.
            const decides = !/base_0{7}1.{16}(?<!08)(_D_.{24})?_backup_stop_sentinel|harbor-cluster%2F$/.test(request);
            assert.equal(reported?.severity, decides ? "unknown" : "warn", `${request}\n${JSON.stringify(added)}`);
            assert.equal(verdict, decides ? "unknown" : "warn");
          }
          assert(disturbed >= 8, `${disturbed} requests were disturbed`);
          proxy.release();
          assert.equal((await check()).verdict, before.verdict);
        },
      );

    faultTest(97, "an answer that breaks off, or does not come in time, is unknown with its cause", async () => {
      always("_backup_stop_sentinel.json", "cut the content");
      assert.deepEqual(codes(await check(), "unknown"), ["backup-sentinel-unreadable"]);
      always("_backup_stop_sentinel.json", "hold");
      const started = Date.now();
      const silent = await check({ timeLimit: "1s" });
      assert.deepEqual(codes(silent, "unknown"), ["backup-sentinel-unreadable"]);
      assert.match(JSON.stringify(silent.findings), /not read within 1s/);
      assert(Date.now() - started < 5000);
    });

    faultTest(97, "--read takes no part and no segment for read of which S3 sends only a half", async () => {
      always(part, "cut the content");
      assert.deepEqual(codes(await check({ read: true }), "unknown"), ["backup-content-unread"]);
      always(segment, "cut the content");
      assert.deepEqual(codes(await check({ read: true }), "unknown"), ["wal-content-unread"]);
    });
  });

  describe("while the backup is fetched", () => {
    faultTest(98, "a refused list ends the command with the cause, and nothing is fetched", async () => {
      proxy.interfere = (_method, query) => (query.has("list-type") ? "deny" : undefined);
      const attempt = await clones.clone({});
      assert.match(attempt.output, /AccessDenied: no\n\tstatus code: 403/);
      assert.equal(attempt.exitCode, 1);
      assert(!existsSync(attempt.postgres.data));
    });

    faultTest(98, "a part that is refused and breaks off is fetched again, and all rows are there", async () => {
      disturb(part, "deny", "cut the content");
      const attempt = await clones.clone({}, 0.1);
      assert.equal(attempt.output.match(/Extraction error in \S*part_001/g)?.length, 2, attempt.output);
      assert.equal(await events(attempt), allRows);
      assert.deepEqual(await proof(attempt, backup), whole);
    });

    faultTest(98, "WAL-G repeats a request whose connection was closed, and reports no error", async () => {
      disturb("/files_metadata.json", ...Array.from({ length: 6 }, () => "cut" as const));
      const attempt = await clones.clone({});
      assert.equal(attempt.exitCode, 0, attempt.output);
      assert.doesNotMatch(attempt.output, /ERROR/);
    });

    for (const [fault, interference, answer] of [
      [98, "deny", "AccessDenied: no"],
      [115, "archived", "InvalidObjectState: The operation is not valid"],
    ] as const)
      faultTest(
        fault,
        `a part that S3 answers with ${answer.split(":")[0] ?? ""} ends it without a database`,
        async () => {
          always(part, interference);
          const attempt = await clones.clone({}, 0.01);
          assert.equal(attempt.output.split(answer).length - 1, 16, attempt.output);
          assert.equal(attempt.exitCode, 1);
          assert(!hasControlFile(attempt), "PostgreSQL would start it");
        },
      );

    faultTest(98, "a silent S3 holds it up, and it goes on when S3 answers", async () => {
      disturb(part, "hold");
      const running = clones.clone({});
      await waitUntil("the part to be asked for", 30, () => Promise.resolve(proxy.held === 1));
      proxy.release();
      const attempt = await running;
      assert.equal(await events(attempt), allRows);
    });
  });

  describe("while WAL is replayed", () => {
    for (const [fault, interference, what] of [
      [99, "deny", "a refusal"],
      [99, "cut the content", "a segment that breaks off"],
      [115, "archived", "an archived segment"],
    ] as const)
      faultTest(
        [fault, 100],
        `${what} ends the recovery, which promotes in silence without the last rows; the proof refuses`,
        async () => {
          always(segment, interference);
          const attempt = await clones.clone({});
          assert.equal(await events(attempt), allRows.replace(" last-in-wal", ""));
          assert.equal(await attempt.postgres.query("CREATE TABLE new AS SELECT 1 AS one; SELECT one FROM new"), "1");
          assert.deepEqual(await proof(attempt, backup), cutShort);
        },
      );

    faultTest([99, 106], "a silent S3 holds it up, nothing is proven meanwhile, and it goes on", async () => {
      disturb(segment, "hold");
      const attempt = await clones.clone({});
      const running = events(attempt);
      await waitUntil("the segment to be asked for", 30, () => Promise.resolve(proxy.held === 1));
      await waitUntil("the standby", 30, async () => {
        return (await attempt.postgres.query("SELECT pg_is_in_recovery()").catch(() => "")) === "t";
      });
      assert.equal(await eventsOf(attempt.postgres), allRows.replace(" last-in-wal", ""));
      const meanwhile = await proof(attempt, backup);
      assert(
        !meanwhile.includes("restored-to-end") && !meanwhile.includes("restored-timeline-newer"),
        meanwhile.join(),
      );
      proxy.release();
      assert.equal(await running, allRows);
      assert.deepEqual(await proof(attempt, backup), whole);
    });

    faultTest([99, 100], "a segment that is lost after the check ends it in silence; the proof refuses", async () => {
      await removeObject(aws, `${walgPrefix}${segment}`);
      try {
        const attempt = await clones.clone({});
        assert.equal(await events(attempt), allRows.replace(" last-in-wal", ""));
        assert.deepEqual(await proof(attempt, backup), cutShort);
      } finally {
        await putObject(
          aws,
          `${walgPrefix}${segment}`,
          (await capturedObjects()).get(`${walgPrefix}${segment}`) ?? Buffer.alloc(0),
        );
      }
    });
  });
});

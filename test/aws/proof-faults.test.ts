import assert from "node:assert/strict";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { connectS3 } from "../../clients/aws/s3.ts";
import type { Judged } from "../../domain/restore/proof/checks.ts";
import { steps } from "../../domain/steps/steps.ts";
import type { Running } from "../../operations/restore/proof/gather.ts";
import { checkArchiving, checkFirstBackup } from "../../operations/restore/proof/store.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { FakeSurroundings } from "../support/fake-cluster.ts";
import { databaseUid, databaseName, FakeHarbor, podOf, statefulSetOf } from "../support/fake-harbor.ts";
import { faultTest } from "../support/fault-test.ts";
import { S3Proxy, type Interference } from "../support/s3-proxy.ts";
import { backupObjects, walObjects } from "../support/walg.ts";

const bucket = "new-backups";
const prefix = `spilo/${databaseName}/${databaseUid}/wal/12`;
const segment = "000000020000000000000010";

describe("the proof's look into S3, while S3 refuses, is silent or breaks off", function () {
  this.timeout("1m");
  let aws: TestAws;
  let proxy: S3Proxy;

  before("a new database's first backup and a segment", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    proxy = await S3Proxy.start(aws.environment["AWS_ENDPOINT_URL_S3"] ?? "");
    const s3 = new S3Client(clientSettings(aws.environment, "s3"));
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const objects = [
      ...backupObjects(16, 0, { prefix, timeline: 2 }),
      ...walObjects(16, 16, 0, { prefix, timeline: 2 }),
    ];
    await Promise.all(
      objects.map(({ key }) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "content" }))),
    );
    s3.destroy();
  });
  afterEach(() => {
    proxy.release();
  });
  after(async () => {
    proxy.stop();
    await aws.stop();
  });

  /** The codes of both checks, and all that they say. */
  async function look(surroundings = new FakeSurroundings()): Promise<{ codes: string[]; said: string }> {
    const harbor = new FakeHarbor();
    harbor.onExec = () => `${segment}\n`;
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = aws.environment;
    const env = {
      PGVERSION: "12",
      WAL_S3_BUCKET: bucket,
      AWS_REGION: aws.environment["AWS_REGION"] ?? "",
      WAL_BUCKET_SCOPE_SUFFIX: `/${databaseUid}`,
      WAL_BUCKET_SCOPE_PREFIX: "",
    };
    const running: Running = {
      clients: {
        harbor,
        connectS3: (access) =>
          Promise.resolve(connectS3({ ...access, endpoint: proxy.endpoint, keys: { accessKeyId, secretAccessKey } })),
        connectS3Versions: () => assert.fail("the registry is not compared"),
        askHarbor: () => assert.fail("Harbor is not asked"),
      },
      request: steps["restore verify"].request.parse({
        version: 1,
        kubernetes: { context: "test" },
        cluster: "harbor-cluster/harbor-cluster",
        timeLimits: { archive: "10s", backup: "10s" },
      }),
      pod: podOf(0, { role: "master" }),
      where: "Pod",
      leader: {
        systemIdentifier: "1",
        inRecovery: false,
        timeline: 2,
        history: null,
        historyTimes: {},
        databases: [],
        streaming: [],
        dataDirectory: "",
        logDirectory: "",
      },
      statefulSet: statefulSetOf({ env }),
      surroundings,
    };
    const judged: Judged[] = await Promise.all([checkArchiving(running), checkFirstBackup(running)]);
    const findings = judged.flatMap((one) => one.findings);
    return { codes: findings.map(({ code }) => code), said: findings.map(({ what }) => what).join("\n") };
  }

  const seen = ["restored-wal-archived", "restored-backup-finished"];
  const unknown = ["restored-store-unknown", "restored-store-unknown"];

  for (const [interference, cause] of [
    ["deny", /access is denied[^]*access is denied/],
    ["cut", /no answer[^]*no answer/],
    ["cut the content", /aborted[^]*aborted/],
  ] as const)
    faultTest(
      109,
      `knows nothing while S3 answers with "${interference}", with the cause, and goes on afterwards`,
      async () => {
        proxy.interfere = () => interference;
        const { codes, said } = await look();
        assert.deepEqual(codes, unknown, said);
        assert.match(said, cause);
        // The first looks fail, and later ones within the time limit do not.
        const times: Interference[] = Array.from({ length: 4 }, () => interference);
        proxy.interfere = () => times.shift();
        assert.deepEqual((await look()).codes, seen);
        assert.equal(times.length, 0);
      },
    );

  faultTest(109, "ends at the time limit of the whole proof while S3 is silent", async () => {
    proxy.interfere = () => "hold";
    const surroundings = new FakeSurroundings();
    setTimeout(() => {
      surroundings.stop(new Error("the whole proof was not done within 1s"));
    }, 1000);
    const started = Date.now();
    await assert.rejects(look(surroundings), /the whole proof was not done within 1s/);
    assert(Date.now() - started < 5000);
  });
});

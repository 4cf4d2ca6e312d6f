import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { restoreCheckReportSchema } from "../domain/restore/check.ts";
import { segmentName } from "../domain/walg/segment-name.ts";
import { awsEnvironment, awsRegion, ensureAws, startAws } from "../sandbox/aws/aws.ts";
import { layout } from "../sandbox/host/directory.ts";
import { backups, harborCluster, harborContext, spiloImage } from "../sandbox/harbor/objects.ts";
import { loadPorts } from "../sandbox/host/ports.ts";
import { Processes } from "../sandbox/host/processes.ts";
import { upHarbor } from "../sandbox/sandbox.ts";
import { loadSecrets } from "../sandbox/host/secrets.ts";
import { everyAtMost, ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run, type Run } from "./program.ts";

const checkout = dirname(import.meta.dirname);
const segments = 100_000;
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const prefix = `spilo/${harborCluster.database}/${uid}/wal/12`;
const backup = "base_000000010000000000000000";
const awsProcesses = ["aws.moto", "aws.s3-objects", "aws.s3"];

/** Only lists the same keys, page by page, with the same SDK. */
const bareListing = `import { paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
const client = new S3Client({ region: process.env.AWS_REGION });
let keys = 0;
for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: ${JSON.stringify(backups.bucket)}, Prefix: ${JSON.stringify(`${prefix}/`)} })) keys += Contents.length;
if (keys < ${segments}) throw new Error("only " + keys);
`;

/** Compares `restore check` of a backup followed by 100,000 WAL segments with a bare listing of the prefix. */
export async function restoreCheck({ directory, environment: sandbox, progress, repeat }: Bench): Promise<Result> {
  const programs = await ensureAws(progress);
  await upHarbor(directory, progress);
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  const [ports, secrets] = await Promise.all([loadPorts(directory), loadSecrets(directory)]);
  const processes = new Processes(layout(directory).processes);
  try {
    await startAws({ directory, processes, ports, secrets }, programs);
    const aws = awsEnvironment(ports, secrets);
    const environment = { ...sandbox, ...aws };
    progress(`writing ${segments} WAL objects`);
    await writeBackup(environment);
    await writeWal(join(directory, "aws", "objects", backups.bucket, prefix, "wal_005"));
    await writeFile(join(folder, "list.js"), bareListing);
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));

    const store = ["--bucket", backups.bucket, "--region", awsRegion, "--uid", uid];
    const report = join(folder, "report.json");
    const bare: [string, ...string[]] = ["node", join(folder, "list.js")];
    const check: [string, ...string[]] = [
      "postgres-recovery",
      "restore",
      "check",
      "harbor-cluster/harbor-cluster",
      "--context",
      harborContext,
      ...store,
      "--image",
      spiloImage,
      "-o",
      "json",
    ];
    const [listings, checks]: [Run[], Run[]] = [[], []];
    // The first round only warms the caches.
    for (let time = 0; time <= repeat; time += 1) {
      const listing = await run(bare, { environment, memory: true });
      const checked = await run(check, { environment, stdout: report, memory: true });
      if (time === 0) continue;
      listings.push(listing);
      checks.push(checked);
      progress(
        `restore check, ${time} of ${repeat}: ${checked.seconds.toFixed(1)} s, ${checked.peakMegabytes.toFixed(0)} MB; the bare listing: ${listing.seconds.toFixed(1)} s`,
      );
    }
    const { verdict, backup: chosen } = restoreCheckReportSchema.parse(JSON.parse(await readFile(report, "utf8")));
    if (chosen?.name !== backup || verdict !== "warn")
      throw new Error(`restore check found ${verdict} and ${chosen?.name ?? "no backup"}`);
    const baseline: Figure = {
      what: "a bare listing of the prefix, page by page, with the same SDK",
      unit: "s",
      values: listings.map(({ seconds }) => seconds),
    };
    const figure: Figure = {
      what: "`postgres-recovery restore check`, with all its requests to Kubernetes",
      unit: "s",
      values: checks.map(({ seconds }) => seconds),
    };
    const memory: Figure = {
      what: "peak memory of `postgres-recovery restore check`",
      unit: "MB",
      values: checks.map(({ peakMegabytes }) => peakMegabytes),
    };
    return {
      title: `Check before a restore, ${segments} WAL objects`,
      figures: [baseline, figure, memory],
      checks: [ratioAtMost("`restore check` to the bare listing", figure, baseline, 1.2), everyAtMost(memory, 200)],
      notes: [
        "Both are whole processes. The store is versitygw, which reads a whole folder for each page and shares its processors with the check. So listing four parts in parallel saves nothing here; it saves network time with a remote store.",
      ],
    };
  } finally {
    await Promise.all(awsProcesses.map((name) => processes.stop(name)));
    await rm(folder, { recursive: true });
  }
}

async function writeBackup(environment: Record<string, string>): Promise<void> {
  const client = new S3Client({
    region: awsRegion,
    endpoint: environment["AWS_ENDPOINT_URL_S3"] ?? "",
    forcePathStyle: true,
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  });
  await client.send(new CreateBucketCommand({ Bucket: backups.bucket }));
  const now = new Date().toISOString();
  const texts = {
    [`${backup}/metadata.json`]: `{"start_time":"${now}","finish_time":"${now}","pg_version":120022}`,
    [`${backup}/tar_partitions/part_001.tar.lz4`]: "part",
    [`${backup}/tar_partitions/pg_control.tar.lz4`]: "control",
    [`${backup}_backup_stop_sentinel.json`]: `{"PgVersion":120022,"SystemIdentifier":7710366851552716423,"FinishLSN":16777500,"CompressedSize":11}`,
  };
  for (const [name, Body] of Object.entries(texts))
    await client.send(new PutObjectCommand({ Bucket: backups.bucket, Key: `${prefix}/basebackups_005/${name}`, Body }));
  client.destroy();
}

/** Writes directly into versitygw's folder, where each object is a file, because 100,000 uploads would take minutes. */
async function writeWal(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let first = 0; first < segments; first += 1000) {
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => writeSegment(join(folder, `${segmentName(1, first + index)}.lz4`))),
    );
  }
}

/** A file that is as long as the smallest WAL object, and takes no room on the disk. */
async function writeSegment(path: string): Promise<void> {
  await writeFile(path, "");
  await truncate(path, 66_000);
}

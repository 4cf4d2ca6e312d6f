import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
import { besideListing } from "./beside-listing.ts";
import type { Bench, Result } from "./measure.ts";

const segments = 100_000;
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const prefix = `spilo/${harborCluster.database}/${uid}/wal/12`;
const backup = "base_000000010000000000000000";
const awsProcesses = ["aws.moto", "aws.s3-objects", "aws.s3"];

/** Compares `restore check` of a backup followed by 100,000 WAL segments with a bare listing of the prefix. */
export async function restoreCheck(bench: Bench): Promise<Result> {
  const { directory, environment: sandbox, progress } = bench;
  const programs = await ensureAws(progress);
  await upHarbor(directory, progress);
  const [ports, secrets] = await Promise.all([loadPorts(directory), loadSecrets(directory)]);
  const processes = new Processes(layout(directory).processes);
  try {
    await startAws({ directory, processes, ports, secrets }, programs);
    const aws = awsEnvironment(ports, secrets);
    const environment = { ...sandbox, ...aws };
    progress(`writing ${segments} WAL objects`);
    await writeBackup(environment);
    await writeWal(join(directory, "aws", "objects", backups.bucket, prefix, "wal_005"));
    const store = ["--bucket", backups.bucket, "--region", awsRegion, "--uid", uid];
    const { report, ...measured } = await besideListing(bench, {
      command: "restore check",
      besides: "all its requests to Kubernetes",
      parameters: ["harbor-cluster/harbor-cluster", "--context", harborContext, ...store, "--image", spiloImage],
      environment,
      listed: { bucket: backups.bucket, prefix },
      objects: segments,
    });
    const { verdict, backup: chosen } = restoreCheckReportSchema.parse(report);
    if (chosen?.name !== backup || verdict !== "warn")
      throw new Error(`restore check found ${verdict} and ${chosen?.name ?? "no backup"}`);
    return {
      ...measured,
      title: `Check before a restore, ${segments} WAL objects`,
      notes: [
        "Both are whole processes. The store is versitygw, which reads a whole folder for each page and shares its processors with the check. So listing four parts in parallel saves nothing here; it saves network time with a remote store.",
      ],
    };
  } finally {
    await Promise.all(awsProcesses.map((name) => processes.stop(name)));
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

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { execa } from "execa";
import { clientSettings, type TestAws } from "./aws.ts";
import { capturedObjects } from "./captured-bucket.ts";
import { walgPrefix } from "./walg.ts";

const bucket = "harbor-database-backups";
/** The whole content of a bucket that the real WAL-G 3.0.3 wrote, uploaded again; sentinels last and in their order. */
export async function uploadCapturedBucket(aws: TestAws): Promise<void> {
  await createBucket(aws);
  const objects = await capturedObjects();
  const isSentinel = (key: string): boolean => key.endsWith("_sentinel.json");
  const keys = [...objects.keys()];
  const contentOf = (key: string): Buffer => objects.get(key) ?? Buffer.alloc(0);
  await Promise.all(keys.filter((key) => !isSentinel(key)).map((key) => putObject(aws, key, contentOf(key))));
  for (const key of keys.filter(isSentinel).toSorted(bySegment))
    await putObject(aws, key, contentOf(key), { thenWait: true });
}

function bySegment(one: string, other: string): number {
  const segment = (key: string): string => /base_(?<segment>[0-9A-F]{24})/.exec(key)?.groups?.["segment"] ?? "";
  return segment(one) < segment(other) ? -1 : 1;
}

export async function createBucket(aws: TestAws): Promise<void> {
  await new S3Client(clientSettings(aws.environment, "s3")).send(new CreateBucketCommand({ Bucket: bucket }));
}

/** @param thenWait makes the next object a later one: S3 shows times in whole seconds, and WAL-G orders backups by them. */
export async function putObject(aws: TestAws, key: string, content: Buffer, { thenWait = false } = {}): Promise<void> {
  const client = new S3Client(clientSettings(aws.environment, "s3"));
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }));
  if (thenWait) await sleep(1100);
}

export async function removeObject(aws: TestAws, key: string): Promise<void> {
  const client = new S3Client(clientSettings(aws.environment, "s3"));
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** The objects below the prefix, with their content. */
export async function storedObjects(aws: TestAws, prefix: string): Promise<Map<string, Buffer>> {
  const client = new S3Client(clientSettings(aws.environment, "s3"));
  const objects = new Map<string, Buffer>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
    for (const { Key = "" } of Contents) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      objects.set(Key.slice(prefix.length), Buffer.from((await Body?.transformToByteArray()) ?? []));
    }
  return objects;
}

/** WAL-G's environment for the captured place, as Spilo would make it. */
export function walgEnvironment(aws: TestAws, prefix = walgPrefix): Record<string, string> {
  return {
    WALG_S3_PREFIX: `s3://${bucket}/${prefix}`,
    AWS_ENDPOINT: aws.environment["AWS_ENDPOINT_URL_S3"] ?? "",
    AWS_S3_FORCE_PATH_STYLE: "true",
    AWS_REGION: aws.environment["AWS_REGION"] ?? "",
    AWS_ACCESS_KEY_ID: aws.environment["AWS_ACCESS_KEY_ID"] ?? "",
    AWS_SECRET_ACCESS_KEY: aws.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
}

const walg = join(import.meta.dirname, "../../sandbox/walg/main.ts");

/** Runs the stand-in with these variables and no others but PATH. */
export async function runWalg(environment: Record<string, string>, parameters: readonly string[]) {
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  return execa(process.execPath, [walg, ...parameters], {
    reject: false,
    extendEnv: false,
    env,
    stripFinalNewline: false,
  });
}

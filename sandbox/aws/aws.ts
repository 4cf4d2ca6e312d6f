import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import type { Ports } from "../host/ports.ts";
import { Processes, waitUntil } from "../host/processes.ts";
import type { Secrets } from "../host/secrets.ts";
import { ensureTools } from "../toolchain/tools.ts";
import { ensureMoto } from "./moto.ts";

/** The only region of the sandbox. */
export const awsRegion = "eu-west-2";

/** The paths of the programs behind the AWS APIs. */
export interface AwsPrograms {
  versitygw: string;
  moto: string;
}

/** The part of the host that AWS needs. */
export type Aws = Pick<Host, "directory" | "processes" | "ports" | "secrets">;

/** Builds or installs the programs that are missing. */
export async function ensureAws(progress: (line: string) => void): Promise<AwsPrograms> {
  const tools = await ensureTools(["versitygw"], progress);
  const versitygw = tools.get("versitygw");
  if (versitygw === undefined) throw new Error("versitygw was not built");
  return { versitygw, moto: await ensureMoto(progress) };
}

/**
 * Starts S3 (versitygw, which keeps its objects when it stops) and the other APIs (moto, which forgets everything when it
 * stops), and waits until they answer.
 *
 * Everything is plain HTTP on the loopback address. moto checks no signatures, so every user of this machine can call it.
 */
export async function startAws(aws: Aws, programs: AwsPrograms): Promise<void> {
  const { directory, processes, ports } = aws;
  const port = (name: "s3" | "s3Objects" | "moto") => String(ports(portName.aws[name]));
  const folder = (name: string) => join(directory, "aws", name);
  const folders = {
    objects: folder("objects"),
    versions: folder("versions"),
    metadata: folder("metadata"),
    accounts: folder("accounts"),
  };
  for (const path of Object.values(folders)) await mkdir(path, { recursive: true, mode: 0o700 });
  await Promise.all([
    processes.start({ name: "aws.moto", command: programs.moto, args: ["-H", "127.0.0.1", "-p", port("moto")] }),
    processes.start({
      name: "aws.s3-objects",
      command: programs.versitygw,
      // Stores metadata in separate files, because not every file system has extended attributes.
      args: [
        "--port",
        `127.0.0.1:${port("s3Objects")}`,
        "--region",
        awsRegion,
        "--iam-dir",
        folders.accounts,
        "--quiet",
        "posix",
        "--versioning-dir",
        folders.versions,
        "--sidecar",
        folders.metadata,
        folders.objects,
      ],
      env: { ROOT_ACCESS_KEY: accessKey(aws.secrets).id, ROOT_SECRET_KEY: accessKey(aws.secrets).secret },
    }),
    processes.start({
      name: "aws.s3",
      command: process.execPath,
      args: [join(import.meta.dirname, "s3-front.ts"), port("s3"), port("s3Objects"), port("moto")],
    }),
  ]);
  await Promise.all(
    (["s3", "moto"] as const).map((name) =>
      // S3 refuses a request without a signature, which is also an answer. The front answers 502 until its backend is there.
      waitUntil(
        `the AWS endpoint ${name}`,
        60,
        async () => (await fetch(`http://127.0.0.1:${port(name)}/`)).status !== 502,
      ),
    ),
  );
}

/** Whether the AWS APIs run in this sandbox. */
export function awsRuns(directory: string): boolean {
  return new Processes(layout(directory).processes).running("aws.s3");
}

/** The environment variables for the AWS SDKs and CLIs and for Pulumi's provider. */
export function awsEnvironment(ports: Ports, secrets: Secrets): Record<string, string> {
  return {
    AWS_REGION: awsRegion,
    AWS_ACCESS_KEY_ID: accessKey(secrets).id,
    AWS_SECRET_ACCESS_KEY: accessKey(secrets).secret,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${ports(portName.aws.moto)}`,
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${ports(portName.aws.s3)}`,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

function accessKey(secrets: Secrets): { id: string; secret: string } {
  return { id: `SANDBOX${secrets("AWS access key").slice(0, 13).toUpperCase()}`, secret: secrets("AWS secret key") };
}

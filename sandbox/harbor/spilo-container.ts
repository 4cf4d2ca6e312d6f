import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createFile, createFolder, type Account } from "../host/account.ts";
import { layout, spiloLayout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { writeEnvdirs, type SpiloPrograms } from "../spilo/programs.ts";
import { spiloStart, type SpiloStart } from "../spilo/start.ts";
import { patroniConfig } from "./spilo-patroni.ts";
import type { SpiloPod } from "./spilo-pod.ts";

/** A container whose files are in place. */
export interface SpiloContainer {
  readonly start: SpiloStart;
  /** What a command in the container sees. */
  readonly environment: Record<string, string>;
  /** What Patroni and cron see, and with them Postgres and WAL-G: Spilo keeps the container's own variables from them. */
  readonly strippedEnvironment: Record<string, string>;
  readonly dataDirectory: string;
}

/** The folder of a volume's data. */
export function dataFolder(directory: string, volume: string): string {
  return join(rootFolder(directory, volume), "data");
}

/** What Spilo calls PGROOT. */
function rootFolder(directory: string, volume: string): string {
  return join(layout(directory).volumes, volume, "pgroot");
}

/** The folder of the programs for the database Pods of this sandbox. */
export function spiloProgramsFolder(directory: string): string {
  return join(layout(directory).harbor, "programs");
}

/** Writes the files from which Patroni and Postgres start, as Spilo's start script does, from the environment. */
export async function prepareContainer(host: Host, programs: SpiloPrograms, pod: SpiloPod): Promise<SpiloContainer> {
  const { directory, account, certificates } = host;
  const files = spiloLayout(directory, pod.number);
  const root = rootFolder(directory, pod.volume);
  const paths = { PGROOT: root, PGHOME: files.own, RW_DIR: join(files.own, "run") };
  const container = { ...pod.environment, ...paths, KUBERNETES_SERVICE_HOST: pod.address };
  const start = spiloStart(container);
  for (const warning of start.warnings) console.log(`${pod.namespace}/${pod.name}: WARNING: ${warning}`);
  await createFolders([layout(directory).volumes], account, 0o711);
  await createFolders([dirname(root), root, join(dirname(root), "tmp")], account);
  await rm(paths.RW_DIR, { recursive: true, force: true });
  await mkdir(paths.RW_DIR);
  await writeEnvdirs(start.envdirs, account);
  await createFile(files.certificate, await readFile(certificates.server.certificate, "utf8"), account);
  await createFile(files.key, await readFile(certificates.server.key, "utf8"), account);
  const dataDirectory = dataFolder(directory, pod.volume);
  const config = patroniConfig({ directory, pod, start, dataDirectory, bin: programs.postgres });
  await createFile(files.patroniConfig, JSON.stringify(config, undefined, 2), account);
  const strippedEnvironment = {
    ...network(host),
    PATH: `${programs.postgres}:${programs.bin}:/usr/local/bin:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    HOME: files.own,
    RW_DIR: paths.RW_DIR,
    PGHOST: files.own,
    PGUSER: "postgres",
    KUBECONFIG: files.kubeconfig,
  };
  const own = { ...strippedEnvironment, PGPORT: "5432", PATRONICTL_CONFIG_FILE: files.patroniConfig };
  return { start, environment: { ...container, ...own }, strippedEnvironment, dataDirectory };
}

/** Stands in for the network of a Pod: AWS's own address leads to the sandbox's S3, and no node has a role. */
function network({ ports }: Host): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${ports(portName.aws.s3)}`,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The folder of the container's files, with those above it. */
export async function createContainerFolder(host: Host, number: number): Promise<void> {
  const { own } = spiloLayout(host.directory, number);
  await createFolders([dirname(own)], host.account, 0o711);
  await createFolders([own], host.account);
}

async function createFolders(paths: readonly string[], account: Account, mode?: number): Promise<void> {
  for (const path of paths) await createFolder(path, account, mode);
}

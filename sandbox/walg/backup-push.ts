import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { stringify } from "lossless-json";
import { listBackups, readFileStates, readSentinel, type FileStates, type Sentinel } from "./backups.ts";
import type { Configuration } from "./configuration.ts";
import { incrementOf, isPaged } from "./increment.ts";
import { log } from "./log.ts";
import { backupFolder, formatLsn, parseLsn, segmentAt, segmentName, sentinelSuffix, walFileOf } from "./names.ts";
import { Parts, type Member } from "./parts.ts";
import { databaseFiles, PostgresSession } from "./postgres.ts";
import type { Storage } from "./storage.ts";
import { modifiedTime, walk, type WalkedFile } from "./walk.ts";

const control = "/global/pg_control";
const versionWithNewNames = 150_000;

/** The backup that a delta builds on. */
interface Parent {
  readonly name: string;
  readonly sentinel: Sentinel;
  readonly files: FileStates;
}

interface Started {
  readonly version: number;
  readonly lsn: bigint;
  readonly timeline: number;
  readonly time: Date;
}

/** `backup-push DIRECTORY`: a full backup, or a delta if the configuration allows one more after the newest backup. */
export async function backupPush(storage: Storage, configuration: Configuration, directory: string): Promise<void> {
  log("INFO", "Backup will be pushed to storage: default");
  const parent = await parentOf(storage, configuration.deltaMaxSteps);
  const session = new PostgresSession();
  try {
    const started = await startBackup(session);
    const name = backupName(started, parent);
    const folder = `${backupFolder}/${name}/tar_partitions`;
    const parts = new Parts(storage, folder, configuration.compression, configuration.partBytes);
    log("INFO", "Initializing the PG alive checker (interval=1m0s)...");
    if (parent !== undefined) log("INFO", "Delta backup enabled");
    log("INFO", "Starting a new tar bundle");
    log("INFO", "Walking ...");
    const { files, bytes } = await walk(directory);
    const states = await packFiles(parts, directory, files, parent);
    log("INFO", "Packing ...");
    await parts.close();
    await packControl(parts, directory, files);
    const finishLsn = await stopBackup(session, started.version, parts);
    const description = await describe(session, { started, finishLsn, directory, catalogBytes: bytes, parts });
    log("INFO", "Querying pg_database");
    const databases = await databaseFiles(session);
    const filesMetadata = { Files: states, TarFileSets: parts.files, DatabasesByNames: databases };
    await storage.write(`${backupFolder}/${name}/metadata.json`, text(metadataOf(description)));
    await storage.write(`${backupFolder}/${name}/files_metadata.json`, text(filesMetadata));
    // Its presence makes the backup count as finished, so it comes last.
    await storage.write(`${backupFolder}/${name}${sentinelSuffix}`, text(sentinelOf(description, parent)));
    log("INFO", `Wrote backup with name ${name} to storage default`);
  } finally {
    session.close();
  }
}

async function parentOf(storage: Storage, maxSteps: number): Promise<Parent | undefined> {
  if (maxSteps === 0) return undefined;
  const newest = (await listBackups(storage)).at(-1);
  if (newest === undefined) return undefined;
  log("INFO", `LATEST backup is: '${newest.name}'`);
  const sentinel = await readSentinel(storage, newest.name);
  if ((sentinel.DeltaCount ?? 0n) + 1n > BigInt(maxSteps)) {
    log("INFO", "Reached max delta steps. Doing full backup.");
    return undefined;
  }
  log("INFO", `Delta backup from ${newest.name} with LSN ${formatLsn(sentinel.LSN)}.`);
  return { name: newest.name, sentinel, files: await readFileStates(storage, newest.name) };
}

async function startBackup(session: PostgresSession): Promise<Started> {
  const [version = ""] = await session.row("SHOW server_version_num");
  log("INFO", "Calling pg_start_backup()");
  const time = new Date();
  const label = time.toISOString();
  const start =
    Number(version) >= versionWithNewNames
      ? `pg_backup_start('${label}', true)`
      : `pg_start_backup('${label}', true, false)`;
  const [lsn = ""] = await session.row(`SELECT ${start}`);
  const [timeline = ""] = await session.row("SELECT timeline_id FROM pg_control_checkpoint()");
  return { version: Number(version), lsn: parseLsn(lsn), timeline: Number(timeline), time };
}

function backupName({ timeline, lsn }: Started, parent: Parent | undefined): string {
  const name = `base_${segmentName({ timeline, number: segmentAt(lsn) })}`;
  return parent === undefined ? name : `${name}_D_${walFileOf(parent.name)}`;
}

interface FileState {
  readonly IsIncremented: boolean;
  readonly IsSkipped: boolean;
  readonly MTime: string;
  readonly UpdatesCount: number;
}

async function packFiles(
  parts: Parts,
  directory: string,
  files: readonly WalkedFile[],
  parent: Parent | undefined,
): Promise<Record<string, FileState>> {
  const states: Record<string, FileState> = {};
  for (const file of files) {
    if (file.path === control) continue;
    const MTime = modifiedTime(file.mtimeNs);
    const before = parent?.files[file.path];
    const IsSkipped = !file.directory && before?.MTime === MTime;
    let IsIncremented = false;
    if (!IsSkipped) {
      const content = await contentOf(directory, file);
      if (content === undefined) continue;
      const increment = before === undefined ? undefined : changedPages(file, content, parent?.sentinel.LSN);
      IsIncremented = increment !== undefined;
      await parts.add(headerOf(file), increment ?? content);
    }
    states[file.path] = { IsIncremented, IsSkipped, MTime, UpdatesCount: 0 };
  }
  return states;
}

/** As long as it was when the folder was read. It may have grown or shrunk since; the WAL puts that right. */
async function contentOf(directory: string, { path, directory: isDirectory, size }: WalkedFile) {
  if (isDirectory) return Buffer.alloc(0);
  const content = await readFile(join(directory, path)).catch(() => undefined);
  if (content === undefined) return undefined;
  return content.length >= size
    ? content.subarray(0, size)
    : Buffer.concat([content, Buffer.alloc(size - content.length)]);
}

/** Undefined if the whole file must be stored, for instance because one of its pages is invalid. */
function changedPages({ path, size }: WalkedFile, content: Buffer, since: bigint | undefined): Buffer | undefined {
  if (since === undefined || !isPaged(path, size)) return undefined;
  try {
    return incrementOf(content, since);
  } catch {
    return undefined;
  }
}

function headerOf({ path, directory, mode, uid, gid, mtimeNs }: WalkedFile): Member {
  const mtime = new Date(Number(mtimeNs / 1_000_000n));
  const owner = uid === 0 ? "root" : "postgres";
  return { name: path, type: directory ? "directory" : "file", mode, uid, gid, mtime, uname: owner, gname: owner };
}

async function packControl(parts: Parts, directory: string, files: readonly WalkedFile[]): Promise<void> {
  const file = files.find(({ path }) => path === control);
  if (file === undefined) throw new Error(`${control} is missing`);
  await parts.add(headerOf(file), await readFile(join(directory, control)));
  log("INFO", control);
  await parts.close("pg_control");
}

/** @returns the position in the WAL at which the backup is complete. */
async function stopBackup(session: PostgresSession, version: number, parts: Parts): Promise<bigint> {
  log("INFO", "Calling pg_stop_backup()");
  const stop = version >= versionWithNewNames ? "pg_backup_stop(true)" : "pg_stop_backup(false, true)";
  const encoded = (column: string): string => `replace(encode(convert_to(${column}, 'UTF8'), 'base64'), E'\\n', '')`;
  const [lsn = "", label = "", map = ""] = await session.row(
    `SELECT lsn, ${encoded("labelfile")}, ${encoded("spcmapfile")} FROM ${stop}`,
  );
  for (const [name, content] of [
    ["backup_label", label],
    ["tablespace_map", map],
  ] as const) {
    const header: Member = { name, type: "file", mode: 0o600, uid: 0, gid: 0, mtime: new Date(0) };
    await parts.add(header, Buffer.from(content, "base64"));
    log("INFO", name);
  }
  await parts.close();
  return parseLsn(lsn);
}

interface Description {
  readonly started: Started;
  readonly finishLsn: bigint;
  readonly finished: Date;
  readonly directory: string;
  readonly catalogBytes: number;
  readonly systemIdentifier: bigint;
  readonly uncompressed: number;
  readonly compressed: number;
}

async function describe(
  session: PostgresSession,
  { parts, ...known }: Pick<Description, "started" | "finishLsn" | "directory" | "catalogBytes"> & { parts: Parts },
): Promise<Description> {
  const [identifier = ""] = await session.row("SELECT system_identifier FROM pg_control_system()");
  return { ...known, ...parts.written, finished: new Date(), systemIdentifier: BigInt(identifier) };
}

const dateFormat = "%Y-%m-%dT%H:%M:%S.%fZ";

function metadataOf(description: Description) {
  const { started, finished, directory, finishLsn, systemIdentifier, uncompressed, compressed } = description;
  return {
    start_time: started.time.toISOString(),
    finish_time: finished.toISOString(),
    date_fmt: dateFormat,
    hostname: hostname(),
    data_dir: directory,
    pg_version: started.version,
    start_lsn: started.lsn,
    finish_lsn: finishLsn,
    is_permanent: false,
    system_identifier: systemIdentifier,
    uncompressed_size: uncompressed,
    compressed_size: compressed,
  };
}

function sentinelOf(description: Description, parent: Parent | undefined) {
  const { started, finished, directory, finishLsn, systemIdentifier, uncompressed, compressed } = description;
  return {
    LSN: started.lsn,
    ...(parent !== undefined && {
      DeltaLSN: parent.sentinel.LSN,
      DeltaFrom: parent.name,
      DeltaFullName: parent.sentinel.DeltaFullName ?? parent.name,
      DeltaCount: (parent.sentinel.DeltaCount ?? 0n) + 1n,
    }),
    PgVersion: started.version,
    FinishLSN: finishLsn,
    SystemIdentifier: systemIdentifier,
    UncompressedSize: uncompressed,
    CompressedSize: compressed,
    DataCatalogSize: description.catalogBytes,
    Spec: null,
    ChkpNum: null,
    Version: 2,
    StartTime: started.time.toISOString(),
    FinishTime: finished.toISOString(),
    DateFmt: dateFormat,
    Hostname: hostname(),
    DataDir: directory,
    IsPermanent: false,
  };
}

/** Large integers are written as they are. */
function text(value: object): string {
  return stringify(value) ?? "";
}

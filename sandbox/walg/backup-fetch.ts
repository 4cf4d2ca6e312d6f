import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { extract } from "tar-stream";
import { listBackups, readFileStates, readSentinel, type FileStates, type Sentinel } from "./backups.ts";
import { decompress } from "./compression.ts";
import { applyIncrement } from "./increment.ts";
import { Fatal, log } from "./log.ts";
import { backupFolder, formatLsn } from "./names.ts";
import type { Storage } from "./storage.ts";

/** Files of a backup that its list of files does not name. */
const unlisted = new Set(["/global/pg_control", "/backup_label", "/tablespace_map"]);
const tries = 15;
/** The longest pause between two tries, in units of the first one. */
const longestPause = 5;

interface Target {
  readonly directory: string;
  readonly retrySeconds: number;
}

/**
 * `backup-fetch DIRECTORY NAME|LATEST`: a backup, and before it those that it builds on. A lost part of a parent may go
 * unnoticed, as with WAL-G.
 */
export async function backupFetch(storage: Storage, target: Target, name: string): Promise<void> {
  const chosen = await choose(storage, name);
  try {
    const content = await readdir(target.directory).catch(() => []);
    if (content.length > 0) throw new Error(`directory must be empty: ${target.directory}`);
    await fetchOne(storage, target, chosen, undefined);
  } catch (error) {
    throw new Fatal(`Failed to fetch backup: ${error instanceof Error ? error.message : String(error)}`);
  }
  log("INFO", "\nBackup extraction complete.");
}

async function choose(storage: Storage, name: string): Promise<string> {
  const latest = name === "LATEST";
  log("INFO", latest ? "Selecting the latest backup..." : `Selecting the backup with name ${name}...`);
  log("INFO", "Backup to fetch will be searched in storages: [default]");
  if (!latest) {
    const known = (await listed(storage)).some((backup) => backup.name === name);
    if (!known) throw new Fatal(`Failed to select backup: backup "${name}" does not exist`);
    return name;
  }
  const newest = (await listed(storage)).at(-1);
  if (newest === undefined) throw new Fatal("Failed to select backup: No backups found");
  log("INFO", `LATEST backup is: '${newest.name}'`);
  return newest.name;
}

async function listed(storage: Storage): ReturnType<typeof listBackups> {
  try {
    return await listBackups(storage);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Fatal(`Failed to select backup: list folder in storage "default": ${message}`);
  }
}

/** @param wanted files that a later backup needs from this one. Default: all. */
async function fetchOne(
  storage: Storage,
  target: Target,
  backup: string,
  wanted: ReadonlySet<string> | undefined,
): Promise<void> {
  const sentinel = await readSentinel(storage, backup);
  const files = await readFileStates(storage, backup);
  if (sentinel.DeltaFrom !== undefined && sentinel.DeltaLSN !== undefined) {
    log("INFO", `Delta from ${sentinel.DeltaFrom} at LSN ${formatLsn(sentinel.DeltaLSN)} `);
    await fetchOne(storage, target, sentinel.DeltaFrom, neededFromParent(files, wanted));
    const [from, to] = [formatLsn(sentinel.DeltaLSN), formatLsn(sentinel.LSN)];
    log("INFO", `${sentinel.DeltaFrom} fetched. Upgrading from LSN ${from} to LSN ${to} `);
  }
  await extractAll(storage, target, backup, { sentinel, files, wanted });
}

function neededFromParent(files: FileStates, wanted: ReadonlySet<string> | undefined): Set<string> {
  const names = wanted === undefined ? Object.keys(files) : [...wanted];
  return new Set(names.filter((name) => files[name]?.IsSkipped === true || files[name]?.IsIncremented === true));
}

interface Content {
  readonly sentinel: Sentinel;
  readonly files: FileStates;
  readonly wanted: ReadonlySet<string> | undefined;
}

async function extractAll(storage: Storage, target: Target, backup: string, content: Content): Promise<void> {
  const folder = `${backupFolder}/${backup}/tar_partitions`;
  const names = (await storage.list(folder)).map(({ name }) => name);
  const control = names.find((name) => name.startsWith("pg_control.tar."));
  const parts = names.filter((name) => name !== control);
  if (parts.length === 0) throw new Error("ExtractAll: did not provide files to extract");
  // pg_control comes last, so that a directory without it is seen to be incomplete.
  for (const name of control === undefined ? parts : [...parts, control]) {
    await extractWithRetries(storage, target, `${folder}/${name}`, content);
    log("INFO", `Finished extraction of ${name}`);
  }
}

async function extractWithRetries(storage: Storage, target: Target, part: string, content: Content): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await extractPart(storage, target, part, content);
      return;
    } catch (error) {
      log("ERROR", `Extraction error in ${part}: ${error instanceof Error ? error.message : String(error)}`);
      if (attempt === tries) throw error;
      await sleep(target.retrySeconds * 1000 * Math.min(2 ** (attempt - 1), longestPause));
    }
  }
}

async function extractPart(
  storage: Storage,
  target: Target,
  part: string,
  { sentinel, files, wanted }: Content,
): Promise<void> {
  const stored = await storage.read(part);
  if (stored === undefined) throw new Error(`object '${part}' not found in storage`);
  const extension = /\.tar(?<extension>\.\w+)$/.exec(part)?.groups?.["extension"] ?? "";
  const entries = Readable.from([await decompress(stored, extension)]).pipe(extract());
  for await (const entry of entries) {
    const { name, type, mode } = entry.header;
    const path = `/${name.replaceAll(/^\/+|\/+$/g, "")}`;
    const file = join(target.directory, path);
    const data = await buffer(entry);
    if (type === "directory") {
      await mkdir(file, { recursive: true, mode: 0o750 });
      await chmod(file, mode);
      continue;
    }
    // A parent's own label and pg_control are replaced by those of the backups that follow.
    if (wanted !== undefined && !wanted.has(path) && !unlisted.has(path)) continue;
    if (sentinel.DeltaFrom !== undefined && files[path]?.IsIncremented === true) {
      await applyIncrement(file, data);
      continue;
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    await writeFile(file, data, { mode });
    await chmod(file, mode);
  }
}

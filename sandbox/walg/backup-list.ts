import { listBackups, type ListedBackup } from "./backups.ts";
import { Fatal, log } from "./log.ts";
import { parseMetadata, readMetadata } from "./metadata.ts";
import { formatLsn } from "./names.ts";
import type { Storage } from "./storage.ts";
import { plainTable } from "./table.ts";

export interface Detailed extends ListedBackup {
  /** metadata.json as it is, so that no number is rounded. */
  readonly raw: string;
}

/**
 * `backup-list`: prints the finished backups. With `--detail` every error, also a refusal, looks like an empty place up to
 * WAL-G 3.0.5.
 */
export async function backupList(
  storage: Storage,
  { detail, json }: { readonly detail: boolean; readonly json: boolean },
): Promise<string> {
  log("INFO", "List backups from storages: [default]");
  const backups = await listed(storage, detail);
  if (backups.length === 0) {
    log("INFO", "No backups found");
    return "";
  }
  if (!detail)
    return json ? `[${backups.map((backup) => `{${shortFields(backup)}}`).join(",")}]\n` : shortTable(backups);
  const detailed = await Promise.all(backups.map((backup) => withMetadata(storage, backup)));
  return json ? `[${detailed.map(detailJson).join(",")}]\n` : detailTable(detailed);
}

async function listed(storage: Storage, detail: boolean): Promise<ListedBackup[]> {
  try {
    return await listBackups(storage);
  } catch (error) {
    if (detail) return [];
    const message = error instanceof Error ? error.message : String(error);
    throw new Fatal(`Get backups from folder: list folder in storage "default": ${message}`);
  }
}

/** @throws Fatal if one backup has no metadata.json, or an empty one. */
export async function withMetadata(storage: Storage, backup: ListedBackup): Promise<Detailed> {
  const raw = await readMetadata(storage, backup.name);
  if (raw === undefined)
    throw new Fatal(`Get metadata of backup: object '${backup.name}/metadata.json' not found in storage`);
  if (raw === "") throw new Fatal("Get metadata of backup: unexpected end of JSON input");
  return { ...backup, raw };
}

function shortFields({ name, modified, walFile }: ListedBackup): string {
  const fields = { backup_name: name, time: seconds(modified), wal_file_name: walFile, storage_name: "default" };
  return JSON.stringify(fields).slice(1, -1);
}

/** The fields of metadata.json follow the short ones. */
export function detailJson(backup: Detailed): string {
  return `{${shortFields(backup)},${backup.raw.slice(1, -1)}}`;
}

const shortHeader = ["backup_name", "modified", "wal_file_name", "storage_name"];

function shortRow({ name, modified, walFile }: ListedBackup): string[] {
  return [name, seconds(modified), walFile, "default"];
}

function shortTable(backups: readonly ListedBackup[]): string {
  return plainTable(shortHeader, backups.map(shortRow));
}

const detailHeader = [
  "start_time",
  "finish_time",
  "hostname",
  "data_dir",
  "pg_version",
  "start_lsn",
  "finish_lsn",
  "is_permanent",
];

function detailTable(backups: readonly Detailed[]): string {
  const rows = backups.map((backup) => {
    const metadata = parseMetadata(backup.raw);
    const times = [metadata.start_time, metadata.finish_time].map((time) => seconds(new Date(time)));
    const lsns = [metadata.start_lsn, metadata.finish_lsn].map(formatLsn);
    const { hostname, data_dir, pg_version, is_permanent } = metadata;
    return [...shortRow(backup), ...times, hostname, data_dir, String(pg_version), ...lsns, String(is_permanent)];
  });
  return plainTable([...shortHeader, ...detailHeader], rows);
}

/** @example seconds(new Date("2026-11-24T18:15:03.516Z")) // "2026-11-24T18:15:03Z" */
function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

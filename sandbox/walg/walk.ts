import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Neither these files nor the content of these folders belong to a backup. */
const excluded = new Set([
  "log",
  "pg_log",
  "pg_xlog",
  "pg_wal",
  "pgsql_tmp",
  "postgresql.auto.conf.tmp",
  "postmaster.pid",
  "postmaster.opts",
  "recovery.conf",
  "pg_dynshmem",
  "pg_notify",
  "pg_replslot",
  "pg_serial",
  "pg_stat_tmp",
  "pg_snapshots",
  "pg_subtrans",
  "standby.signal",
]);

/** A file or folder of the data directory. */
export interface WalkedFile {
  /** Below the data directory, such as /base/1/1259. The data directory itself is /. */
  readonly path: string;
  readonly directory: boolean;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
}

/** What a backup holds, in the order of its names, and the size of everything that was seen on the way. */
export async function walk(root: string): Promise<{ files: WalkedFile[]; bytes: number }> {
  const files: WalkedFile[] = [];
  let bytes = 0;
  const visit = async (path: string, name: string): Promise<void> => {
    const found = await lstat(join(root, path), { bigint: true }).catch(() => undefined);
    // Postgres removes files while it runs.
    if (found === undefined) return;
    if (found.isSymbolicLink()) throw new Error(`not imitated here: the tablespace ${path}`);
    bytes += Number(found.size);
    const directory = found.isDirectory();
    if (excluded.has(name) && !directory) return;
    const [mode, uid, gid] = [Number(found.mode & 0o7777n), Number(found.uid), Number(found.gid)];
    files.push({ path, directory, size: directory ? 0 : Number(found.size), mode, uid, gid, mtimeNs: found.mtimeNs });
    if (!directory || excluded.has(name)) return;
    const names = (await readdir(join(root, path))).toSorted(byBytes);
    for (const child of names) await visit(path === "/" ? `/${child}` : `${path}/${child}`, child);
  };
  await visit("/", "");
  return { files, bytes };
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** @example modifiedTime(1_764_000_000_500_000_000n) // "2025-11-24T16:00:00.5Z" */
export function modifiedTime(nanoseconds: bigint): string {
  const second = 1_000_000_000n;
  const whole = new Date(Number(nanoseconds / second) * 1000).toISOString().slice(0, 19);
  const fraction = String(nanoseconds % second)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}

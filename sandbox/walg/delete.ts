import { listBackups, readSentinel, type ListedBackup } from "./backups.ts";
import { Fatal, log } from "./log.ts";
import { parseMetadata, readMetadata } from "./metadata.ts";
import { backupFolder, parseSegment, segmentAt, segmentName, walFolder } from "./names.ts";
import type { Storage } from "./storage.ts";

/** What a deletion keeps although it is old. */
interface Permanent {
  readonly backups: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
}

/**
 * `delete retain FULL N` keeps the newest N full backups and what follows them; `delete before FIND_FULL NAME` keeps the
 * named backup, its full one, and what follows. Without `--confirm` nothing is deleted. History files always stay.
 */
export async function deleteBackups(storage: Storage, parameters: readonly string[], confirm: boolean): Promise<void> {
  log("INFO", "Backup to delete will be searched in storages: [default]");
  log("INFO", "retrieving permanent objects");
  const backups = await listBackups(storage);
  const permanent = await permanentObjects(storage, backups);
  const oldest = await oldestKept(storage, backups, parameters);
  if (oldest === undefined) {
    log("INFO", "No backup found for deletion");
    return;
  }
  log("INFO", "Start delete");
  const names = await olderObjects(storage, oldest, permanent);
  log("INFO", "Objects in folder:");
  for (const name of names) log("INFO", `\twill be deleted: ${name}, from storage: default`);
  if (confirm) await storage.remove(names);
  else log("INFO", "Dry run, nothing were deleted");
}

async function permanentObjects(storage: Storage, backups: readonly ListedBackup[]): Promise<Permanent> {
  const names = new Set<string>();
  const segments = new Set<string>();
  for (const { name, walFile } of backups) {
    const text = await readMetadata(storage, name);
    if (text === undefined) continue;
    const { is_permanent, start_lsn, finish_lsn } = parseMetadata(text);
    if (!is_permanent) continue;
    names.add(name);
    const timeline = parseSegment(walFile)?.timeline ?? 1;
    for (let at = segmentAt(start_lsn); at <= segmentAt(finish_lsn); at++)
      segments.add(segmentName({ timeline, number: at }));
  }
  if (names.size > 0) {
    const map = (kept: ReadonlySet<string>): string =>
      `map[${[...kept].map((name) => `{${name} default}:true`).join(" ")}]`;
    log("INFO", `Found permanent objects: backups=${map(names)}, wals=${map(segments)}`);
  }
  return { backups: names, segments };
}

async function oldestKept(
  storage: Storage,
  backups: readonly ListedBackup[],
  [command, modifier, value = ""]: readonly string[],
): Promise<ListedBackup | undefined> {
  if (command === "retain" && modifier === "FULL") return fullBackups(backups).at(-Number(value));
  if (command === "before" && modifier === "FIND_FULL") {
    const named = backups.find(({ name }) => name === value);
    if (named === undefined) throw new Fatal(`Backup '${value}' does not exist.`);
    const full = (await readSentinel(storage, named.name)).DeltaFullName ?? named.name;
    return backups.find(({ name }) => name === full);
  }
  throw new Fatal(`not imitated here: delete ${command ?? ""} ${modifier ?? ""}`);
}

function fullBackups(backups: readonly ListedBackup[]): ListedBackup[] {
  return backups.filter(({ name }) => !name.includes("_D_"));
}

/** Objects are compared by the number of their first segment alone, whatever their timeline. */
async function olderObjects(storage: Storage, oldest: ListedBackup, permanent: Permanent): Promise<string[]> {
  const limit = parseSegment(oldest.walFile)?.number ?? 0;
  const names: string[] = [];
  for (const folder of [backupFolder, walFolder])
    for (const { name } of await storage.list(folder)) {
      const text = /[0-9A-F]{24}/.exec(name)?.[0] ?? "";
      const segment = parseSegment(text);
      if (segment === undefined || segment.number >= limit) continue;
      const backup = /^base_[0-9A-F]{24}(_D_[0-9A-F]{24})?/.exec(name)?.[0] ?? "";
      const kept = folder === backupFolder ? permanent.backups.has(backup) : permanent.segments.has(text);
      if (!kept) names.push(`${folder}/${name}`);
    }
  return names;
}

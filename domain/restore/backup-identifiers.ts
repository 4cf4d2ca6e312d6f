import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import type { Gathered } from "../gathered.ts";
import type { BackupDescription } from "../walg/backup.ts";
import type { PlaceContents } from "../walg/contents.ts";
import type { StoredBackup } from "../walg/storage.ts";

type Descriptions = ReadonlyMap<string, Gathered<BackupDescription>>;

/** The backups at a place, as far as they were read. */
interface DescribedPlace {
  /** By the backup's name. */
  readonly descriptions: Descriptions;
  readonly contents?: PlaceContents | undefined;
}

/** The system identifiers of the backups at a place, as far as their sentinels say. */
export function identifiersIn({ descriptions }: DescribedPlace): string[] {
  return [...describedBackups(descriptions).values()].flatMap(({ systemIdentifier }) => systemIdentifier ?? []);
}

/** What is known of the backups whose sentinels could be read, by their names. */
export function describedBackups(descriptions: Descriptions): Map<string, BackupDescription> {
  const result = new Map<string, BackupDescription>();
  for (const [name, gathered] of descriptions) if ("found" in gathered) result.set(name, gathered.found);
  return result;
}

/**
 * Whether all backups at a place are of one database.
 *
 * @param needed the backups that are restored. The sentinels of the others may stay unread.
 */
export function judgeIdentifiers(place: DescribedPlace, needed: readonly StoredBackup[], where: string): Finding[] {
  const at = findingsAt(where);
  const identifiers = new Set(identifiersIn(place));
  const control = [...(place.contents?.backups.values() ?? [])].find((contents) => contents.control !== undefined);
  if (identifiers.size > 1) {
    return [
      at.refuse(
        "backup-identifiers-mixed",
        `holds backups of ${identifiers.size} databases (system identifiers ${[...identifiers].join(", ")})`,
        "move the backups of the other database away",
      ),
    ];
  }
  const findings = unreadIdentifiers(place, needed, at);
  // pg_control names the database as well.
  if (identifiers.size === 1 || control !== undefined) return findings;
  return [
    ...findings,
    at.warn(
      "backup-identifier-missing",
      "no backup names its database (system identifier)",
      "check again with --read (restore.read in a stack), which reads pg_control and the WAL, or compare the restored data with what is expected",
    ),
  ];
}

/** The restore does not need these sentinels, so they are no reason to refuse it. */
function unreadIdentifiers(
  { descriptions }: DescribedPlace,
  needed: readonly StoredBackup[],
  at: FindingsAt,
): Finding[] {
  const neededNames = new Set(needed.map(({ name }) => name));
  const unread = [...descriptions].flatMap(([name, gathered]) =>
    "failed" in gathered && !neededNames.has(name) ? [gathered.failed] : [],
  );
  const [first] = unread;
  if (first === undefined) return [];
  const count =
    unread.length === 1 ? "the sentinel of another backup" : `the sentinels of ${unread.length} other backups`;
  const what = `may hold backups of another database, too: ${count} cannot be read: ${first}`;
  const fix = "correct the access, then check again; --read (restore.read in a stack) shows whose the needed WAL is";
  return [at.warn("backup-identifier-unread", what, fix)];
}

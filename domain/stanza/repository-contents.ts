import type { StanzaInfo } from "./info-report.ts";
import type { RepositoryBackups } from "./status.ts";

type Backup = StanzaInfo["backup"][number];

/** The first and the last WAL segment of one database in one repository. */
interface WalRange {
  readonly min?: string | null | undefined;
  readonly max?: string | null | undefined;
}

/** Whether a backup can be restored, as far as the names in `pgbackrest info` tell. */
type Usability = { readonly usable: "yes" } | { readonly usable: "no" | "unknown"; readonly why: string };

/** How many backups are named in a report. The others are only counted. */
const namedAtMost = 5;

/**
 * What one repository holds for the database that owns the stanza now.
 *
 * The report has the names of the first and the last WAL segment, and nothing of those between them. So a backup whose own
 * WAL lies outside of that range cannot be restored for certain; one whose WAL lies within it may still lack a segment.
 */
export function repositoryBackups(info: StanzaInfo, key: number): RepositoryBackups {
  const all = info.backup.filter((backup) => keyOf(backup) === key);
  const newest = (type: string): string | undefined => newestStop(all.filter((backup) => backup.type === type));
  const [full, differential, incremental] = [newest("full"), newest("diff"), newest("incr")];
  const databaseId = newestDatabaseId(info, key);
  const wal = info.archive?.find(({ database }) => database["repo-key"] === key && database.id === databaseId);
  const own = all.filter(({ database }) => database?.id === undefined || database.id === databaseId);
  const bytes = repositoryBytes(all);
  return {
    name: `repo${key}`,
    count: all.length,
    newest: {
      ...(full !== undefined && { full }),
      ...(differential !== undefined && { differential }),
      ...(incremental !== undefined && { incremental }),
    },
    ...(wal?.min !== undefined && wal.max !== undefined && { wal: { min: wal.min, max: wal.max } }),
    ...restorability(own, wal, `repo${key}`),
    ...(all.length > own.length && { ofEarlierDatabases: all.length - own.length }),
    ...(bytes !== undefined && { bytes }),
  };
}

/** When the newest of these backups ended, as ISO 8601 in UTC; undefined when there is none. */
export function newestStop(backups: StanzaInfo["backup"]): string | undefined {
  return backups.length === 0 ? undefined : stopText(backups, Math.max);
}

function restorability(
  own: readonly Backup[],
  wal: WalRange | undefined,
  repository: string,
): Pick<RepositoryBackups, "damaged" | "unusable" | "usable"> {
  const labels = new Set(own.map(({ label }) => label));
  const judged = own.map((backup) => ({ backup, ...usabilityOf(backup, labels, wal, repository) }));
  const usable = judged.filter((each) => each.usable === "yes").map(({ backup }) => backup);
  const unusable = judged.filter((each) => each.usable === "no");
  const damaged = own.filter(({ error }) => error === true);
  const unknown = judged.filter((each) => each.usable === "unknown").length;
  return {
    usable: {
      count: usable.length,
      ...(unknown > 0 && { unknown }),
      ...(usable.length > 0 && { oldest: stopText(usable, Math.min), newest: stopText(usable, Math.max) }),
    },
    ...(unusable.length > 0 && {
      unusable: { count: unusable.length, first: unusable.slice(0, namedAtMost).map(whyUnusable) },
    }),
    ...(damaged.length > 0 && {
      damaged: { count: damaged.length, first: damaged.slice(0, namedAtMost).map(labelOf) },
    }),
  };
}

/**
 * Whether a backup can be restored, as far as names tell.
 *
 * @param labels of all backups of the same database in the same repository.
 * @param wal the range of that database's WAL in that repository; undefined when the report has none.
 */
function usabilityOf(
  backup: Backup,
  labels: ReadonlySet<string | undefined>,
  wal: WalRange | undefined,
  repository: string,
): Usability {
  const missing = backup.reference?.find((label) => !labels.has(label));
  if (missing !== undefined)
    return { usable: "no", why: `it needs files of ${missing}, which ${repository} does not list` };
  const { start, stop } = backup.archive ?? {};
  if (typeof start !== "string" || typeof stop !== "string")
    return { usable: "unknown", why: "the report does not name its WAL" };
  if (wal?.min === undefined || wal.max === undefined)
    return { usable: "unknown", why: `the report does not say which WAL ${repository} holds` };
  const needs = start === stop ? `its WAL ${start}` : `its WAL ${start} to ${stop}`;
  if (wal.min === null || wal.max === null)
    return { usable: "no", why: `${needs} is missing: ${repository} holds no WAL of this database` };
  // Names of segments sort by timeline and position. pgBackRest compares them as texts, too.
  if (start < wal.min || stop > wal.max)
    return { usable: "no", why: `${needs} is missing: ${repository} holds ${wal.min} to ${wal.max}` };
  return { usable: "yes" };
}

function whyUnusable({ backup, ...judged }: { readonly backup: Backup } & Usability): string {
  return `${labelOf(backup)}: ${judged.usable === "yes" ? "" : judged.why}`;
}

function labelOf({ label, timestamp }: Backup): string {
  return label ?? `the backup of ${isoText(timestamp.stop)}`;
}

function keyOf({ database }: Backup): number {
  return database?.["repo-key"] ?? 1;
}

function newestDatabaseId(info: StanzaInfo, key: number): number | undefined {
  const ids = info.db.filter((database) => database["repo-key"] === key).map(({ id }) => id);
  return ids.length === 0 ? undefined : ids.reduce((newest, id) => Math.max(newest, id), 0);
}

/** Bytes that backups take in a repository, without the WAL; undefined when the report does not say so for all of them. */
function repositoryBytes(backups: readonly Backup[]): number | undefined {
  const added = backups.map(({ info }) => info?.repository?.delta);
  return added.reduce<number | undefined>(
    (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
    0,
  );
}

function stopText(backups: readonly Backup[], choose: (a: number, b: number) => number): string {
  return isoText(backups.map(({ timestamp }) => timestamp.stop).reduce((a, b) => choose(a, b)));
}

function isoText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

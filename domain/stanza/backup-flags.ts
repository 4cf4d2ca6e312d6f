import { isArchiverFailing, type DatabaseAnswer } from "./database-answer.ts";
import { lastDue } from "./backup-schedule.ts";
import { flagCodes, type FlagCode } from "./flag-codes.ts";
import type { Flag } from "./flags.ts";
import { manualBackupCommand } from "./manual-backup.ts";
import {
  reconciledRepositoryNames,
  repositoryNames,
  type BackupSchedules,
  type PostgresCluster,
} from "./postgres-cluster.ts";
import type { OkayStatus, RepositoryBackups } from "./status.ts";
import { walArrival } from "./wal-arrival.ts";

/** Hours that a scheduled backup may take, including its retries, before its absence is reported. */
const graceHours = 12;
/** Seconds that a WAL segment may wait for the archiver. PGO completes a segment every minute, and archiving takes seconds. */
const waitAllowedSeconds = 30 * 60;

/** A cluster whose stanza exists, and what its instance said. */
export interface ExistingStanza {
  readonly context: string;
  readonly cluster: PostgresCluster;
  readonly status: OkayStatus;
  readonly database: DatabaseAnswer;
  readonly now: Date;
}

/** What is wrong with the backups of a cluster whose stanza exists, in order of importance. */
export function backupFlags(stanza: ExistingStanza): Flag[] {
  return [
    ...contentFlags(stanza),
    ...restorabilityFlags(stanza),
    ...repositoryFlags(stanza),
    ...archiverFlags(stanza.database),
    ...arrivalFlags(stanza),
    ...ageFlags(stanza),
    ...ownerFlags(stanza.status),
    ...scheduleFlags(stanza),
  ].toSorted((a, b) => flagCodes.indexOf(a.code) - flagCodes.indexOf(b.code));
}

function flag(code: FlagCode, detail: string, command?: string): Flag {
  return { code, detail, ...(command !== undefined && { command }) };
}

function contentFlags({ context, cluster, status }: ExistingStanza): Flag[] {
  const empty = (status.backups.repositories ?? []).filter(({ count }) => count === 0).map(({ name }) => name);
  const [first] = empty;
  if (first === undefined) return [];
  const detail = `stanza created, no backup in ${empty.join(", ")} yet`;
  return [flag("no-backup", detail, manualBackupCommand(context, cluster, first))];
}

function restorabilityFlags({ context, cluster, status }: ExistingStanza): Flag[] {
  const repositories = status.backups.repositories ?? [];
  const listed = ({ count, first }: { readonly count: number; readonly first: readonly string[] }): string =>
    count > first.length ? `${first.join("; ")}; and ${count - first.length} more` : first.join("; ");
  const broken = repositories.filter(({ unusable }) => unusable !== undefined);
  const unusable = broken.map(({ name, unusable: found }) => `${name}: ${found === undefined ? "" : listed(found)}`);
  const damaged = repositories.flatMap(({ name, damaged: found }) =>
    found === undefined ? [] : [`${name}: pages with a wrong checksum in ${listed(found)}`],
  );
  const [first] = broken;
  return [
    ...(first === undefined
      ? []
      : [flag("backup-unusable", unusable.join("; "), manualBackupCommand(context, cluster, first.name))]),
    ...(damaged.length === 0 ? [] : [flag("backup-damaged", damaged.join("; "))]),
  ];
}

/** Compares what Postgres has archived with what the repositories hold. A repository of unknown content gets no flag. */
function arrivalFlags({ status, database }: ExistingStanza): Flag[] {
  const missing = (status.backups.repositories ?? []).flatMap(({ name, wal }) => {
    if (walArrival(wal, database) !== "missing" || "unknown" in database) return [];
    const holds = wal?.max === undefined || wal.max === null ? "no WAL" : `nothing newer than ${wal.max}`;
    return [`${name} holds ${holds}`];
  });
  if (missing.length === 0 || "unknown" in database) return [];
  const archived = `${database.lastArchivedWal ?? ""} at ${database.lastArchived ?? "an unknown time"}`;
  return [flag("wal-missing", `Postgres reports that it archived ${archived}, but ${missing.join("; ")}`)];
}

/** pgBackRest reports every repository of the instance's configuration, which PGO writes when it reconciles. */
function repositoryFlags({ cluster, status }: ExistingStanza): Flag[] {
  const reported = status.backups.repositories?.map(({ name }) => name) ?? [];
  const reconciled = reconciledRepositoryNames(cluster);
  const details = repositoryNames(cluster).flatMap((name) => {
    if (!reported.includes(name)) return [`${name} is declared, but pgBackRest on the instance does not know it`];
    if (reconciled?.includes(name) === false) return [`${name} is declared, but PGO's status does not name it`];
    return [];
  });
  if (details.length === 0) return [];
  const paused = cluster.spec.paused === true ? " (spec.paused is true: PGO applies no change)" : "";
  return [flag("repository-missing", `${details.join("; ")}${paused}`)];
}

function archiverFlags(database: DatabaseAnswer): Flag[] {
  if ("unknown" in database)
    return [flag("archiver-unknown", `Postgres did not report its archiver: ${database.unknown}`)];
  if (database.archiveMode === "off") return [flag("archiving-off", "archive_mode is off: no WAL is archived")];
  if (!database.archivesWithPgbackrest) {
    return [flag("archiving-off", "archive_command does not run pgBackRest: no WAL reaches the repository")];
  }
  if (database.inRecovery) {
    return [flag("archiver-unknown", "no primary was found to ask: a replica does not archive")];
  }
  const { failedCount, lastFailed, lastArchived, oldestWaitingSeconds } = database;
  if (isArchiverFailing(database)) {
    const since = lastArchived === null ? "never archived anything" : `last archived ${lastArchived}`;
    return [flag("archiver-failing", `${failedCount} failures, the last ${lastFailed ?? ""}; ${since}`)];
  }
  if (oldestWaitingSeconds !== null && oldestWaitingSeconds > waitAllowedSeconds) {
    const since = lastArchived === null ? "nothing was ever archived" : `last archived ${lastArchived}`;
    const minutes = Math.floor(oldestWaitingSeconds / 60);
    return [flag("archiver-stalled", `WAL has waited for the archiver for ${minutes} min; ${since}`)];
  }
  return [];
}

function ageFlags({ context, cluster, status, now }: ExistingStanza): Flag[] {
  const deadline = new Date(now.getTime() - graceHours * 3_600_000);
  const late = scheduled(cluster, status).flatMap(({ backups, schedules }) =>
    kinds.flatMap(({ kind, covers }) => {
      const schedule = schedules[kind];
      const due = schedule === undefined ? undefined : lastDue(schedule, deadline);
      const newest = covers.map((type) => backups.newest[type] ?? "").reduce((a, b) => (a > b ? a : b));
      if (schedule === undefined || due === undefined || newest === "" || Date.parse(newest) >= due.getTime())
        return [];
      const text = `newest ${newest}, but the ${kind} backup of ${backups.name} was due ${due.toISOString()} (${schedule})`;
      return [{ repository: backups.name, text }];
    }),
  );
  const [first] = late;
  if (first === undefined) return [];
  const detail = late.map(({ text }) => text).join("; ");
  return [flag("backup-old", detail, manualBackupCommand(context, cluster, first.repository))];
}

/** Each kind of schedule, and the types of backups that fulfil it: a full backup serves as any other. */
const kinds = [
  { kind: "full", covers: ["full"] },
  { kind: "differential", covers: ["full", "differential"] },
  { kind: "incremental", covers: ["full", "differential", "incremental"] },
] as const;

function scheduled(
  cluster: PostgresCluster,
  status: OkayStatus,
): { readonly backups: RepositoryBackups; readonly schedules: BackupSchedules }[] {
  const repositories = cluster.spec.backups?.pgbackrest?.repos ?? [];
  return (status.backups.repositories ?? []).flatMap((backups) => {
    const schedules = repositories.find(({ name }) => name === backups.name)?.schedules;
    return schedules === undefined ? [] : [{ backups, schedules }];
  });
}

function ownerFlags({ systemIdentifier = "", earlierIdentifiers = [] }: OkayStatus): Flag[] {
  if (earlierIdentifiers.length === 0) return [];
  const earlier = earlierIdentifiers.join(", ");
  return [
    flag(
      "several-identifiers",
      `the stanza belonged to system identifier ${earlier} before ${systemIdentifier}, with the same PostgreSQL version: stanza-upgrade may have bound another database's repository`,
    ),
  ];
}

function scheduleFlags({ cluster, now }: ExistingStanza): Flag[] {
  const schedules = (cluster.spec.backups?.pgbackrest?.repos ?? []).flatMap(({ schedules: own = {} }) =>
    [own.full, own.differential, own.incremental].filter((schedule) => schedule !== undefined),
  );
  if (schedules.length === 0)
    return [flag("no-schedule", "no repository has a backup schedule: PGO takes none by itself")];
  const unreadable = schedules.filter((schedule) => lastDue(schedule, now) === undefined);
  if (unreadable.length === 0) return [];
  return [flag("schedule-unreadable", `no cron schedule, or never due: ${unreadable.join(", ")}`)];
}

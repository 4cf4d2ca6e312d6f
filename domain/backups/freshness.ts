import { findingsAt, type Finding } from "../finding.ts";
import { judgeBackups } from "../harbor/backup-status.ts";
import { lastRun, parseSchedule, scheduleProblem } from "../spilo/schedule.ts";
import { momentText } from "../text.ts";
import type { WalgListing } from "../walg/storage.ts";
import type { RecoveryWindow } from "./windows.ts";

const hour = 3_600_000;
const day = 24 * hour;
/** Hours that a backup may take after its scheduled moment. */
const backupHours = 6;
/** Scheduled backups that must be missing before backups count as stopped: one may fail for a passing reason. */
const missedRuns = 3;
/** Spilo's default (configure_spilo.py). */
const defaultSchedule = "0 1 * * *";
/** Spilo keeps at least two days and two backups (postgres_backup.sh). */
const leastRetained = 2;
/** Backups beyond the retention that may be there: those since the last backup run, and one that failed. */
const oldBackupsAllowed = 2;

/** How the running database makes and keeps its backups. */
export interface BackupPlan {
  /** BACKUP_SCHEDULE; Spilo's default when undefined. */
  readonly schedule: string | undefined;
  /** BACKUP_NUM_TO_RETAIN, in days; undefined when it is not known. */
  readonly retainDays: number | undefined;
  /** When the database was created, in milliseconds since 1970; undefined when it is not known. */
  readonly created: number | undefined;
}

/** The age of the newest backup by the schedule, and backups that were interrupted. */
export function judgeFreshness(where: string, listing: WalgListing, plan: BackupPlan, now: number): Finding[] {
  const stopped = judgeStopped(where, listing, plan, now);
  const others = judgeBackups(where, listing, now, plan.schedule);
  if (stopped !== undefined) return [stopped, ...others.filter(({ code }) => code !== "backups-outdated")];
  const hasWal = listing.backups.length === 0 && listing.wal.size > 0;
  if (!hasWal) return others;
  return [
    findingsAt(where).refuse(
      "backups-wal-alone",
      "holds WAL and no finished base backup",
      "see the backup log in the leader's Pod, and whether base backups go to another prefix",
    ),
    ...others,
  ];
}

function judgeStopped(
  where: string,
  { backups }: WalgListing,
  { schedule = defaultSchedule }: BackupPlan,
  now: number,
): Finding | undefined {
  const newest = backups.at(-1);
  if (newest === undefined) return undefined;
  const readable = parseSchedule(scheduleProblem(schedule) === undefined ? schedule : defaultSchedule);
  let run: number | undefined = now - backupHours * hour;
  for (let missed = 0; missed < missedRuns; missed += 1) {
    run = lastRun(readable, run);
    if (run === undefined || run <= newest.modified) return undefined;
  }
  const age = Math.floor((now - newest.modified) / day);
  return findingsAt(where).refuse(
    "backups-stopped",
    `the newest backup, ${newest.name}, is ${age} days old, and ${missedRuns} or more were due since (${schedule})`,
    "see BACKUP_SCHEDULE, and the backup log in the leader's Pod",
  );
}

/** Whether the retention deletes what it should, and nothing else. */
export function judgeRetention(
  where: string,
  { backups }: WalgListing,
  windows: readonly RecoveryWindow[],
  { retainDays, created }: BackupPlan,
  now: number,
): Finding[] {
  if (retainDays === undefined) return [];
  const at = findingsAt(where);
  const retained = Math.max(retainDays, leastRetained);
  const old = backups.filter(({ modified }) => now - modified >= (retained + 1) * day);
  const findings: Finding[] = [];
  if (old.length > oldBackupsAllowed && backups.length - old.length >= retained) {
    findings.push(
      at.warn(
        "backup-retention-idle",
        `${old.length} backups are older than BACKUP_NUM_TO_RETAIN, ${retained} days`,
        "see the backup log in the leader's Pod, and whether the Pods may delete objects",
      ),
    );
  }
  const earliest = windows[0]?.from;
  const isOldDatabase = created !== undefined && created < now - (retained + 1) * day;
  if (earliest !== undefined && isOldDatabase && earliest > now - (retained - 1) * day) {
    findings.push(
      at.warn(
        "recovery-window-short",
        `the earliest moment that can be restored is ${momentText(earliest)}, and BACKUP_NUM_TO_RETAIN says ${retained} days`,
        "find out who deletes: a lifecycle rule, another database with the same place, or a person",
      ),
    );
  }
  return findings;
}

import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";
import type { ObjectName } from "../kubernetes/object-name.ts";
import { backupsFromEnvironment } from "../spilo/backups-from-environment.ts";
import { lastRun, parseSchedule, scheduleProblem } from "../spilo/schedule.ts";
import type { WalgListing } from "../walg/storage.ts";
import { postgresqlName } from "./names.ts";

/** Hours that a backup may take after its scheduled moment. */
const backupHours = 6;
/** Spilo's default (configure_spilo.py). */
const defaultSchedule = "0 1 * * *";
/** Age in hours from which an unfinished backup counts as interrupted. */
const oldHours = 30;
const hour = 3_600_000;

/**
 * The age of the newest backup by the schedule, and backups that were interrupted.
 *
 * @param schedule BACKUP_SCHEDULE of the Pods. Spilo's default counts when it is absent or cannot be read.
 */
export function judgeBackups(
  where: string,
  { backups, incomplete }: WalgListing,
  now: number,
  schedule: string = defaultSchedule,
): Finding[] {
  const at = findingsAt(where);
  const readable = scheduleProblem(schedule) === undefined ? schedule : defaultSchedule;
  const findings = [newestBackupFinding(backups, now, at, readable)];
  const brokenOff = incomplete.filter(({ modified }) => now - modified > oldHours * hour).length;
  if (brokenOff > 0) {
    findings.push(
      at.warn(
        "backups-broken-off",
        `${brokenOff} backups were interrupted`,
        "see the Pods' backup log; WAL-G's retention removes them with the next ones",
      ),
    );
  }
  return findings;
}

function newestBackupFinding(backups: WalgListing["backups"], now: number, at: FindingsAt, schedule: string): Finding {
  const newest = backups.at(-1);
  if (newest === undefined) {
    return at.refuse(
      "backups-none-finished",
      "there is no finished backup",
      "see the backup log in the leader's Pod; pg_hba must let the user postgres in at the socket",
    );
  }
  const due = lastRun(parseSchedule(schedule), now - backupHours * hour);
  const age = Math.floor((now - newest.modified) / hour);
  const what = `${backups.length} backups, the newest ${newest.name} of ${new Date(newest.modified).toISOString()}, ${age} h old`;
  if (due === undefined || newest.modified >= due) return at.ok("backups-recent", what);
  const late = `${what}; one was due at ${new Date(due).toISOString()} (${schedule})`;
  return at.warn("backups-outdated", late, "see BACKUP_SCHEDULE, and the backup log in the leader's Pod");
}

/** Where the database writes its backups, according to the environment of its Pods, with the region and endpoint. */
export function backupStore(
  harbor: ObjectName,
  variables: ReadonlyMap<string, ContainerVariable>,
): { bucket: string; prefix: string; region: string; endpoint: string | undefined } | undefined {
  const url = backupsFromEnvironment(harbor.namespace, postgresqlName(harbor), variables);
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url ?? "") ?? [];
  const region = variables.get("AWS_REGION")?.value;
  return bucket === undefined || prefix === undefined || region === undefined
    ? undefined
    : { bucket, prefix, region, endpoint: variables.get("AWS_ENDPOINT")?.value };
}

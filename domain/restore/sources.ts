import { s3Url, type S3Location } from "../aws/s3-location.ts";
import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import type { Gathered } from "../gathered.ts";
import { deltaChain, type BackupDescription } from "../walg/backup.ts";
import { judgeCompleteness } from "../walg/completeness.ts";
import type { PlaceContents } from "../walg/contents.ts";
import { judgeParts } from "../walg/judge-parts.ts";
import { walgFolders, type StoredBackup, type WalgListing } from "../walg/storage.ts";
import type { TimelineHistory } from "../walg/timeline.ts";
import { judgeWal } from "../walg/wal-continuity.ts";
import type { Recovery } from "../walg/wal-obstacle.ts";
import { describedBackups, judgeIdentifiers } from "./backup-identifiers.ts";
import type { Restore } from "./restore.ts";

/** A place of backups and its content. */
export interface GatheredPlace {
  readonly location: S3Location;
  readonly listing: Gathered<WalgListing>;
  /** By the backup's name; at least of the one that {@link backupToRestore} names. */
  readonly descriptions: ReadonlyMap<string, Gathered<BackupDescription>>;
  /** What the objects hold; undefined when they were not read. */
  readonly contents?: PlaceContents | undefined;
  /** The history file of the newest timeline that PostgreSQL finds from the backup to restore on, if there is one. */
  readonly history?: Gathered<TimelineHistory> | undefined;
}

const hour = 3_600_000;

/**
 * The place from which Spilo will restore: the first in its order with a finished backup, before the target time if there
 * is one (clone_with_wale.py, find_backup). Undefined when none has one, or when a place before it could not be listed,
 * so that it is not known which is the first.
 */
export function placeToRestore(sources: readonly GatheredPlace[], target?: number): GatheredPlace | undefined {
  const first = sources.find(
    ({ listing }) => "failed" in listing || backupToRestore(listing.found, target) !== undefined,
  );
  return first !== undefined && "found" in first.listing ? first : undefined;
}

/**
 * The backup that will be taken. Without a target time WAL-G takes the newest by the LastModified of its sentinel, and of
 * several the last (wal-g internal/backup_util.go). With one, Spilo takes the newest before it, by whole seconds as
 * WAL-G prints them, and of several the first (clone_with_wale.py, choose_backup).
 */
export function backupToRestore({ backups }: WalgListing, target: number | undefined): StoredBackup | undefined {
  if (target === undefined) return backups.at(-1);
  let chosen: StoredBackup | undefined;
  for (const backup of backups) {
    const isBefore = wholeSeconds(backup.modified) < target;
    if (isBefore && (chosen === undefined || wholeSeconds(backup.modified) > wholeSeconds(chosen.modified)))
      chosen = backup;
  }
  return chosen;
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

/** Whether there is a complete backup to restore, with its WAL. */
export function judgeSources(
  sources: readonly GatheredPlace[],
  restore: Restore,
  target: number | undefined,
): Finding[] {
  const failures = sources.flatMap(({ location, listing }) =>
    "failed" in listing
      ? [
          findingsAt(s3Url(location)).unknown(
            "backups-unlisted",
            `cannot be listed: ${listing.failed}`,
            "correct credentials, region or endpoint, then check again",
          ),
        ]
      : [],
  );
  if (failures.length > 0) return failures;
  const place = placeToRestore(sources, target);
  if (place === undefined || "failed" in place.listing) return [noBackup(sources)];
  const findings: Finding[] = [];
  for (const { location, listing } of sources.slice(sources.indexOf(place) + 1)) {
    if ("failed" in listing || listing.found.backups.length === 0) continue;
    findings.push(
      findingsAt(s3Url(location)).warn(
        "backup-place-ignored",
        `will not be used: Spilo takes ${s3Url(place.location)} first`,
        "declare the version to restore from with versionInPath",
      ),
    );
  }
  return [...findings, ...judgePlace(place, place.listing.found, restore, target)];
}

function noBackup(sources: readonly GatheredPlace[]): Finding {
  const listings = sources.flatMap(({ listing }) => ("found" in listing ? [listing.found] : []));
  const at = findingsAt(sources.map(({ location }) => s3Url(location)).join(", "));
  if (listings.some(({ backups }) => backups.length > 0)) {
    return at.refuse(
      "backup-before-target-missing",
      "no backup was finished before the target time",
      "take a later restore.targetTime; when the bucket was copied, its LastModified times are those of the copy, and only a restore without a target time finds the backups",
    );
  }
  const broken = listings.flatMap(({ incomplete }) => incomplete).length;
  const fix =
    "correct restore.scope, uid, prefix, postgresVersion or versionInPath; --suggest lists what is in the bucket";
  return broken > 0
    ? at.refuse("backup-unfinished", `holds no finished backup, only ${broken} interrupted or still running`, fix)
    : at.refuse("backup-missing", "holds no backup", fix);
}

function judgePlace(
  place: GatheredPlace,
  listing: WalgListing,
  restore: Restore,
  target: number | undefined,
): Finding[] {
  const backup = backupToRestore(listing, target);
  if (backup === undefined) return [];
  const where = s3Url(place.location);
  const at = findingsAt(folderOf(place, backup));
  const descriptions = describedBackups(place.descriptions);
  const stored = judgeStored(place, listing, backup);
  const findings = [
    at.ok("backup-chosen", `is the backup that will be restored, of ${new Date(backup.modified).toISOString()}`),
    ...stored.findings,
  ];
  const description = descriptions.get(backup.name);
  if (description !== undefined) findings.push(...judgeDescription(description, backup, at, restore, target));
  findings.push(...judgeIdentifiers(place, [backup, ...stored.parents], where));
  return [...findings, ...judgeWal(listing, recoveryOf(place, backup, target), where)];
}

/**
 * The objects of a backup, and of those on which it builds: whether WAL-G and PostgreSQL get all that they need.
 *
 * @returns also the backups on which it builds, as far as they exist.
 */
export function judgeStored(
  place: GatheredPlace,
  listing: WalgListing,
  backup: StoredBackup,
): { readonly findings: Finding[]; readonly parents: readonly StoredBackup[] } {
  const descriptions = describedBackups(place.descriptions);
  const { missing, parents } = deltaChain(backup, listing.backups, ({ name }) => descriptions.get(name)?.deltaFrom);
  const findings: Finding[] = [];
  if (missing !== undefined) {
    findings.push(
      findingsAt(folderOf(place, backup)).refuse(
        "backup-parent-missing",
        `is based on ${missing}, which is missing`,
        "take a target time before this backup",
      ),
    );
  }
  for (const needed of [backup, ...parents]) {
    const where = folderOf(place, needed);
    const gathered = place.descriptions.get(needed.name);
    if (gathered === undefined || "failed" in gathered) {
      findings.push(
        findingsAt(where).unknown(
          "backup-sentinel-unreadable",
          `its sentinel cannot be read: ${gathered?.failed ?? "it was not requested"}`,
          "correct the access to the bucket, then check again",
        ),
      );
      continue;
    }
    const role = needed === backup ? "chosen" : "parent";
    const whole = { backup: needed, description: gathered.found, where, role } as const;
    const contents = place.contents?.backups.get(needed.name);
    findings.push(
      ...judgeCompleteness(whole, contents),
      ...(contents === undefined ? [] : judgeParts(whole, contents)),
    );
  }
  return { findings, parents };
}

function folderOf({ location }: GatheredPlace, { name }: StoredBackup): string {
  return `${s3Url(location)}/${walgFolders.backups}/${name}`;
}

/** The recovery from a backup of a place, as far as the place is known. */
export function recoveryOf(place: GatheredPlace, backup: StoredBackup, target: number | undefined): Recovery {
  const { contents, descriptions, history } = place;
  return {
    backup,
    target,
    descriptions: describedBackups(descriptions),
    history: historyOf(history),
    contents: contents?.wal,
  };
}

function historyOf(gathered: GatheredPlace["history"]): TimelineHistory | { failed: string } | undefined {
  return gathered !== undefined && "found" in gathered ? gathered.found : gathered;
}

function judgeDescription(
  { postgresMajor, finished }: BackupDescription,
  backup: StoredBackup,
  at: FindingsAt,
  restore: Restore,
  target: number | undefined,
): Finding[] {
  const findings: Finding[] = [];
  if (postgresMajor === undefined) {
    findings.push(
      at.warn(
        "backup-version-unknown",
        "does not name its PostgreSQL version",
        "make sure that it is the declared one",
      ),
    );
  } else if (postgresMajor !== restore.postgresVersion) {
    findings.push(
      at.refuse(
        "backup-version-wrong",
        `is of PostgreSQL ${postgresMajor}, not ${restore.postgresVersion}`,
        `set restore.postgresVersion to ${postgresMajor}`,
      ),
    );
  }
  if (finished === undefined) {
    findings.push(
      at.warn(
        "backup-metadata-missing",
        "has no metadata.json, so only LastModified tells its time",
        "make sure that the bucket was not copied",
      ),
    );
    return findings;
  }
  if (target !== undefined && finished > target) {
    findings.push(
      at.refuse(
        "backup-finished-after-target",
        "finished after the target time, although its LastModified is earlier",
        "take a later restore.targetTime",
      ),
    );
  }
  if (Math.abs(finished - backup.modified) > hour) {
    findings.push(
      at.warn(
        "backup-time-shifted",
        "finished more than an hour before or after its LastModified, by which WAL-G chooses: the bucket was copied",
        "make sure that the newest backup is the one you want",
      ),
    );
  }
  return findings;
}

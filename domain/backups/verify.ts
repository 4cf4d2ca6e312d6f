import { s3Url } from "../aws/s3-location.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { judgeArchiver, judgeNewestWal } from "../harbor/archiving.ts";
import { judgeIdentifiers } from "../restore/backup-identifiers.ts";
import type { DatabaseAnswer } from "../stanza/database-answer.ts";
import { momentText } from "../text.ts";
import { walgFolders } from "../walg/storage.ts";
import { judgeWal } from "../walg/wal-continuity.ts";
import { isCopied } from "../walg/wal-way.ts";
import { judgeFreshness, judgeRetention, type BackupPlan } from "./freshness.ts";
import type { GatheredPrefix, RecoverableBackup } from "./recoverability.ts";
import { judgeWalgList, type WalgList } from "./walg-list.ts";
import { judgeWindows, type RecoveryWindow } from "./windows.ts";

/** What the running database says of its backups. */
export interface AskedPods extends BackupPlan {
  /** The leader's name for findings, such as `Pod NAMESPACE/NAME`. */
  readonly where: string;
  readonly list: WalgList;
  /** Undefined when there is no leader to ask. */
  readonly archiver: DatabaseAnswer | undefined;
}

/** All that the verdict on a place depends on. */
export interface VerifiedPlace {
  readonly prefix: GatheredPrefix;
  readonly backups: readonly RecoverableBackup[];
  readonly windows: readonly RecoveryWindow[];
  /** Undefined when the Pods were not asked. */
  readonly pods: AskedPods | undefined;
  readonly plan: BackupPlan;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Everything that is wrong with the backups of a place, or that nobody could find out. */
export function judgeVerified({ prefix, backups, windows, pods, plan, now }: VerifiedPlace): Finding[] {
  const { listing, location } = prefix;
  const where = s3Url(location);
  return withoutRepeats([
    ...backups.flatMap(({ findings }) => findings),
    ...judgeRestorable(where, backups, windows),
    ...newestRecoveries(prefix, backups).flatMap((one) => judgeNewestRecovery(prefix, one)),
    ...judgeWindows(where, windows),
    ...judgeDatabases(prefix),
    ...judgeCopies(where, backups),
    ...judgeFreshness(where, listing, plan, now),
    ...judgeRetention(where, listing, windows, plan, now),
    ...(backups.length === 0 ? [] : judgeNewestWal(`${where}/${walgFolders.wal}`, listing, pods?.archiver, now)),
    ...judgePods(pods, prefix),
  ]);
}

function judgeDatabases({ contents, descriptions, listing, location }: GatheredPrefix): Finding[] {
  if (listing.backups.length === 0) return [];
  const read = contents && { backups: contents.backups, wal: new Map<number, never>() };
  return judgeIdentifiers({ descriptions, contents: read }, listing.backups, s3Url(location));
}

function judgeRestorable(
  where: string,
  backups: readonly RecoverableBackup[],
  windows: readonly RecoveryWindow[],
): Finding[] {
  const newest = windows.at(-1);
  if (newest === undefined || backups.some(({ restorable }) => restorable !== "yes")) return [];
  const spans = windows.map(
    ({ from, until }) =>
      `from ${momentText(from)} to ${until === undefined ? "the end of the WAL" : momentText(until)}`,
  );
  return [
    findingsAt(where).ok(
      "backups-restorable",
      `all ${backups.length} backups can be restored, to every moment ${spans.join(", and ")}`,
    ),
  ];
}

/** The newest backup, which a restore without a target time takes, and the newest one that can be restored. */
function newestRecoveries({ listing }: GatheredPrefix, backups: readonly RecoverableBackup[]): RecoverableBackup[] {
  const newest = backups.find(({ backup }) => backup.name === listing.backups.at(-1)?.name);
  const restorable = backups.findLast((one) => one.restorable === "yes");
  return [...new Set([newest, restorable])].filter((one) => one !== undefined);
}

/** The WAL from a backup to the end: what would be lost with the database. */
function judgeNewestRecovery({ listing, location }: GatheredPrefix, { replay }: RecoverableBackup): Finding[] {
  return replay === undefined ? [] : judgeWal(listing, replay.recovery, s3Url(location));
}

function judgeCopies(where: string, backups: readonly RecoverableBackup[]): Finding[] {
  const copied = backups.filter(isCopied);
  if (copied.length === 0) return [];
  return [
    findingsAt(where).warn(
      "backup-time-shifted",
      `holds ${copied.length} of ${backups.length} backups whose LastModified is later than their end: they were copied, and WAL-G and Spilo choose by LastModified`,
      "make sure that their order is still right; a target time finds none of them before the copy",
    ),
  ];
}

function judgePods(pods: AskedPods | undefined, { listing }: GatheredPrefix): Finding[] {
  if (pods === undefined) {
    const what = "neither WAL-G's list nor the archiver was looked at, because the place was named with --bucket";
    return [
      findingsAt("Pods").warn("backup-list-not-asked", what, "leave --bucket out to ask the running database's Pods"),
    ];
  }
  return [
    ...judgeWalgList(pods.where, listing, pods.list),
    ...(pods.archiver === undefined ? [] : judgeArchiver(pods.where, pods.archiver)),
  ];
}

/** Backups that build on one another share findings. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${finding.where} ${finding.what}`, finding]));
  return [...seen.values()];
}

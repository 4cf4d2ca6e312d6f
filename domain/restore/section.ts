import type { CopySource } from "../secrets/copy-place.ts";
import type { Gathered } from "../gathered.ts";
import type { ChosenBackup, Suggestion } from "./check.ts";
import type { Credentials } from "./restore.ts";

/** What a person has already decided about a restore; everything else is chosen from what the bucket holds. */
export interface RestoreAnswers {
  readonly id: string;
  readonly scope?: string | undefined;
  readonly uid?: string | undefined;
  readonly prefix?: string | undefined;
  readonly postgresVersion?: number | undefined;
  readonly targetTime?: string | undefined;
  readonly lostAt?: string | undefined;
  /** Another bucket than the stack's own. Default: the stack's own. */
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly bucketOwner?: string | undefined;
  readonly credentials: Credentials;
  readonly read: boolean;
}

/** Whether the Secrets of a database were kept. `unknown`: the copies could not be listed. */
export type KeptState = "kept" | "none" | "unknown";

/** A database whose backups the bucket holds. */
export interface Candidate extends Suggestion {
  readonly secrets: KeptState;
}

/** The places of a bucket, each with whether the Secrets of its database were kept. */
export function candidates(places: readonly Suggestion[], kept: Gathered<readonly CopySource[]>): Candidate[] {
  const keptState = (uid: string | null): KeptState => {
    if ("failed" in kept || uid === null) return "unknown";
    return kept.found.some(({ databases }) => databases.includes(uid)) ? "kept" : "none";
  };
  return places.map((place) => ({ ...place, secrets: keptState(place.uid) }));
}

/**
 * The candidates that the answers leave, newest backup first.
 *
 * @param expectedScope scope of the stack's own database. Without a scope in the answers, only its databases count if there
 *   are any; without any, all of them do.
 */
export function matching(
  all: readonly Candidate[],
  { scope, uid, prefix, postgresVersion }: RestoreAnswers,
  expectedScope: string,
): Candidate[] {
  const fitting = all.filter(
    (each) =>
      each.backups > 0 &&
      (scope === undefined || each.scope === `${prefix ?? ""}${scope}`) &&
      (uid === undefined || each.uid === uid) &&
      (prefix === undefined || (each.uid === null && each.scope.startsWith(prefix))) &&
      (postgresVersion === undefined || each.postgresVersion === null || each.postgresVersion === postgresVersion),
  );
  const own = fitting.filter((each) => each.scope === expectedScope);
  return scope === undefined && own.length > 0 ? own : fitting;
}

/**
 * The section `restore` of a stack file.
 *
 * @param postgresVersion major version of the backups.
 */
export function restoreSection(place: Candidate, answers: RestoreAnswers, postgresVersion: number): object {
  const { bucket, bucketOwner, credentials, endpoint, id, lostAt, prefix = "", read, region, targetTime } = answers;
  const source = place.uid === null ? { prefix } : { uid: place.uid };
  const section = {
    id,
    scope: place.uid === null ? place.scope.slice(prefix.length) : place.scope,
    ...source,
    postgresVersion,
    versionInPath: place.versionInPath ? undefined : false,
    targetTime,
    bucket,
    region,
    endpoint,
    bucketOwner,
    read: read ? true : undefined,
    credentials,
    lostAt,
  };
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined));
}

/** Up to which moment a restore brings the data back, and what is lost behind it. */
export interface Loss {
  /** The target time, else when the last WAL segment within reach was archived; null when that is not known. */
  readonly until: string | null;
  /** Seconds between that moment and the loss; null when one of them is not known. */
  readonly lostSeconds: number | null;
  /** Seconds of archived changes that the target time leaves out; 0 without a target time, null when not known. */
  readonly leftOutSeconds: number | null;
}

/**
 * What a restore would lose.
 *
 * @example lossOf({ walUntil: "2026-11-21T09:00:00.000Z" }, { targetTime: undefined, lostAt: "2026-11-21T09:05:00+00:00" })
 * // → { until: "2026-11-21T09:00:00.000Z", lostSeconds: 300, leftOutSeconds: 0 }
 */
export function lossOf(
  backup: Pick<ChosenBackup, "walUntil"> | null,
  { lostAt, targetTime }: Pick<RestoreAnswers, "lostAt" | "targetTime">,
): Loss {
  const walUntil = backup?.walUntil ?? null;
  const until = targetTime ?? walUntil;
  return {
    until,
    lostSeconds: lostAt === undefined ? null : secondsBetween(until, lostAt),
    leftOutSeconds: targetTime === undefined ? 0 : secondsBetween(targetTime, walUntil),
  };
}

/** Never below zero: a segment can be archived after the moment of the loss. */
function secondsBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const milliseconds = Date.parse(to.replace(" ", "T")) - Date.parse(from.replace(" ", "T"));
  return Math.max(0, Math.round(milliseconds / 1000));
}

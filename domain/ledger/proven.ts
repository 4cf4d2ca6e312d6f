import type { WalgListing } from "../walg/storage.ts";
import type { LedgerEntry, ReadBackup } from "./entry.ts";
import { walFingerprint } from "./wal-runs.ts";

/** A backup that an earlier check has read. */
export interface ProvenBackup extends ReadBackup {
  /** Milliseconds since 1970. */
  readonly provenAt: number;
}

/** What need not be read again: an earlier check has read it and found it sound, and it has not changed since. */
export interface ProvenContents {
  /** By the backup's name. */
  readonly backups: ReadonlyMap<string, ProvenBackup>;
  readonly isSegmentProven: (timeline: number, number: number) => boolean;
}

/** Nothing is proven. */
export const nothingProven: ProvenContents = { backups: new Map(), isSegmentProven: () => false };

/**
 * What the content checks in a ledger have proven of the objects that are there now. A check that found something wrong ends
 * what older ones have proven.
 *
 * @param entries proven ones, in the order of their numbers.
 * @param notBefore milliseconds since 1970: older checks no longer count.
 */
export function provenContents(
  entries: readonly LedgerEntry[],
  { backups: listed, segments }: Pick<WalgListing, "backups" | "segments">,
  notBefore: number,
): ProvenContents {
  const fingerprints = new Map(listed.map(({ name, fingerprint }) => [name, fingerprint]));
  const backups = new Map<string, ProvenBackup>();
  const proven = new Map<number, Set<number>>();
  for (const { at, contents, verdict } of countingChecks(entries, notBefore)) {
    for (const backup of contents?.backups ?? []) {
      const isProven = backup.verdict === "proven" && fingerprints.get(backup.name) === backup.fingerprint;
      if (isProven && !backups.has(backup.name)) backups.set(backup.name, { ...backup, provenAt: Date.parse(at) });
    }
    for (const { timeline, first, last, fingerprint } of contents?.wal ?? []) {
      if (walFingerprint(segments.get(timeline), first, last) !== fingerprint) continue;
      const numbers = proven.get(timeline) ?? new Set();
      proven.set(timeline, numbers);
      for (let number = first; number <= last; number += 1) numbers.add(number);
    }
    if (verdict === "failed") break;
  }
  return { backups, isSegmentProven: (timeline, number) => proven.get(timeline)?.has(number) ?? false };
}

/** The content checks that are young enough, newest first. */
function countingChecks(entries: readonly LedgerEntry[], notBefore: number): LedgerEntry[] {
  return entries.filter(({ at, kind }) => kind === "content-check" && Date.parse(at) >= notBefore).toReversed();
}

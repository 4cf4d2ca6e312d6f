import { momentText } from "../text.ts";
import { coverageOf } from "./coverage.ts";
import type { FleetCluster, FleetReport } from "./report.ts";
import { spanText } from "./texts.ts";

/** How a cluster stands, the gravest first. `unknown` and `not-watched` are never taken for okay. */
export const fleetStatuses = ["problem", "not-watched", "unknown", "warning", "okay", "not-expected"] as const;
export type FleetStatus = (typeof fleetStatuses)[number];

/** Why a cluster stands as it does. */
export interface Reason {
  readonly status: FleetStatus;
  readonly what: string;
  /** What to do about it; empty when there is nothing to do. */
  readonly fix: string;
  /** The same for the same kind of reason: the code of a finding, or a name of this file. */
  readonly kind: string;
  /** Whether the kind is the code of a finding. */
  readonly isFinding: boolean;
}

export interface Judgement {
  /** The gravest of the reasons; without any, okay, or not-expected. */
  readonly status: FleetStatus;
  /** The gravest first. */
  readonly reasons: readonly Reason[];
}

type Whole = Pick<FleetReport, "gatheredAt" | "targets" | "alarm">;
type Judge = (cluster: FleetCluster, whole: Whole) => Reason[];

/** Clocks may differ by this much, in seconds. */
const clockTolerance = 300;

/**
 * The status of a cluster. A part that was not asked is not judged, unless a target needs it: then whether the target is met
 * is unknown. A cluster of whose backups nothing was asked is unknown.
 */
export function judgeCluster(cluster: FleetCluster, whole: Whole): Judgement {
  const found = findingReasons(cluster);
  const judged = cluster.notExpected === undefined ? judges.flatMap((judge) => judge(cluster, whole)) : [];
  const reasons = [...found, ...judged].sort((a, b) => rank(a.status) - rank(b.status));
  const healthy = cluster.notExpected === undefined ? "okay" : "not-expected";
  return { status: reasons[0]?.status ?? healthy, reasons };
}

/** What is to be said of the whole fleet, the gravest first: a report that may lack clusters, and its alarm. */
export function judgeFleet({
  alarm,
  clusters,
  sources,
}: Pick<FleetReport, "alarm" | "clusters" | "sources">): Reason[] {
  const incomplete = sources.filter(({ status }) => status !== "complete").length;
  const reasons = [
    ...(sources.length === 0 ? reason("unknown", "sources-unknown", "it is not recorded what was asked") : []),
    ...(incomplete === 0
      ? []
      : reason(
          "unknown",
          "source-incomplete",
          `${count(incomplete, "source")} did not answer completely: clusters may be missing`,
        )),
    ...(clusters.length === 0 ? reason("unknown", "no-clusters", "no cluster is known") : []),
    ...alarmReasons(alarm, ""),
  ];
  return reasons.sort((a, b) => rank(a.status) - rank(b.status));
}

/** The place of a status among all, 0 for the gravest. */
export function rank(status: FleetStatus): number {
  return fleetStatuses.indexOf(status);
}

/** The targets of a cluster: its own, else those of the report. */
export function targetsOf(cluster: FleetCluster, { targets }: Pick<FleetReport, "targets">): FleetReport["targets"] {
  return cluster.targets ?? targets;
}

/** An entry of the ledger. */
export type ProofEntry = Extract<NonNullable<FleetCluster["proofs"]>, { status: "known" }>["entries"][number];

/** The last proof or failure in the ledger. Entries whose signature does not count are left out. */
export function lastProof({ proofs }: FleetCluster): ProofEntry | undefined {
  if (proofs?.status !== "known") return undefined;
  return proofs.entries.findLast(({ outcome }) => outcome !== "not-proven");
}

/** The last proof with a measured restore, which says how long one takes. */
export function lastRestore({ proofs }: FleetCluster): ProofEntry | undefined {
  if (proofs?.status !== "known") return undefined;
  return proofs.entries.findLast(({ outcome, rtoSeconds }) => outcome === "proven" && rtoSeconds !== null);
}

const judges: readonly Judge[] = [
  judgeWatch,
  judgeAsked,
  judgeNewestBackup,
  judgeBackups,
  judgeRecovery,
  judgeLoss,
  judgeProofs,
  judgeRestoreTime,
  judgeAlarm,
];

function reason(status: FleetStatus, kind: string, what: string): Reason[] {
  return [{ status, kind, isFinding: false, what, fix: "" }];
}

function findingReasons({ findings }: FleetCluster): Reason[] {
  const statuses = { refuse: "problem", unknown: "unknown", warn: "warning", ok: undefined } as const;
  return findings.flatMap(({ severity, code, what, fix }) => {
    const status = statuses[severity];
    return status === undefined ? [] : [{ status, kind: code, isFinding: true, what, fix }];
  });
}

function judgeWatch({ watch }: FleetCluster): Reason[] {
  if (watch?.status === "not-watched") return reason("not-watched", "not-watched", "nothing watches its backups");
  return watch?.status === "unknown"
    ? reason("unknown", "watch-unknown", `what watches it is not known: ${watch.why}`)
    : [];
}

function judgeAsked({ backups, lossNow, newestBackup, recovery }: FleetCluster): Reason[] {
  const asked = [backups, lossNow, newestBackup, recovery].some((part) => part !== undefined);
  return asked ? [] : reason("unknown", "not-looked-at", "its backups were not looked at");
}

function judgeNewestBackup({ newestBackup }: FleetCluster, { gatheredAt }: Whole): Reason[] {
  switch (newestBackup?.status) {
    case undefined:
      return [];
    case "none":
      return reason("problem", "no-backup", "there is no backup");
    case "unknown":
      return reason("unknown", "newest-backup-unknown", `its newest backup is not known: ${newestBackup.why}`);
    case "known": {
      const ahead = -ageSeconds(newestBackup.finishedAt, gatheredAt);
      if (ahead <= clockTolerance) return [];
      return reason(
        "unknown",
        "clock-wrong",
        `its newest backup ends ${spanText(ahead)} in the future: a clock is wrong`,
      );
    }
  }
}

function judgeBackups({ backups = [] }: FleetCluster): Reason[] {
  const newest = backups.at(-1);
  if (newest?.restorable === "no")
    return reason("problem", "newest-backup-broken", `its newest backup ${newest.name} cannot be restored`);
  const older = backups.filter(({ restorable }) => restorable === "no").length;
  const unknown = backups.filter(({ restorable }) => restorable === "unknown").length;
  return [
    ...(older === 0
      ? []
      : reason("warning", "older-backup-broken", `${count(older, "older backup")} cannot be restored`)),
    ...(unknown === 0
      ? []
      : reason("unknown", "backup-unknown", `whether ${count(unknown, "backup")} can be restored is not known`)),
  ];
}

function judgeRecovery({ recovery }: FleetCluster): Reason[] {
  if (recovery === undefined) return [];
  if (recovery.status === "unknown")
    return reason("unknown", "recovery-unknown", `its recovery window is not known: ${recovery.why}`);
  const coverage = coverageOf(recovery.windows);
  if (coverage === undefined) return reason("problem", "no-window", "it can be restored to no moment");
  const { furthest, gaps } = coverage;
  const ends = `a restore ends ${endText(furthest.until)}: ${furthest.endedBy ?? ""}`;
  return [
    ...(furthest.endedBy === null ? [] : reason("problem", "recovery-ends", ends)),
    ...(gaps.length === 0
      ? []
      : reason("warning", "recovery-gap", `its recovery window has ${count(gaps.length, "gap")}`)),
  ];
}

function endText(until: string | null): string {
  return until === null ? "at a moment that is not known" : `at ${momentText(Date.parse(until))}`;
}

function judgeLoss(cluster: FleetCluster, whole: Whole): Reason[] {
  const target = targetsOf(cluster, whole)?.rpoSeconds ?? null;
  const { lossNow } = cluster;
  switch (lossNow?.status) {
    case undefined:
      return target === null
        ? []
        : reason(
            "unknown",
            "loss-not-asked",
            "what a loss would cost was not looked at, so the RPO target is not judged",
          );
    case "everything":
      return reason("problem", "loss-everything", "a loss now would cost everything");
    case "unknown":
      return reason("unknown", "loss-unknown", `what a loss now would cost is not known: ${lossNow.why}`);
    case "since": {
      if (target === null || lossNow.seconds <= target) return [];
      const cost = spanText(lossNow.seconds);
      return reason(
        "problem",
        "loss-over-target",
        `a loss now would cost the changes of ${cost}; the target is ${spanText(target)}`,
      );
    }
  }
}

function judgeProofs(cluster: FleetCluster, whole: Whole): Reason[] {
  const target = targetsOf(cluster, whole)?.proofAgeSeconds ?? null;
  const { proofs } = cluster;
  if (proofs === undefined) {
    return target === null
      ? []
      : reason("unknown", "proof-not-asked", "the ledger was not read, so the age of its last proof is not known");
  }
  if (proofs.status === "unknown")
    return reason("unknown", "proof-unknown", `whether a restore was ever proven is not known: ${proofs.why}`);
  const unsigned = proofs.entries.filter(({ outcome }) => outcome === "not-proven").length;
  const ignored =
    unsigned === 0
      ? []
      : reason(
          "warning",
          "proof-unsigned",
          `${count(unsigned, "entry", "entries")} of the ledger without a valid signature`,
        );
  return [...ignored, ...lastProofReasons(lastProof(cluster), target, whole)];
}

function lastProofReasons(last: ProofEntry | undefined, target: number | null, { gatheredAt }: Whole): Reason[] {
  const missed = target === null ? "warning" : "problem";
  if (last === undefined) return reason(missed, "never-proven", "no restore or backup was ever proven");
  if (last.outcome === "failed")
    return reason("problem", "proof-failed", `its last ${kindTexts[last.kind]} failed, at ${last.at}`);
  const age = ageSeconds(last.at, gatheredAt);
  if (age < -clockTolerance)
    return reason("unknown", "clock-wrong", "its last proof is in the future: a clock is wrong");
  if (target === null || age <= target) return [];
  return reason("problem", "proof-old", `its last proof is ${spanText(age)} old; the target is ${spanText(target)}`);
}

/** What the kinds of proofs are called. */
export const kindTexts: Readonly<Record<ProofEntry["kind"], string>> = {
  "content-check": "content check",
  drill: "restore drill",
  "restore-proof": "restore",
};

function judgeRestoreTime(cluster: FleetCluster, whole: Whole): Reason[] {
  const target = targetsOf(cluster, whole)?.rtoSeconds ?? null;
  if (target === null) return [];
  const seconds = lastRestore(cluster)?.rtoSeconds ?? null;
  if (seconds === null)
    return reason("unknown", "restore-not-measured", "no restore was measured, so the RTO target is not judged");
  if (seconds <= target) return [];
  return reason(
    "problem",
    "restore-over-target",
    `its last restore took ${spanText(seconds)}; the target is ${spanText(target)}`,
  );
}

function judgeAlarm({ alarm }: FleetCluster): Reason[] {
  return alarmReasons(alarm, "of it ");
}

function alarmReasons(alarm: FleetReport["alarm"], whose: string): Reason[] {
  switch (alarm?.status) {
    case undefined:
    case "proven":
      return [];
    case "never":
      return reason("warning", "alarm-never-proven", `no alarm ${whose}was ever proven to arrive`);
    case "failed":
      return reason("problem", "alarm-failed", `the last test alarm ${whose}did not arrive: ${alarm.why}`);
    case "unknown":
      return reason("unknown", "alarm-unknown", `whether an alarm ${whose}arrives is not known: ${alarm.why}`);
  }
}

/** Seconds from a moment to another; negative when it is later. */
export function ageSeconds(moment: string, at: string): number {
  return (Date.parse(at) - Date.parse(moment)) / 1000;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

import { s3Url } from "../aws/s3-location.ts";
import type { GatheredPrefix, PrefixContents, RecoverableBackup } from "../backups/recoverability.ts";
import type { Severity } from "../catalogue/finding-codes.ts";
import { gravest, type Finding } from "../finding.ts";
import type { ReadReport } from "../restore/read.ts";
import type { CheckStatus, ProofVerdict } from "../restore/proof/checks.ts";
import { judgeParts } from "../walg/judge-parts.ts";
import { judgeWalContents, readSegments } from "../walg/judge-wal-contents.ts";
import type { LedgerDraft, ReadBackup, ReadWal } from "./entry.ts";
import { walRuns } from "./wal-runs.ts";

/** A content check that has ended. */
export interface ContentCheck {
  readonly prefix: GatheredPrefix & { readonly contents: PrefixContents };
  /** As judged with the contents. */
  readonly backups: readonly RecoverableBackup[];
  readonly read: ReadReport;
  readonly cluster: string;
  readonly context: string | null;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const verdictBySeverity: Readonly<Record<Severity, ProofVerdict>> = {
  refuse: "failed",
  unknown: "unknown",
  warn: "proven",
  ok: "proven",
};
const statusBySeverity: Readonly<Record<Severity, CheckStatus>> = {
  refuse: "failed",
  unknown: "unknown",
  warn: "warning",
  ok: "ok",
};

/** What a content check has proven. It does not name what earlier checks have read, so that their proofs get old. */
export function contentCheckDraft({ backups, cluster, context, now, prefix, read }: ContentCheck): LedgerDraft {
  const readNow = backups.flatMap((one) => judgedParts(prefix, one) ?? []);
  const ofBackups = readNow.flatMap(({ findings }) => findings);
  const ofWal = backups.flatMap(({ replay }) => {
    const wal = replay?.recovery.contents;
    return replay === undefined || wal === undefined ? [] : judgeWalContents(replay, wal);
  });
  return {
    kind: "content-check",
    at: new Date(now).toISOString(),
    cluster,
    context,
    place: s3Url(prefix.location),
    systemIdentifier: readNow.findLast(({ proof }) => proof.systemIdentifier !== null)?.proof.systemIdentifier ?? null,
    backup: readNow.at(-1)?.proof.name ?? null,
    drill: null,
    target: null,
    verdict: verdictBySeverity[gravest([...ofBackups, ...ofWal])],
    checks: [checkOf("backup-contents", ofBackups), checkOf("wal-contents", ofWal)],
    rpoSeconds: null,
    rpoTargetSeconds: null,
    rtoSeconds: null,
    rtoTargetSeconds: null,
    seconds: read.seconds,
    bytesRead: read.bytes,
    databaseBytes: null,
    contents: { backups: readNow.map(({ proof }) => proof), wal: soundWal(prefix, backups) },
  };
}

/** A backup that was read now, judged by its own parts alone. */
function judgedParts(
  { contents }: ContentCheck["prefix"],
  { backup, description }: RecoverableBackup,
): { readonly proof: ReadBackup; readonly findings: Finding[] } | undefined {
  const held = contents.backups.get(backup.name);
  if (held === undefined || held.provenAt !== undefined) return undefined;
  const described = description && { backup, description, where: backup.name, role: "chosen" as const };
  const findings = described === undefined ? [] : judgeParts(described, held);
  return {
    findings,
    proof: {
      name: backup.name,
      verdict: described === undefined ? "unknown" : verdictBySeverity[gravest(findings)],
      fingerprint: backup.fingerprint,
      bytes: backup.size,
      hasFileList: held.list !== undefined && "found" in held.list,
      systemIdentifier: held.control?.systemIdentifier ?? null,
      controlVersion: held.control?.version ?? null,
    },
  };
}

function checkOf(check: string, findings: readonly Finding[]): LedgerDraft["checks"][number] {
  const grave = findings.filter(({ severity }) => severity === "refuse" || severity === "unknown");
  const status = findings.length === 0 ? "not-checked" : statusBySeverity[gravest(findings)];
  return { check, status, codes: [...new Set(grave.map(({ code }) => code))] };
}

/** The WAL that was read now, and through which PostgreSQL gets on the way of every backup. */
function soundWal({ listing }: GatheredPrefix, backups: readonly RecoverableBackup[]): ReadWal[] {
  const [sound, faulty] = [new Map<number, Set<number>>(), new Map<number, Set<number>>()];
  for (const { replay } of backups) {
    const wal = replay?.recovery.contents;
    if (replay === undefined || wal === undefined) continue;
    for (const { number, timeline, isSound } of readSegments(replay, wal)) {
      const numbers = isSound ? sound : faulty;
      numbers.set(timeline, (numbers.get(timeline) ?? new Set()).add(number));
    }
  }
  return [...sound].flatMap(([timeline, numbers]) =>
    walRuns(timeline, numbers.difference(faulty.get(timeline) ?? new Set()), listing.segments.get(timeline)),
  );
}

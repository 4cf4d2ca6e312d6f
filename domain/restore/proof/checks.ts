import type { Severity } from "../../catalogue/finding-codes.ts";
import { gravest, type Finding } from "../../finding.ts";

/** What a restore is proven by, in the order of the report. */
export const proofChecks = [
  "identity",
  "timeline",
  "replay",
  "members",
  "data",
  "indexes",
  "passwords",
  "archiving",
  "backup",
  "harbor",
  "registry",
] as const;
export type ProofCheck = (typeof proofChecks)[number];

/**
 * How a check ended. `warning`: the database is the restored one, but a person has something to do. `not-checked`: nobody
 * asked for it, or it cannot be made. The finding has the reason.
 */
export const checkStatuses = ["ok", "warning", "failed", "unknown", "not-checked"] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** `proven`: no check failed, and none that was asked for is unknown. */
export const proofVerdicts = ["proven", "failed", "unknown"] as const;
export type ProofVerdict = (typeof proofVerdicts)[number];

/** The result of one check: what was compared with what. */
export interface Judged {
  /** What must be, for a person. */
  readonly expected: string;
  /** What was found, for a person. */
  readonly found: string;
  readonly findings: readonly Finding[];
  /** Default: by the gravest of the findings, where a warning means `not-checked`. */
  readonly status?: CheckStatus | undefined;
}

const statusBySeverity: Readonly<Record<Severity, CheckStatus>> = {
  refuse: "failed",
  unknown: "unknown",
  warn: "not-checked",
  ok: "ok",
};

/**
 * The status of a check by the gravest of its findings.
 *
 * @throws TypeError without a finding: a check that found nothing has proven nothing.
 */
export function statusOf(findings: readonly Finding[]): CheckStatus {
  if (findings.length === 0) throw new TypeError("a check without a finding");
  return statusBySeverity[gravest(findings)];
}

/** The verdict over all checks. A check that is missing counts as unknown. */
export function verdictOf(
  checks: readonly { readonly check: ProofCheck; readonly status: CheckStatus }[],
): ProofVerdict {
  const statuses = proofChecks.map((name) => checks.find(({ check }) => check === name)?.status ?? "unknown");
  if (statuses.includes("failed")) return "failed";
  return statuses.includes("unknown") ? "unknown" : "proven";
}

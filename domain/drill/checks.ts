import type { CheckStatus, ProofVerdict } from "../restore/proof/checks.ts";

/** What a drill finds out, in the order of the report. */
export const drillChecks = [
  "backup",
  "clone",
  "isolation",
  "identity",
  "timeline",
  "replay",
  "members",
  "data",
  "indexes",
  "dumps",
  "rpo",
  "rto",
  "removal",
  "ledger",
] as const;
export type DrillCheck = (typeof drillChecks)[number];

/** Made only when somebody asks for an entry in the ledger. */
const optional: readonly DrillCheck[] = ["ledger"];

/**
 * The verdict over all checks of a drill: `proven` only when each was made, and none failed or is unknown. A check that is
 * missing counts as unknown, unless nobody asked for it.
 */
export function drillVerdict(
  checks: readonly { readonly check: DrillCheck; readonly status: CheckStatus }[],
): ProofVerdict {
  const statuses = drillChecks.map((name) => checks.find(({ check }) => check === name)?.status ?? missing(name));
  if (statuses.includes("failed")) return "failed";
  return statuses.includes("unknown") ? "unknown" : "proven";
}

function missing(check: DrillCheck): CheckStatus {
  return optional.includes(check) ? "not-checked" : "unknown";
}

/** The same checks, in the order of the report. */
export function inOrder<Each extends { readonly check: DrillCheck }>(checks: readonly Each[]): Each[] {
  return checks.toSorted((a, b) => drillChecks.indexOf(a.check) - drillChecks.indexOf(b.check));
}

import type { CheckStatus, ProofVerdict } from "../../domain/restore/proof/checks.ts";
import type { Verdict } from "../../domain/stanza/status.ts";

/** The words for the statuses of a proof's checks. */
export const statusWords: Readonly<Record<CheckStatus, string>> = {
  ok: "ok",
  warning: "warning",
  failed: "FAILED",
  unknown: "UNKNOWN",
  "not-checked": "not checked",
};

/** What a status amounts to, for colours. */
export const statusVerdicts: Readonly<Record<CheckStatus, Verdict>> = {
  ok: "okay",
  warning: "not-expected",
  failed: "finding",
  unknown: "undetermined",
  "not-checked": "not-expected",
};

/** What the verdict of a proof amounts to. The exit code follows from it. */
export function proofVerdict(verdict: ProofVerdict): Verdict {
  return ({ proven: "okay", failed: "finding", unknown: "undetermined" } as const)[verdict];
}

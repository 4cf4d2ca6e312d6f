import { findingsAt, type Finding } from "../../finding.ts";

/** The steps of a stack that a restore is about. Each resource has a name for people. */
export interface RestoreSteps {
  /** Preflights that declare a restore. */
  readonly restores: readonly string[];
  /** Runs of `restore verify`. */
  readonly proofs: readonly string[];
  /** Runs of `secrets keep`, and what each of them waits for, directly or through others. */
  readonly keeps: readonly { readonly where: string; readonly after: ReadonlySet<string> }[];
}

/** Whether a restore is proven, and whether nothing replaces the copies of the lost database's Secrets before that. */
export function restoreStepFindings({ keeps, proofs, restores }: RestoreSteps): Finding[] {
  if (restores.length === 0) return [];
  if (proofs.length === 0) {
    const what = "declares a restore that nothing proves";
    const fix = "say in the setting harbor.proof what the restored database must hold";
    return restores.map((where) => findingsAt(where).warn("restore-without-proof", what, fix));
  }
  return keeps
    .filter(({ after }) => !proofs.some((proof) => after.has(proof)))
    .map(({ where }) =>
      findingsAt(where).refuse(
        "secrets-kept-before-proof",
        "may replace the kept Secrets before the restored database is proven",
        "let it depend on the step restore verify",
      ),
    );
}

import { findingsAt, type Finding } from "../finding.ts";

/** What a stack declares about the clones that its database's Pods would make. */
export interface DeclaredClones {
  /** The objects with CLONE_ values, for people. */
  readonly where: readonly string[];
  /** Whether the stack declares a restore. */
  readonly restores: boolean;
  /** Whether the proof of that restore says that it is proven. Read only when there are CLONE_ values and a restore. */
  readonly isProven: () => boolean;
}

/** Whether CLONE_ values are left that no restore needs, or none needs any longer: every new database would be a clone. */
export function cloneFindings({ isProven, restores, where }: DeclaredClones): Finding[] {
  if (where.length === 0) return [];
  if (!restores) {
    return where.map((place) =>
      findingsAt(place).refuse(
        "clone-without-restore",
        "has CLONE_ values, and the stack declares no restore that needs them",
        "remove them, or declare the restore in harbor.restore",
      ),
    );
  }
  if (!isProven()) return [];
  return where.map((place) =>
    findingsAt(place).warn(
      "clone-after-proof",
      "still has the CLONE_ values of a restore that is proven",
      "finish it: postgres-recovery config finish-restore, then pulumi up",
    ),
  );
}

import { findingsAt, gravest, type Finding } from "../finding.ts";
import type { ChosenBackup } from "../restore/check.ts";
import type { Judged } from "../restore/proof/checks.ts";
import type { removals } from "./report.ts";

/** Whether there is a backup that a restore would find, by what a listing of S3 shows. */
export function judgePlan({ backup, findings }: { backup: ChosenBackup | null; findings: readonly Finding[] }): Judged {
  const expected = "a whole backup, with the WAL up to the moment to restore to";
  const found =
    backup === null ? "none" : `${backup.name}, WAL until ${backup.walUntil ?? "a moment that is not known"}`;
  return { expected, found, findings, ...(gravest(findings) === "warn" && { status: "warning" }) };
}

/**
 * What became of the drill's namespace.
 *
 * @param name of the namespace; empty when none was created.
 */
export function judgeRemoval(name: string, removal: (typeof removals)[number]): Judged {
  const at = findingsAt(name === "" ? "drill" : `namespace ${name}`);
  const expected = "nothing of the drill is left";
  switch (removal) {
    case "removed":
      return { expected, found: "removed", findings: [at.ok("drill-removed", "is gone, with everything in it")] };
    case "never-created":
      return { expected, found: "nothing was created", findings: [at.ok("drill-removed", "nothing was created")] };
    case "kept": {
      const fix = `remove it when you have looked at it: postgres-recovery drill clean ${name}`;
      return {
        expected: "the namespace stays, as was asked",
        found: "kept",
        findings: [at.warn("drill-kept", "stays, as was asked", fix)],
      };
    }
    case "left": {
      const fix = "postgres-recovery drill clean";
      return { expected, found: "still there", findings: [at.refuse("drill-left", "could not be removed", fix)] };
    }
  }
}

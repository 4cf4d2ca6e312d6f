import { z } from "zod";
import { findingsAt } from "../finding.ts";
import type { Judged } from "../restore/proof/checks.ts";

const waitingSchema = z.array(z.object({ state: z.object({ waiting: z.object({ reason: z.string() }).optional() }) }));
const conditionsSchema = z.array(
  z.object({ type: z.string(), status: z.string(), reason: z.string().default(""), message: z.string().default("") }),
);

/** The parts of the clone's Pod that say why it does not run. */
export const startSchema = z.object({
  status: z
    .object({
      phase: z.string().default(""),
      reason: z.string().default(""),
      conditions: conditionsSchema.default([]),
      containerStatuses: waitingSchema.catch([]).default([]),
    })
    .prefault({}),
});
export type PodStart = z.infer<typeof startSchema>;

/**
 * Why the Pod does not run, by Kubernetes' own words.
 *
 * @example whyNotStarted({ status: { phase: "Pending", … waiting: { reason: "ImagePullBackOff" } } }) // → "ImagePullBackOff"
 */
export function whyNotStarted({ status }: PodStart): string {
  const waiting = status.containerStatuses.flatMap(({ state }) => state.waiting?.reason ?? []);
  const scheduled = status.conditions.find(({ type, status: met }) => type === "PodScheduled" && met === "False");
  const condition = scheduled === undefined ? [] : [`${scheduled.reason}: ${scheduled.message}`];
  const words = [...waiting, ...condition, status.reason].filter((word) => word !== "");
  return words.length === 0 ? `its phase is ${status.phase || "not known"}` : words.join(", ");
}

/** How the restore in the clone's Pod ended. */
export type CloneEnd =
  | { readonly end: "recovered"; readonly seconds: number }
  /** Patroni has set the data of several attempts aside. */
  | { readonly end: "failed"; readonly why: string; readonly next: string }
  | { readonly end: "not-started"; readonly why: string }
  | { readonly end: "unfinished"; readonly why: string };

/** Whether the backup could be restored at all. */
export function judgeClone(where: string, clone: CloneEnd): Judged {
  const at = findingsAt(where);
  const expected = "the clone leaves recovery and has a leader";
  switch (clone.end) {
    case "recovered": {
      const found = `left recovery ${clone.seconds} s after its Pod was created`;
      return { expected, found, findings: [at.ok("drill-clone-recovered", found)] };
    }
    case "failed":
      return {
        expected,
        found: "failed",
        findings: [at.refuse("drill-clone-failed", `the restore failed twice: ${clone.why}`, clone.next)],
      };
    case "not-started": {
      const fix = "correct that, and drill again";
      const findings = [at.unknown("drill-pod-not-started", `does not run: ${clone.why}`, fix)];
      return { expected, found: "not started", findings };
    }
    case "unfinished": {
      const fix = "allow more time with --restore-timeout, or see with --keep what the Pod does";
      const findings = [at.unknown("drill-clone-unfinished", `has not left recovery in time: ${clone.why}`, fix)];
      return { expected, found: "not finished", findings };
    }
  }
}

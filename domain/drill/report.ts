import { z } from "zod";
import { findingSchema } from "../finding-schema.ts";
import { chosenBackupSchema } from "../restore/check.ts";
import { checkStatuses, proofVerdicts } from "../restore/proof/checks.ts";
import { drillChecks } from "./checks.ts";
import { drillStates } from "./namespace.ts";

/** What became of a drill's namespace. */
export const removals = ["removed", "kept", "left", "never-created"] as const;

/** What `postgres-recovery drill run -o json` prints. It contains no value of a secret. */
export const drillRunReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** Name of the drill's namespace; null when nothing was created. */
  namespace: z.string().nullable().describe("Namespace of the drill; null when nothing was created."),
  verdict: z.enum(proofVerdicts),
  backup: chosenBackupSchema.nullable(),
  checks: z.array(
    z.object({
      check: z.enum(drillChecks).describe("What was checked. docs/drill.md says what each check proves."),
      status: z.enum(checkStatuses),
      expected: z.string(),
      found: z.string(),
      seconds: z.number(),
      findings: z.array(findingSchema),
    }),
  ),
  phases: z.array(z.object({ phase: z.string(), at: z.iso.datetime(), seconds: z.number().nullable() })),
  rpo: z.object({
    newestCommit: z.iso.datetime().nullable(),
    seconds: z
      .number()
      .nullable()
      .describe("Seconds between the newest replayed commit and the beginning of the drill; null when not known."),
    target: z.number().nullable().describe("The most that may be lost, in seconds; null when none is set."),
  }),
  rto: z.object({
    seconds: z
      .number()
      .nullable()
      .describe("Seconds from the first write until the restored database was proven; null when it was not."),
    target: z.number().nullable().describe("The longest that it may take, in seconds; null when none is set."),
  }),
  removal: z
    .enum(removals)
    .describe(
      "removed: nothing is left. kept: as asked. left: it could not be removed. never-created: nothing was written.",
    ),
  leftovers: z
    .array(z.string())
    .describe("Namespaces of earlier drills, which were killed, that this run has removed."),
  remembered: z
    .string()
    .nullable()
    .describe("`s3://BUCKET/KEY` of the entry in the ledger of proofs; null when none was written."),
  checkedAt: z.iso.datetime(),
});

const foundDrill = z.object({
  namespace: z.string(),
  cluster: z.string(),
  source: z.string().describe("The place whose backup was restored: s3://BUCKET/PREFIX."),
  state: z
    .enum(drillStates)
    .describe(
      "running; kept: somebody asked for it to stay; abandoned: the drill was killed; ending: it is being deleted; unknown: its Lease could not be read.",
    ),
  created: z.iso.datetime().describe("When the namespace was created (ISO 8601, UTC)."),
});
export type FoundDrill = z.infer<typeof foundDrill>;

/** What `postgres-recovery drill list -o json` prints. */
export const drillListReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  drills: z.array(foundDrill).describe("Every namespace of a drill, the oldest first."),
});

/** What `postgres-recovery drill clean -o json` prints. */
export const drillCleanReportSchema = drillListReportSchema.extend({
  removed: z.array(z.string()).describe("Namespaces that were removed."),
  left: z.array(z.string()).describe("Namespaces that were to be removed and are still there."),
});

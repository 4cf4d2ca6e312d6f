import { z } from "zod";
import { durationSchema } from "../../duration-schema.ts";
import { harborRequestSchema } from "../request.ts";

/** How many waits of the full length `pod` one roll may consist of, such as one for each Pod and one for a switchover. */
export const rollWaits = 10;

/** How long each part of a roll may take. */
export const rollTimeLimits = z.strictObject({
  operator: durationSchema
    .prefault("5m")
    .describe("Until the Zalando operator has copied pg_hba into the StatefulSet."),
  pod: durationSchema
    .prefault("10m")
    .describe("Until a recreated Pod is ready, a clone is recovered, and the database has a leader."),
});

/** What `postgres-recovery harbor roll --request -` reads from stdin. */
export const rollRequestSchema = harborRequestSchema.extend({
  podSecret: z
    .string()
    .min(1)
    .default("pod-secret")
    .describe("Name of the Secret with the Pods' keys, in the database's namespace."),
  timeLimits: rollTimeLimits.prefault({}),
});

/** What `postgres-recovery harbor roll -o json` prints. */
export const rollReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  outcome: z.enum(["rolled", "already-current"]),
  /** Pods that this run deleted so that they were recreated, in order. */
  pods: z.array(z.string()),
  leader: z.string(),
  finishedAt: z.iso.datetime(),
});

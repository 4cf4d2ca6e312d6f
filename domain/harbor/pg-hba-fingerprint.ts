import { z } from "zod";
import { durationSchema } from "../duration-schema.ts";
import { harborRequestSchema } from "./request.ts";
import { harborOperatorPgHba, isInPlace, normalisedPgHba } from "./pg-hba.ts";

/** What `postgres-recovery harbor fingerprint --request -` reads from stdin. */
export const pgHbaLookRequestSchema = harborRequestSchema.extend({
  pgHba: z.array(z.string()).describe("The whole list of pg_hba as it should be."),
  wait: durationSchema
    .optional()
    .describe("How long to wait until the Harbor operator has made the database's resource. Default: not at all."),
});
export type PgHbaLookRequest = z.infer<typeof pgHbaLookRequestSchema>;

/** What `postgres-recovery harbor fingerprint -o json` prints. */
export const pgHbaLookReportSchema = z.object({
  version: z.literal(1),
  /** Another text whenever pg_hba has to be written anew: see {@link pgHbaFingerprint}. */
  fingerprint: z.string(),
});
export type PgHbaLookReport = z.infer<typeof pgHbaLookReportSchema>;

/** A `postgresql` resource as it is. */
export interface LivePgHba {
  readonly uid: string;
  /** The generation of the HarborCluster of which the Harbor operator last wrote it, as its annotation says. */
  readonly harborGeneration: string | undefined;
  readonly list: readonly string[];
  /** Whether this project wrote the list, and nobody since. */
  readonly isOurs: boolean;
}

/**
 * A text that is another one when the list has to be written anew, and the same before and after that.
 *
 * The Harbor operator puts its two lines back only when it takes up another generation of the HarborCluster
 * (harbor-operator database/equals.go), so the generation tells of every revert, the next preview shows it, and a second
 * `up` changes nothing. Another list that is not ours was written by hand, and is part of the text until it is replaced.
 */
export function pgHbaFingerprint(live: LivePgHba | undefined, required: readonly string[]): string {
  if (live === undefined) return "no resource";
  const place = `${live.uid} generation ${live.harborGeneration ?? "unknown"}`;
  const isExpected = live.isOurs || [required, harborOperatorPgHba, []].some((list) => isInPlace(live.list, list));
  return isExpected ? place : `${place} with ${normalisedPgHba(live.list).join("; ")}`;
}

const managedField = z.object({
  manager: z.string(),
  fieldsV1: z
    .object({ "f:spec": z.object({ "f:patroni": z.object({ "f:pg_hba": z.unknown() }).partial() }).partial() })
    .partial(),
});

/** The field managers that own pg_hba, by the `metadata.managedFields` of a `postgresql` resource. */
export function pgHbaOwners(managedFields: unknown): string[] {
  return z
    .array(managedField.nullable().catch(null))
    .catch([])
    .parse(managedFields)
    .flatMap((entry) => (entry?.fieldsV1["f:spec"]?.["f:patroni"]?.["f:pg_hba"] === undefined ? [] : [entry.manager]));
}

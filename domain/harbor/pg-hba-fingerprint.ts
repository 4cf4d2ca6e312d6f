import { z } from "zod";
import { harborOperatorPgHba, isInPlace, normalisedPgHba } from "./pg-hba.ts";

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

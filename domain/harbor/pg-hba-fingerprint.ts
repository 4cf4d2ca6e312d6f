import { z } from "zod";
import { droppedLines, harborOperatorPgHba, isInPlace, normalisedPgHba } from "./pg-hba.ts";

/** The live `postgresql` resource, as far as pg_hba depends on it. */
export interface LivePgHba {
  readonly uid: string;
  /** Generation of the HarborCluster from which the Harbor operator last wrote the resource, from its annotation. */
  readonly harborGeneration: string | undefined;
  readonly list: readonly string[];
  /** Whether this project was the last to write the list. */
  readonly isOurs: boolean;
}

/**
 * A fingerprint that changes when the list must be written again, and only then.
 *
 * The Harbor operator restores its own two lines only when it processes a new generation of the HarborCluster
 * (harbor-operator database/equals.go). So the generation reveals every revert: the next preview shows it, and a second `up`
 * changes nothing. A list that somebody else wrote is part of the fingerprint until it is replaced.
 */
export function pgHbaFingerprint(live: LivePgHba | undefined, required: readonly string[]): string {
  if (live === undefined) return "no resource";
  const place = `${live.uid} generation ${live.harborGeneration ?? "unknown"}`;
  const isExpected = live.isOurs || [required, harborOperatorPgHba, []].some((list) => isInPlace(live.list, list));
  return isExpected ? place : `${place} with ${normalisedPgHba(live.list).join("; ")}`;
}

/**
 * Lines that somebody else put on the resource and that the next write would remove. Lines that this project wrote are not
 * among them: they go when they are taken out of the settings, which shows there.
 */
export function linesToBeDropped(live: LivePgHba | undefined, required: readonly string[]): string[] {
  return live === undefined || live.isOurs ? [] : droppedLines(live.list, required);
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

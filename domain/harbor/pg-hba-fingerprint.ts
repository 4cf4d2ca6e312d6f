import { z } from "zod";
import { droppedLines, harborOperatorPgHba, isInPlace } from "./pg-hba.ts";

/** The live `postgresql` resource, as far as pg_hba depends on it. */
export interface LivePgHba {
  readonly uid: string;
  /** Generation of the HarborCluster from which the Harbor operator last wrote the resource, from its annotation. */
  readonly harborGeneration: string | undefined;
  readonly list: readonly string[];
  /** Whether this project was the last to write the list. */
  readonly isOurs: boolean;
  /** How often this project has replaced a list that somebody else wrote, from the resource's annotation. */
  readonly replacedLists: number;
}

/**
 * A fingerprint that changes when the list must be written again, and only then.
 *
 * The Harbor operator restores its own two lines only when it processes a new generation of the HarborCluster
 * (harbor-operator database/equals.go). So the generation reveals every revert: the next preview shows it, and a second `up`
 * changes nothing. A list that somebody else wrote changes nothing that stays after it is replaced. So each replacement is
 * counted on the resource, and the fingerprint has the count that the next write will leave there.
 *
 * @example pgHbaFingerprint({ uid: "99e8", harborGeneration: "3", list: ["local all all trust"], isOurs: false, replacedLists: 0 }, runbookPgHba)
 * // → "99e8 generation 3, 1 replaced", and the same after the write
 */
export function pgHbaFingerprint(live: LivePgHba | undefined, required: readonly string[]): string {
  if (live === undefined) return "no resource";
  const place = `${live.uid} generation ${live.harborGeneration ?? "unknown"}`;
  const count = replacedListsAfter(live, required);
  return count === 0 ? place : `${place}, ${count} replaced`;
}

/** How often lists of somebody else will have been replaced once the required list is written. */
export function replacedListsAfter({ isOurs, list, replacedLists }: LivePgHba, required: readonly string[]): number {
  const isExpected = isOurs || [required, harborOperatorPgHba, []].some((expected) => isInPlace(list, expected));
  return isExpected ? replacedLists : replacedLists + 1;
}

/** The count in the resource's annotation. Anything else than a number counts as none. */
export function parseReplacedLists(annotation: string | undefined): number {
  return annotation !== undefined && /^\d{1,9}$/.test(annotation) ? Number(annotation) : 0;
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

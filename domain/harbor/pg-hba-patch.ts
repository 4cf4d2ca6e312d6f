import { findingsAt, type Finding } from "../finding.ts";

/**
 * What is wrong with a Pulumi patch of a `postgresql` resource: without a name for its field manager, the lines of a renamed
 * resource would stay.
 */
export function patchFindings(annotations: Readonly<Record<string, unknown>>, where: string): Finding[] {
  const manager = annotations["pulumi.com/patchFieldManager"];
  if (typeof manager === "string" && manager !== "") return [];
  const fix = "set the annotation pulumi.com/patchFieldManager to a name that stays";
  return [findingsAt(where).refuse("pg-hba-patch-unowned", "has no field manager of its own", fix)];
}

import { z } from "zod";
import {
  findingCodes,
  severities,
  type FindingCode,
  type FindingCodeOf,
  type Severity,
} from "./catalogue/finding-codes.ts";

/** One thing that was looked at before a restore or a backup is relied upon. It never holds a secret's value. */
export const findingSchema = z.object({
  severity: z.enum(severities),
  /** Names the fact, in every version; explained in docs/findings.md. */
  code: z.enum(findingCodes),
  /** What was found. */
  what: z.string(),
  /** The object, file, key or place that it was found in. */
  where: z.string(),
  /** What to do about it; empty where nothing is to be done. */
  fix: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** Makes findings about one place; each code goes with one severity. */
export interface FindingsAt {
  refuse(code: FindingCodeOf<"refuse">, what: string, fix: string): Finding;
  unknown(code: FindingCodeOf<"unknown">, what: string, fix: string): Finding;
  warn(code: FindingCodeOf<"warn">, what: string, fix: string): Finding;
  ok(code: FindingCodeOf<"ok">, what: string): Finding;
}

/**
 * @param where the object, file, key or place that is looked at.
 * @example findingsAt("pg_hba").ok("pg-hba-sound", "lets in everybody")
 * // → { severity: "ok", code: "pg-hba-sound", what: "lets in everybody", where: "pg_hba", fix: "" }
 */
export function findingsAt(where: string): FindingsAt {
  const made =
    (severity: Severity) =>
    (code: FindingCode, what: string, fix: string): Finding => ({ severity, code, what, where, fix });
  return {
    refuse: made("refuse"),
    unknown: made("unknown"),
    warn: made("warn"),
    ok: (code, what) => made("ok")(code, what, ""),
  };
}

/** The gravest severity among findings; `ok` when there is none. */
export function gravest(findings: readonly Finding[]): Severity {
  return severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? "ok";
}

/** Whether nothing stands in the way: neither a refusal nor anything that is not known. */
export function mayProceed(findings: readonly Finding[]): boolean {
  return !["refuse", "unknown"].includes(gravest(findings));
}

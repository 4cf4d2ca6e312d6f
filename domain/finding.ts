import { z } from "zod";

/**
 * How a finding stands: `refuse` (going on would lose or miss data), `warn` (a person should know), `unknown` (the truth
 * could not be found out, which is never taken for okay), `ok` (looked at, and right).
 */
export const severities = ["refuse", "unknown", "warn", "ok"] as const;
export type Severity = (typeof severities)[number];

/** One thing that was looked at before a restore or a backup is relied upon. It never holds a secret's value. */
export const findingSchema = z.object({
  severity: z.enum(severities),
  /** What was found. */
  what: z.string(),
  /** The object, file, key or place that it was found in. */
  where: z.string(),
  /** What to do about it; empty where nothing is to be done. */
  fix: z.string(),
});
export type Finding = z.infer<typeof findingSchema>;

/** A finding in one line. */
export function finding(severity: Severity, what: string, where: string, fix: string): Finding {
  return { severity, what, where, fix };
}

/** The gravest severity among findings; `ok` when there is none. */
export function gravest(findings: readonly Finding[]): Severity {
  return severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? "ok";
}

/** Whether nothing stands in the way: neither a refusal nor anything that is not known. */
export function mayProceed(findings: readonly Finding[]): boolean {
  return !["refuse", "unknown"].includes(gravest(findings));
}

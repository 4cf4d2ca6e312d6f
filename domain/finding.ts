import { severities, type FindingCode, type FindingCodeOf, type Severity } from "./catalogue/finding-codes.ts";

/**
 * The result of one check. It never contains the value of a secret. Its schema is in finding-schema.ts, so that `--help`,
 * which loads this file, does not load zod.
 */
export interface Finding {
  readonly severity: Severity;
  /** Names the fact, and stays the same in every version. Explained in docs/findings.md. */
  readonly code: FindingCode;
  /** What was found. */
  readonly what: string;
  /** The object, file, key or place where it was found. */
  readonly where: string;
  /** What to do about it; empty when there is nothing to do. */
  readonly fix: string;
}

/** Builds findings about one place. Each code belongs to one severity. */
export interface FindingsAt {
  refuse(code: FindingCodeOf<"refuse">, what: string, fix: string): Finding;
  unknown(code: FindingCodeOf<"unknown">, what: string, fix: string): Finding;
  warn(code: FindingCodeOf<"warn">, what: string, fix: string): Finding;
  ok(code: FindingCodeOf<"ok">, what: string): Finding;
}

/**
 * A builder of findings about one place.
 *
 * @param where the object, file, key or place that is checked.
 * @example findingsAt("pg_hba").ok("pg-hba-sound", "lets in everybody")
 * // → { severity: "ok", code: "pg-hba-sound", what: "lets in everybody", where: "pg_hba", fix: "" }
 */
export function findingsAt(where: string): FindingsAt {
  const build =
    (severity: Severity) =>
    (code: FindingCode, what: string, fix: string): Finding => ({ severity, code, what, where, fix });
  return {
    refuse: build("refuse"),
    unknown: build("unknown"),
    warn: build("warn"),
    ok: (code, what) => build("ok")(code, what, ""),
  };
}

/** The most serious severity among findings; `ok` when there are none. */
export function gravest(findings: readonly Finding[]): Severity {
  return severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? "ok";
}

/** Whether nothing blocks the step: no finding is a refusal, and none is unknown. */
export function mayProceed(findings: readonly Finding[]): boolean {
  return !["refuse", "unknown"].includes(gravest(findings));
}

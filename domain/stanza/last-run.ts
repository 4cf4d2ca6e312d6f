import { z } from "zod";
import { errorReportSchema, type ErrorReport } from "../error-report.ts";
import { ofStack, runSchema, stanzaCreateReportSchema, type Run } from "./create.ts";

/** A run that ended without a stanza. Nothing was created, or it could not be confirmed. */
const failedRunSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  outcome: z.literal("failed"),
  /** What failed, and what to do next. */
  error: errorReportSchema.shape.error,
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  ...ofStack,
  run: runSchema,
});
export type FailedRun = z.infer<typeof failedRunSchema>;

/** What a stack keeps of a target: the report of its last run, successful or failed. */
export const lastRunSchema = z.union([stanzaCreateReportSchema, failedRunSchema]);
export type LastRun = z.infer<typeof lastRunSchema>;

/** The number of a run. Reports of versions that did not count are of run 1. */
export function runNumber({ run }: LastRun): number {
  return run?.number ?? 1;
}

/**
 * The report of `run` in what the step printed before; undefined when it has to run. Pulumi updates the resource also when
 * only a time limit was edited.
 *
 * @param printed what the step printed the last time; undefined when it has never run.
 */
export function reportToKeep(printed: string | undefined, run: Run): LastRun | undefined {
  if (printed === undefined || printed === "") return undefined;
  const last = lastRunSchema.safeParse(parsed(printed)).data;
  return last === undefined || runNumber(last) !== run.number ? undefined : { ...last, run };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The failure of a run in one text for a person.
 *
 * @example failureOfRun(run) // → "[stanza-timeout] calendar/calendar-db: Timeout occurred: …\nnext: …"
 */
export function failureOfRun({ error: { code, message, next } }: FailedRun): string {
  return errorText({ code, message, next });
}

/** An error and its next step, as a stack shows it. */
export function errorText({ code, message, next }: Pick<ErrorReport["error"], "code" | "message" | "next">): string {
  return `[${code}] ${message}${next === null ? "" : `\nnext: ${next}`}`;
}

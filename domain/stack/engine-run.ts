import { z } from "zod";
import { parsedJson } from "../text.ts";

/** Name of the policy pack, in policy/index.ts. */
export const policyPack = "postgres-recovery";

const metadata = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

/** The parts of the engine's events that are read (pulumi sdk/go/common/apitype/events.go). */
const eventSchema = z.object({
  resourcePreEvent: z.object({ metadata }).optional(),
  policyEvent: z
    .object({
      resourceUrn: z.string().default(""),
      policyName: z.string(),
      enforcementLevel: z.string(),
      message: z.string(),
    })
    .optional(),
  policyAnalyzeSummaryEvent: z
    .object({
      resourceUrn: z.string(),
      policyPackName: z.string(),
      passed: z.array(z.string()).nullish(),
      failed: z.array(z.string()).nullish(),
    })
    .optional(),
  diagnosticEvent: z.object({ severity: z.string(), message: z.string() }).optional(),
  summaryEvent: z.object({ result: z.string().optional() }).optional(),
});
type EngineEvent = z.infer<typeof eventSchema>;

/** One resource that a preview or an update changes. */
export interface Change {
  /** Such as `create`, `update`, `replace` or `delete`. */
  readonly operation: string;
  /** Type and name, such as `local:Command create stanza calendar/calendar-db`. */
  readonly resource: string;
  /** The paths of the properties that differ. No value: it may be a secret. */
  readonly properties: readonly string[];
}

/** What a policy says of one resource. */
export interface Violation {
  readonly policy: string;
  /** Whether it stops an update. */
  readonly isMandatory: boolean;
  readonly message: string;
}

/** A run of Pulumi's engine, by its events. */
export interface EngineRun {
  readonly changes: readonly Change[];
  readonly violations: readonly Violation[];
  /** Messages of the engine and of the program that say what has failed. */
  readonly errors: readonly string[];
  /** URNs of the resources that at least one policy of this project has judged. */
  readonly judged: ReadonlySet<string>;
  /** URNs of the resources that had to be judged. */
  readonly declared: ReadonlySet<string>;
  /** Whether the engine itself says that it succeeded. */
  readonly succeeded: boolean;
}

/**
 * Reads what `pulumi preview --json` and `pulumi up --json` print: one event in each line. What is no event is passed over.
 */
export function engineRun(lines: readonly string[]): EngineRun {
  const events = lines.flatMap((line) => eventSchema.safeParse(parsedJson(line)).data ?? []);
  const resources = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  return {
    changes: resources.filter(({ op }) => !unchanged.includes(op)).map(changeOf),
    violations: events.flatMap(violationsIn),
    errors: events.flatMap(({ diagnosticEvent: said }) => (said?.severity === "error" ? [said.message.trim()] : [])),
    judged: new Set(events.flatMap(judgedIn)),
    declared: new Set(resources.filter(isDeclared).map(({ urn }) => urn)),
    succeeded: events.some(({ summaryEvent }) => summaryEvent?.result === "succeeded"),
  };
}

/** Operations that change nothing. */
const unchanged = ["same", "read", "refresh"];

function changeOf({ detailedDiff, op, type, urn }: z.infer<typeof metadata>): Change {
  const name = urn.slice(urn.lastIndexOf("::") + 2);
  const shortType = type.slice(type.indexOf(":") + 1);
  return { operation: op, resource: `${shortType} ${name}`, properties: Object.keys(detailedDiff ?? {}) };
}

function violationsIn({ policyEvent }: EngineEvent): Violation[] {
  if (policyEvent === undefined) return [];
  const { enforcementLevel, message, policyName } = policyEvent;
  return [{ policy: policyName, isMandatory: enforcementLevel === "mandatory", message: message.trim() }];
}

function judgedIn({ policyAnalyzeSummaryEvent: summary }: EngineEvent): string[] {
  if (summary?.policyPackName !== policyPack) return [];
  const count = (summary.passed?.length ?? 0) + (summary.failed?.length ?? 0);
  return count > 0 ? [summary.resourceUrn] : [];
}

/** Providers, and what is deleted, are never judged. */
function isDeclared({ op, type }: z.infer<typeof metadata>): boolean {
  return !type.startsWith("pulumi:providers:") && !/^(delete|discard|remove|read)/.test(op);
}

/**
 * Why a run is not to be trusted or has failed; empty when it is fine. A policy pack that crashed, is another one or judged
 * nothing is a failure, whatever the exit code.
 */
export function runProblems(
  { declared, errors, judged, succeeded, violations }: EngineRun,
  exitCode: number,
): string[] {
  const unjudged = [...declared].filter((urn) => !judged.has(urn));
  const mandatory = violations.filter(({ isMandatory }) => isMandatory).length;
  return [
    ...(judged.size === 0 ? [`the policy pack ${policyPack} judged nothing`] : []),
    ...(judged.size > 0 && unjudged.length > 0
      ? [
          `the policy pack ${policyPack} did not judge ${unjudged.length} of ${declared.size} resources: ${unjudged[0] ?? ""}`,
        ]
      : []),
    ...(mandatory > 0 ? [`${mandatory} mandatory ${mandatory === 1 ? "policy is" : "policies are"} violated`] : []),
    ...(errors.length > 0 ? [`${errors.length} ${errors.length === 1 ? "error" : "errors"}`] : []),
    ...(succeeded ? [] : ["the engine did not say that it succeeded"]),
    ...(exitCode === 0 ? [] : [`pulumi ended with exit code ${exitCode}`]),
  ];
}

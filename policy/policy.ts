import type {
  EnforcementLevel,
  ResourceValidationPolicy,
  Severity as PolicySeverity,
  StackValidationPolicy,
} from "@pulumi/policy";
import { z } from "zod";
import { explanations } from "../domain/catalogue/explanations.ts";
import {
  findingSeverities,
  type FindingCode,
  type FindingCodeOf,
  type Severity,
} from "../domain/catalogue/finding-codes.ts";
import type { JudgedResource, ResourceJudge, StackJudge } from "../domain/check/resource.ts";
import { UnknownValue, withUnknowns } from "../domain/check/unknown-value.ts";
import type { Finding } from "../domain/finding.ts";

/** The codes that a policy can report. */
export type PolicyCode = Exclude<FindingCode, FindingCodeOf<"ok">>;

const levels: Readonly<Record<Severity, EnforcementLevel>> = {
  refuse: "mandatory",
  unknown: "mandatory",
  warn: "advisory",
  ok: "disabled",
};
const policySeverities: Readonly<Record<Severity, PolicySeverity>> = {
  refuse: "high",
  unknown: "high",
  warn: "medium",
  ok: "low",
};

/** The policy of one finding. It has the name of its code, so that preflight, CLI and policy say the same. */
export function resourcePolicy(code: PolicyCode, judge: ResourceJudge): ResourceValidationPolicy {
  return {
    ...described(code),
    validateResource(args, reportViolation) {
      const findings = judgedNow(() => judge(judgeable(args))) ?? args.notApplicable(notJudgedYet);
      for (const finding of findings) if (finding.code === code) reportViolation(violation(finding));
    },
  };
}

/** The same for a finding about several resources of a stack. */
export function stackPolicy(code: PolicyCode, judge: StackJudge): StackValidationPolicy {
  return {
    ...described(code),
    validateStack(args, reportViolation) {
      const findings = judgedNow(() => judge(args.resources.map(judgeable))) ?? args.notApplicable(notJudgedYet);
      for (const { finding, urn } of findings) if (finding.code === code) reportViolation(violation(finding), urn);
    },
  };
}

/** The resource as judges get it: what Pulumi could not decrypt is not known. */
export function judgeable<Resource extends JudgedResource>(resource: Resource): Resource {
  return { ...resource, props: withUnknowns(resource.props) };
}

const notJudgedYet = "not judged yet: a value is not known before the update";

/** What every policy says of itself. */
export function described(code: PolicyCode) {
  const { title, todo } = explanations[code];
  const severity = findingSeverities[code];
  return {
    name: code,
    description: title,
    enforcementLevel: levels[severity],
    severity: policySeverities[severity],
    remediationSteps: todo,
    url: `docs/findings.md#${code}`,
  };
}

/** A finding never contains the value of a secret, and so neither does this. */
function violation({ fix, what, where }: Finding): string {
  return `${where}: ${what}${fix === "" ? "" : `; ${fix}`}`;
}

/** What a judge finds; undefined when it needs a value that is not known yet. */
function judgedNow<Found>(judge: () => Found): Found | undefined {
  return unknownIn(judge) === undefined ? judge() : undefined;
}

/** What the SDK throws when a value is read that is not known yet. The package exports the class without its type. */
const unknownValueError = z.object({ unknownTypeSentinel: z.string(), props: z.array(z.string()) });

/** The path of the value that a judge needs and that is not known yet; undefined when it needs none. */
export function unknownIn(judge: () => unknown): string | undefined {
  try {
    judge();
    return undefined;
  } catch (error) {
    if (error instanceof UnknownValue) return `${error.path} (encrypted)`;
    const { data } = unknownValueError.safeParse(error);
    if (data === undefined) throw error;
    return data.props.join(".");
  }
}

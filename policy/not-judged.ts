import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { resourceJudges } from "../domain/check/judges.ts";
import type { JudgedResource } from "../domain/check/resource.ts";
import { described, judgeable, unknownIn } from "./policy.ts";
import { copyKeys } from "./stacks.ts";
import { stackJudges } from "../domain/check/stack-judges.ts";

/** Says once for each resource what the other policies could not judge. They say nothing of it themselves. */
export const policyNotJudgedYet: ResourceValidationPolicy & StackValidationPolicy = {
  ...described("policy-not-judged-yet"),
  enforcementLevel: "advisory",
  severity: "low",
  validateResource(args, reportViolation) {
    const paths = unknownPaths(judgeable(args));
    if (paths.length > 0) reportViolation(`not judged yet: ${paths.join(", ")}; the update judges it`);
  },
  validateStack({ resources }, reportViolation) {
    const paths = stackJudges.flatMap((judge) => unknownIn(() => judge(resources.map(judgeable))) ?? []);
    if (paths.length > 0)
      reportViolation(`not judged yet: ${unique(paths).join(", ")}; the end of the update judges it`);
  },
};

function unknownPaths(resource: JudgedResource): string[] {
  return unique([...resourceJudges, copyKeys].flatMap((judge) => unknownIn(() => judge(resource)) ?? []));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

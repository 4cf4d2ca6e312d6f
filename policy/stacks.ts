import { mappingAt, parsed } from "../domain/check/reading.ts";
import type { ResourceJudge } from "../domain/check/resource.ts";
import { guardFindings } from "../domain/stack/guard.ts";

/** The stack itself: which Kubernetes cluster it is for. Pulumi starts a pack with the stack's configuration. */
export const stacks: ResourceJudge = ({ type }) =>
  type === "pulumi:pulumi:Stack" ? guardFindings(mappingAt(parsed(process.env["PULUMI_CONFIG"]))) : [];

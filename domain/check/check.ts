import { RecoveryError } from "../errors.ts";
import type { Finding } from "../finding.ts";
import { isJudged } from "./is-judged.ts";
import { nameOf } from "./reading.ts";
import type { CheckReport } from "./report.ts";
import type { RelatedResource } from "./resource.ts";
import { verdicts } from "./verdicts.ts";

/** Where a finding is in a file; `line` counts from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
}

/** What is to be judged, and where it comes from. */
export interface Judgeable extends Pick<CheckReport, "source" | "context"> {
  readonly resources: readonly RelatedResource[];
  /** Where a finding about the resource with this URN is. Absent: there are no files. */
  readonly placeOf?: (urn: string, finding: Finding) => FilePlace | undefined;
}

/**
 * What all rules say of these resources.
 *
 * @throws RecoveryError `nothing-judged` when no rule is about any of them, which would otherwise look like good news.
 */
export function checkReport({ context, placeOf, resources, source }: Judgeable): CheckReport {
  const judged = resources.filter(isJudged);
  if (judged.length === 0) {
    throw new RecoveryError("nothing-judged", `there is nothing to judge in ${places[source]}`, {
      next: nexts[source],
    });
  }
  const names = new Map(resources.map((resource) => [resource.urn, nameOf(resource)]));
  const findings = verdicts(resources).map(({ finding, urn }) => {
    const { file, line } = placeOf?.(urn, finding) ?? { file: null, line: null };
    return { ...finding, resource: names.get(urn) ?? "", file, line };
  });
  return { version: 1, source, context, resources: judged.map(nameOf), findings };
}

const places = {
  cluster: "these namespaces: no PostgresCluster, postgresql or HarborCluster",
  manifests: "the manifests: no PostgresCluster, postgresql, HarborCluster or ConfigMap",
  state: "the state: no resource that a rule is about",
} as const;
const nexts = {
  cluster: "check the context and the namespace: kubectl config get-contexts",
  manifests: "give the rendered manifests of the database: kubectl kustomize, helm template",
  state: "export the state of the stack that was meant: pulumi stack export --stack NAME --file FILE",
} as const;

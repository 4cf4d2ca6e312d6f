import type { Finding } from "../finding.ts";
import { findingsAt } from "../finding.ts";
import { resourceJudges } from "./judges.ts";
import { nameOf } from "./reading.ts";
import type { JudgedResource, RelatedResource, StackFinding } from "./resource.ts";
import { stackJudges } from "./stack-judges.ts";
import { UnknownValue, withUnknowns } from "./unknown-value.ts";

/** Everything that all rules find about resources, those that passed included. */
export function verdicts(resources: readonly RelatedResource[]): StackFinding[] {
  const known = resources.map((resource) => ({ ...resource, props: withUnknowns(resource.props) }));
  const ofEach = known.flatMap((resource) =>
    findingsAbout(resource).map((finding) => ({ finding, urn: resource.urn })),
  );
  const together = stackJudges.map((judge) => unlessUnknown(() => judge(known)));
  const paths = together.flatMap(({ unknown }) => unknown ?? []);
  return [
    ...ofEach,
    ...together.flatMap(({ found }) => found),
    ...encrypted("the resources together", paths).map((finding) => ({ finding, urn: "" })),
  ];
}

/** A judge that reads a value that is not known says nothing. One finding for all of them names the values. */
function findingsAbout(resource: JudgedResource): Finding[] {
  const answers = resourceJudges.map((judge) => unlessUnknown(() => judge(resource)));
  const paths = answers.flatMap(({ unknown }) => unknown ?? []);
  return [...answers.flatMap(({ found }) => found), ...encrypted(nameOf(resource), paths)];
}

function encrypted(where: string, paths: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  const what = `cannot be judged: ${[...new Set(paths)].join(", ")} is encrypted`;
  const fix = "export the state with its secrets: pulumi stack export --show-secrets";
  return [findingsAt(where).unknown("value-encrypted", what, fix)];
}

function unlessUnknown<Found>(judge: () => readonly Found[]): {
  readonly found: readonly Found[];
  readonly unknown?: string;
} {
  try {
    return { found: judge() };
  } catch (error) {
    if (!(error instanceof UnknownValue)) throw error;
    return { found: [], unknown: error.path };
  }
}

import type { ExampleResource } from "../policy-examples.ts";
import { saidOf } from "./policies.ts";

type PolicyExample = readonly [policy: string, bad: readonly ExampleResource[]];

/** Resources that one program declares, and the policies that refuse at least one of them. */
export interface Refused {
  readonly policies: readonly string[];
  readonly resources: readonly ExampleResource[];
}

/**
 * The bad examples in as few programs as needed: beside the others, an example may be in order, because one of them is what
 * its policy asks for. Such examples come into a program of their own.
 */
export async function refusedTogether(examples: readonly PolicyExample[]): Promise<Refused[]> {
  const resources = withUniqueNames(examples);
  const said = await saidOf(resources);
  const others = examples.filter(([policy]) => !said.has(policy));
  if (others.length === examples.length)
    throw new Error(`nothing refuses ${others.map(([policy]) => policy).join(", ")}`);
  const policies = examples.map(([policy]) => policy).filter((policy) => said.has(policy));
  return [{ policies, resources }, ...(others.length === 0 ? [] : await refusedTogether(others))];
}

/** A program has no two resources of one type and name. The name is kept where it can be, because a policy may read it. */
function withUniqueNames(examples: readonly PolicyExample[]): ExampleResource[] {
  const taken = new Set<string>();
  return examples.flatMap(([policy, bad]) => {
    const unique = (name: string): string => {
      const clashes = bad.some((resource) => resource.name === name && taken.has(`${resource.type} ${name}`));
      return clashes ? `${policy} ${name}` : name;
    };
    const renamed = bad.map((resource) => ({
      ...resource,
      name: unique(resource.name),
      dependsOn: (resource.dependsOn ?? []).map(unique),
    }));
    for (const { name, type } of renamed) taken.add(`${type} ${name}`);
    return renamed;
  });
}

/** A Pulumi program that declares these resources. */
export function programOf(resources: readonly ExampleResource[]): string {
  return `
    import * as pulumi from "@pulumi/pulumi";
    const declared = new Map();
    for (const { type, name, props, dependsOn, createSeconds = 0 } of ${JSON.stringify(resources)}) {
      const options = {
        dependsOn: dependsOn.map((other) => declared.get(other)),
        ...(createSeconds > 0 && { customTimeouts: { create: createSeconds + "s" } }),
      };
      const isComponent = type.startsWith("postgres-recovery:");
      declared.set(name, new (isComponent ? pulumi.ComponentResource : pulumi.CustomResource)(type, name, props, options));
    }`;
}

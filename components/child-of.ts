import type * as pulumi from "@pulumi/pulumi";

/**
 * Options for a child that must wait for everything that its component waits for. The Node SDK does not pass a
 * component's `dependsOn` on to its children. Without this they would run at the same time as what they depend on.
 */
export function childOf(
  parent: pulumi.ComponentResource,
  { dependsOn }: pulumi.ComponentResourceOptions,
): pulumi.CustomResourceOptions {
  return dependsOn === undefined ? { parent } : { parent, dependsOn };
}

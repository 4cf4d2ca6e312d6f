import type * as pulumi from "@pulumi/pulumi";

/**
 * Options for a child that must wait for what its component waits for: a component's `dependsOn` is not handed on to its
 * children by the Node SDK, so that without this they would run side by side with what they depend on.
 */
export function childOf(
  parent: pulumi.ComponentResource,
  { dependsOn }: pulumi.ComponentResourceOptions,
): pulumi.CustomResourceOptions {
  return dependsOn === undefined ? { parent } : { parent, dependsOn };
}

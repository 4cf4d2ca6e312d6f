import { z } from "zod";
import type { RelatedResource } from "./resource.ts";

/** A Kubernetes object: one of a manifest, or one that the API server sent. */
export const kubernetesObjectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ namespace: z.string().optional(), name: z.string().optional() }).nullish(),
});
export type KubernetesObject = z.infer<typeof kubernetesObjectSchema>;

/**
 * An object as Pulumi's Kubernetes provider would declare it, so that the same rules judge it.
 *
 * @param urn identifies it among the objects that are judged together.
 * @example resourceOfObject({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "pod-config" } }, "1").type
 * // → "kubernetes:core/v1:ConfigMap"
 */
export function resourceOfObject(object: KubernetesObject, urn: string): RelatedResource {
  const { apiVersion, kind, metadata } = object;
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  const name = metadata?.name ?? "without a name";
  return {
    urn,
    type: `kubernetes:${group}:${kind}`,
    name: metadata?.namespace === undefined ? name : `${metadata.namespace}/${name}`,
    props: object,
    opts: { customTimeouts: { createSeconds: 0 } },
    dependencies: [],
    propertyDependencies: {},
  };
}

import { isPodConfig } from "../harbor/pod-config-check.ts";
import { mappingAt } from "./reading.ts";
import type { KubernetesObject } from "./manifest.ts";

/**
 * The objects of a cluster that concern databases: all custom resources, every ConfigMap that is the environment of Spilo's
 * Pods, and the other ConfigMaps in the namespaces of databases.
 *
 * @param databases PostgresClusters, `postgresql` resources and HarborClusters.
 */
export function objectsToJudge(
  databases: readonly KubernetesObject[],
  configMaps: readonly KubernetesObject[],
): KubernetesObject[] {
  const namespaces = new Set(databases.map(({ metadata }) => metadata?.namespace));
  const meant = configMaps.filter(
    (object) => namespaces.has(object.metadata?.namespace) || isPodConfig(Object.keys(mappingAt(object, "data"))),
  );
  return [...databases, ...meant];
}

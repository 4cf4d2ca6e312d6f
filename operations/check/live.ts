import type { JudgedObjects } from "../../clients/kubernetes/judged-objects.ts";
import { checkReport } from "../../domain/check/check.ts";
import { objectsToJudge } from "../../domain/check/live.ts";
import { resourceOfObject } from "../../domain/check/manifest.ts";
import type { CheckReport } from "../../domain/check/report.ts";

/**
 * What all rules say of a Kubernetes cluster. It only reads.
 *
 * @param namespace one namespace; undefined for all.
 * @throws RecoveryError `nothing-judged` when there is no database.
 */
export async function checkCluster(
  { context, listConfigMaps, listDatabases }: JudgedObjects,
  namespace: string | undefined,
): Promise<CheckReport> {
  const [databases, configMaps] = await Promise.all([listDatabases(namespace), listConfigMaps(namespace)]);
  const objects = databases.length === 0 ? [] : objectsToJudge(databases, configMaps);
  const resources = objects.map((object, index) => resourceOfObject(object, String(index)));
  return checkReport({ source: "cluster", context, resources });
}

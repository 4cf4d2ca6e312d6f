import { RecoveryError } from "../domain/errors.ts";
import { type ObjectName, parseObjectName } from "../domain/kubernetes/object-name.ts";

const expected = {
  PostgresCluster: {
    form: "NAMESPACE/CLUSTER",
    next: "name a cluster as `postgres-recovery stanza list` shows it, such as calendar/calendar-db",
  },
  HarborCluster: {
    form: "NAMESPACE/NAME",
    next: "name a HarborCluster as `kubectl get harborclusters -A` shows it, such as harbor-cluster/harbor-cluster",
  },
} as const;

/**
 * A parser of the argument that names a cluster.
 *
 * It throws a RecoveryError of the kind `usage` for any other text, before a request is sent.
 */
export function clusterArgument(kind: keyof typeof expected): (text: string) => ObjectName {
  const { form, next } = expected[kind];
  return (text) => {
    const cluster = parseObjectName(text);
    if (cluster !== undefined) return cluster;
    throw new RecoveryError("cluster-name-invalid", `"${text}" is not ${form}`, { next });
  };
}

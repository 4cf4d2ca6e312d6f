import { RecoveryError } from "../domain/errors.ts";
import { type ObjectName, parseObjectName } from "../domain/kubernetes/object-name.ts";

/**
 * Reads the argument NAMESPACE/CLUSTER.
 *
 * @throws RecoveryError `usage` when it is anything else; so before the API server is asked.
 */
export function clusterArgument(text: string): ObjectName {
  const cluster = parseObjectName(text);
  if (cluster !== undefined) return cluster;
  throw new RecoveryError("cluster-name-invalid", `"${text}" is not NAMESPACE/CLUSTER`, {
    next: "name a cluster as `postgres-recovery stanza list` shows it, such as calendar/calendar-db",
  });
}

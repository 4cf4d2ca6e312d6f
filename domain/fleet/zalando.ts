import { formatObjectName, type ObjectName } from "../kubernetes/object-name.ts";
import type { FleetCluster } from "./report.ts";

/** A database of the Zalando operator. Its backups are in S3, and are not asked for here. */
export function zalandoFacts({ name, namespace }: ObjectName, context: string): FleetCluster {
  // The Harbor operator names its database so; what follows is the name of the HarborCluster.
  const prefix = `postgresql-${namespace}-`;
  const harbor = name.startsWith(prefix) ? { namespace, name: name.slice(prefix.length) } : undefined;
  return {
    kubernetes: context,
    namespace,
    name,
    operator: "zalando",
    findings: [
      {
        severity: "unknown",
        code: "zalando-backups-not-asked",
        what: "its backups in S3 were not looked at",
        fix: harbor === undefined ? "" : `postgres-recovery backup verify ${formatObjectName(harbor)}`,
      },
    ],
  };
}

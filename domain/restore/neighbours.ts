import { findingsAt, type Finding } from "../finding.ts";
import { postgresqlName } from "../harbor/names.ts";
import { formatObjectName, type ObjectName } from "../kubernetes/object-name.ts";
import type { Gathered } from "../gathered.ts";

/** A database of the Zalando operator, with the operator's status, such as `Running`; empty before its first sync. */
export interface Neighbour {
  readonly name: ObjectName;
  readonly status: string;
}

/** Statuses of a database that may not be bootstrapped yet (postgres-operator pkg/apis, postgres_type.go). */
const unborn = ["", "Creating", "CreateFailed"];

/**
 * pod-config belongs to the operator, so every database of it gets the CLONE_ values of a restore. One that is not
 * bootstrapped yet becomes a copy of Harbor's.
 */
export function judgeNeighbours(harbor: ObjectName, all: Gathered<readonly Neighbour[]>, where: string): Finding[] {
  const at = findingsAt(where);
  if ("failed" in all) {
    return [
      at.warn(
        "clone-neighbours-unknown",
        `which other databases of the operator get the CLONE_ values is unknown: ${all.failed}`,
        "give the permission to list postgresqls in every namespace, or look yourself: kubectl get postgresqls -A",
      ),
    ];
  }
  const own = formatObjectName({ namespace: harbor.namespace, name: postgresqlName(harbor) });
  const others = all.found.filter(({ name }) => formatObjectName(name) !== own);
  const names = (some: readonly Neighbour[]): string => some.map(({ name }) => formatObjectName(name)).join(", ");
  const fresh = others.filter(({ status }) => unborn.includes(status));
  const running = others.filter(({ status }) => !unborn.includes(status));
  const findings: Finding[] = [];
  if (fresh.length > 0) {
    findings.push(
      at.refuse(
        "clone-neighbour-unborn",
        `the CLONE_ values would also reach ${names(fresh)}, which may not be bootstrapped yet and would become a copy of Harbor's database`,
        "wait until it is Running, or delete it; create no other database of this operator until the restore is finished",
      ),
    );
  }
  if (running.length > 0) {
    findings.push(
      at.warn(
        "clone-neighbours",
        `the CLONE_ values also reach ${names(running)}: the operator recreates their Pods, and each one whose volumes are lost meanwhile becomes a copy of Harbor's database`,
        "finish the restore as soon as the data are verified, and create no other database of this operator until then",
      ),
    );
  }
  return findings;
}

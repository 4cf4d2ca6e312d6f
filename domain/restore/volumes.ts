import { findingsAt, type Finding } from "../finding.ts";
import { postgresqlName } from "../harbor/names.ts";
import type { ObjectName } from "../kubernetes/object-name.ts";
import type { Gathered } from "../gathered.ts";

/** A PersistentVolumeClaim of the database. */
export interface VolumeClaim {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Whether it is being deleted. It stays as long as a Pod uses it. */
  readonly isEnding: boolean;
}

/** What is known about the database for which the volumes are looked at. */
export interface VolumeFacts {
  readonly context: string;
  /** The HarborCluster whose database is restored. */
  readonly harbor: ObjectName;
  readonly claims: Gathered<readonly VolumeClaim[]>;
  /** When the `postgresql` resource was created, in milliseconds since 1970; undefined when there is none. */
  readonly databaseCreated: number | undefined;
}

/**
 * Whether a claim of this name holds data of the database. The name decides, not the labels: a StatefulSet takes over a
 * claim that has the right name. The Zalando operator calls the volume `pgdata` (postgres-operator
 * pkg/util/constants/postgresql.go).
 *
 * @example isClaimOf({ namespace: "h", name: "c" }, "pgdata-postgresql-h-c-0") // → true
 */
export function isClaimOf(harbor: ObjectName, claim: string): boolean {
  const start = `pgdata-${postgresqlName(harbor)}-`;
  return claim.startsWith(start) && /^\d+$/.test(claim.slice(start.length));
}

/**
 * Volumes that are left of the lost database. Spilo clones only into an empty volume. With an old one it starts the old
 * data, reports no error, and the system identifier is that of the backups. A claim that is older than the `postgresql`
 * resource belonged to an earlier database.
 */
export function judgeVolumes({ claims, context, databaseCreated, harbor }: VolumeFacts): Finding[] {
  const { namespace } = harbor;
  const at = findingsAt(`PersistentVolumeClaims in ${namespace}`);
  if ("failed" in claims) {
    return [at.unknown("volumes-unreadable", claims.failed, "give the permission to list them, then check again")];
  }
  const left = claims.found.filter(({ created }) => databaseCreated === undefined || created < databaseCreated);
  if (left.length === 0) return [at.ok("volumes-none-left", "none is left of the lost database")];
  const names = left.map(({ name }) => name);
  const one = names.length === 1;
  const what = `${names.join(", ")} ${one ? "is" : "are"} left of the lost database: the new one would start from ${one ? "it" : "them"}, ignore the restore and report no error`;
  if (databaseCreated === undefined && left.every(({ isEnding }) => isEnding)) {
    return [at.refuse("volumes-left", what, `${one ? "it is" : "they are"} being deleted: wait, then check again`)];
  }
  const before =
    databaseCreated === undefined
      ? ""
      : `delete the HarborCluster and its postgresql resource, which use ${one ? "it" : "them"}; then, `;
  const remove = `kubectl --context ${context} -n ${namespace} delete pvc ${names.join(" ")}`;
  return [at.refuse("volumes-left", what, `${before}if the data may be lost: ${remove}`)];
}

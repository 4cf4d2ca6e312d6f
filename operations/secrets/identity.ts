import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { clusterIdentity, type ClusterIdentity } from "../../domain/secrets/cluster-identity.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

/** What the identity of a database is read from. */
export type IdentityReader = Pick<HarborClient, "getPostgresql" | "getStatefulSet" | "getSystemIdentifier">;

/** The database of a HarborCluster; undefined when there is no `postgresql` resource. */
export async function readIdentity(client: IdentityReader, harbor: ObjectName): Promise<ClusterIdentity | undefined> {
  const [postgresql, statefulSet, systemIdentifier] = await Promise.all([
    client.getPostgresql(harbor),
    client.getStatefulSet(harbor),
    client.getSystemIdentifier(harbor),
  ]);
  if (postgresql === undefined) return undefined;
  return clusterIdentity(harbor, postgresql, statefulSet, systemIdentifier);
}

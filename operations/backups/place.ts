import type { S3Access } from "../../clients/aws/s3.ts";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import type { StoredBackups } from "../../domain/backups/request.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { backupStore } from "../../domain/harbor/backup-status.ts";
import { spiloVariables } from "../../domain/harbor/objects.ts";
import type { ContainerVariable } from "../../domain/kubernetes/container.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { restorePath } from "../../domain/restore/restore.ts";
import { spiloLocation } from "../../domain/spilo/path.ts";

/** The environment of the database's Pods. */
export type DatabaseEnvironment = ReadonlyMap<string, ContainerVariable>;

/** Where the backups of a database are. */
export interface BackupPlace {
  readonly location: S3Location;
  readonly access: S3Access;
  /** Empty when the request names the place: then Kubernetes is not asked. */
  readonly database: DatabaseEnvironment;
}

/** Which backups are meant. */
interface AskedBackups {
  readonly cluster: ObjectName;
  readonly endpointUrl?: string | undefined;
  readonly store?: StoredBackups | undefined;
}

const nameIt = "name the place: --bucket, --region, and --uid or --prefix";

/**
 * The place that the request names, or that to which the running database's Pods write.
 *
 * @throws RecoveryError when there is no running database, or its Pods do not say.
 */
export async function placeOfBackups(
  harbor: Pick<HarborClient, "getStatefulSet"> | undefined,
  { cluster, endpointUrl, store }: AskedBackups,
): Promise<BackupPlace> {
  if (store !== undefined) return { ...namedPlace(store, endpointUrl), database: new Map() };
  const database = await environmentOf(harbor, cluster);
  const running = backupStore(cluster, database);
  if (running === undefined)
    throw new RecoveryError(
      "request-invalid",
      `${formatObjectName(cluster)}: the environment of the database's Pods names no bucket or no region for its backups`,
      { next: nameIt },
    );
  const { bucket, endpoint, prefix, region } = running;
  return { location: { bucket, prefix }, access: { endpoint, region, endpointUrl }, database };
}

function namedPlace(store: StoredBackups, endpointUrl: string | undefined): Omit<BackupPlace, "database"> {
  const { bucketOwner, endpoint, region } = store;
  return { location: spiloLocation(restorePath(store)), access: { bucketOwner, endpoint, region, endpointUrl } };
}

async function environmentOf(
  harbor: Pick<HarborClient, "getStatefulSet"> | undefined,
  cluster: ObjectName,
): Promise<DatabaseEnvironment> {
  const statefulSet = await harbor?.getStatefulSet(cluster);
  if (statefulSet === undefined)
    throw new RecoveryError(
      "postgresql-not-found",
      `${formatObjectName(cluster)}: the database has no StatefulSet, which names the place of its backups`,
      { next: nameIt },
    );
  return spiloVariables(statefulSet.spec.template.spec.containers);
}

import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { stanzaInfo } from "../../clients/pod/pgbackrest.ts";
import { systemIdentifier } from "../../clients/pod/postgres.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { didYouMean, orElse } from "../../domain/similar.ts";
import { knownClusters } from "./known-clusters.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import { databaseRuns, instanceToAsk, type Pod } from "../../domain/stanza/instance-pod.ts";
import { ofDatabase } from "../../domain/stanza/pgbackrest-info.ts";
import {
  databaseContainer,
  notApplicable,
  repositoryNames,
  stanzaName,
  type PostgresCluster,
} from "../../domain/stanza/postgres-cluster.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/** The status of one cluster's stanza, and the Pod that was asked. */
export interface Probe {
  readonly pod: string | undefined;
  readonly status: StanzaStatus;
}

/**
 * The PostgresCluster of that name.
 *
 * @throws RecoveryError `usage` when there is none.
 */
export async function existingCluster(client: KubernetesClient, name: ObjectName): Promise<PostgresCluster> {
  const cluster = await client.getPostgresCluster(name);
  if (cluster !== undefined) return cluster;
  const suggestion = didYouMean(formatObjectName(name), (await knownClusters(client)).map(formatObjectName));
  throw new RecoveryError(
    "postgres-cluster-not-found",
    `there is no PostgresCluster ${formatObjectName(name)} in context ${client.context}`,
    { next: orElse(suggestion, "list all clusters: postgres-recovery stanza list") },
  );
}

/**
 * The status of one cluster's stanza. If the PostgresCluster alone decides, nothing else is asked; otherwise pgBackRest is.
 * If PGO's status lacks the system identifier, an existing stanza is compared with the identifier that Postgres reports.
 */
export async function probeStanza(
  client: KubernetesClient,
  cluster: PostgresCluster,
  instances: readonly Pod[],
  timeLimit: Duration,
  signal: AbortSignal,
): Promise<Probe> {
  const excused = notApplicable(cluster);
  if (excused !== undefined) return { pod: undefined, status: { status: "not-applicable", ...excused } };

  const instance = instanceToAsk(instances);
  if (instance === undefined)
    return { pod: undefined, status: { status: "no-instance", reason: noInstanceReason(cluster, instances) } };

  const expected = {
    stanza: stanzaName,
    repositories: repositoryNames(cluster),
    systemIdentifier: cluster.status?.patroni?.systemIdentifier,
  };
  const pod = instance.metadata.name;
  const container = containerOf(instance.metadata, databaseContainer);
  const status = await stanzaInfo(client.exec, container, expected, timeLimit, signal);
  if (status.status !== "okay" || expected.systemIdentifier !== undefined) return { pod, status };
  return { pod, status: ofDatabase(status, await systemIdentifier(client.exec, container, signal)) };
}

function noInstanceReason(cluster: PostgresCluster, instances: readonly Pod[]): string {
  const idle = instances.filter((pod) => !databaseRuns(pod)).map((pod) => pod.metadata.name);
  if (idle.length > 0) return `the database container does not run in ${idle.join(", ")}`;
  if (cluster.spec.paused === true) return "no Pod, and spec.paused is true: PGO does not reconcile it";
  return cluster.status?.pgbackrest === undefined ? "no Pod: PGO has not reconciled this cluster" : "no Pod";
}

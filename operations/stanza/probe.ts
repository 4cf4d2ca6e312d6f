import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { instanceAnswer } from "../../clients/pod/pgbackrest.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { didYouMean, orElse } from "../../domain/similar.ts";
import { knownClusters } from "./known-clusters.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import type { DatabaseAnswer } from "../../domain/stanza/database-answer.ts";
import { databaseRuns, instanceToAsk, type Pod } from "../../domain/stanza/instance-pod.ts";
import { ofDatabase } from "../../domain/stanza/pgbackrest-info.ts";
import {
  databaseContainer,
  isBeingRestored,
  notApplicable,
  repositoryNames,
  stanzaName,
  unfinishedRemoval,
  type PostgresCluster,
} from "../../domain/stanza/postgres-cluster.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/** What is known of one cluster's stanza, and who said it. */
export interface Probe {
  readonly status: StanzaStatus;
  /** The instance that was asked; undefined when the PostgresCluster or its Pods alone decide the status. */
  readonly pod: string | undefined;
  /** What Postgres in that instance answered. */
  readonly database: DatabaseAnswer;
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
 * The status of one cluster's stanza. If the PostgresCluster alone decides, nothing else is asked; otherwise one of its
 * instances is. If PGO's status lacks the system identifier, an existing stanza is compared with the identifier that
 * Postgres reports.
 */
export async function probeStanza(
  client: KubernetesClient,
  cluster: PostgresCluster,
  instances: readonly Pod[],
  timeLimit: Duration,
  signal: AbortSignal,
): Promise<Probe> {
  const known = statusOfResource(cluster);
  if (known !== undefined) return { pod: undefined, status: known, database: notAsked };
  const instance = instanceToAsk(instances);
  if (instance === undefined) return { pod: undefined, status: noInstance(cluster, instances), database: notAsked };

  const expected = {
    stanza: stanzaName,
    repositories: repositoryNames(cluster),
    systemIdentifier: cluster.status?.patroni?.systemIdentifier,
  };
  const pod = instance.metadata.name;
  const container = containerOf(instance.metadata, databaseContainer);
  const { status, database } = await instanceAnswer(client.exec, container, expected, timeLimit, signal);
  if (status.status !== "okay" || expected.systemIdentifier !== undefined) return { pod, status, database };
  return { pod, status: ofDatabase(status, database), database };
}

const notAsked: DatabaseAnswer = { unknown: "no instance was asked" };

/** The status that the PostgresCluster alone decides. */
function statusOfResource(cluster: PostgresCluster): StanzaStatus | undefined {
  if (cluster.unreadable !== undefined) return { status: "unreadable", reason: cluster.unreadable };
  const removal = unfinishedRemoval(cluster);
  if (removal !== undefined) return { status: "backups-removed", reason: removal };
  const excused = notApplicable(cluster);
  return excused && { status: "not-applicable", ...excused };
}

function noInstance(cluster: PostgresCluster, instances: readonly Pod[]): StanzaStatus {
  const idle = instances.filter((pod) => !databaseRuns(pod)).map((pod) => pod.metadata.name);
  const paused = cluster.spec.paused === true;
  if (isBeingRestored(cluster)) {
    const stopped = paused ? ", but spec.paused is true: PGO does not go on" : "";
    return { status: "no-instance", because: "restoring", reason: `PGO is restoring its data${stopped}` };
  }
  if (idle.length > 0) {
    return { status: "no-instance", reason: `the database container does not run in ${idle.join(", ")}` };
  }
  if (paused) return { status: "no-instance", reason: "no Pod, and spec.paused is true: PGO starts none" };
  const isNew = cluster.status?.pgbackrest === undefined;
  return { status: "no-instance", reason: isNew ? "no Pod: PGO has not reconciled this cluster" : "no Pod" };
}

import pLimit from "p-limit";
import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import type { Duration } from "../../domain/duration.ts";
import { instancesByCluster } from "../../domain/stanza/instance-pod.ts";
import {
  clusterNameOf,
  operatorSaysCreated,
  repositoryNames,
  repositoryPlace,
  type PostgresCluster,
} from "../../domain/stanza/postgres-cluster.ts";
import type { ScanEntry } from "../../domain/stanza/list-report.ts";
import { recoveryOf } from "../../domain/stanza/recovery.ts";
import { disagreement } from "../../domain/stanza/status.ts";
import { backupFlags } from "../../domain/stanza/backup-flags.ts";
import type { FlagCode } from "../../domain/stanza/flag-codes.ts";
import { verdictWithFlags, type Flag } from "../../domain/stanza/flags.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { probeStanza, type Probe } from "./probe.ts";
import type { Surroundings } from "../surroundings.ts";

/** Which clusters to ask, and how. */
export interface ScanOptions {
  /** One namespace; every namespace when absent. */
  readonly namespace: string | undefined;
  /** How many clusters are asked at the same time, at most. */
  readonly concurrency: number;
  /** For one cluster's answer. */
  readonly timeLimit: Duration;
  /** Called before each cluster is asked; `total` is the number of all clusters. */
  readonly onStart?: (cluster: ObjectName, total: number) => void;
  /** Flags that do not count, because the caller knows of them. */
  readonly allowed: readonly FlagCode[];
  /** Called after each cluster. */
  readonly onEntry?: (entry: ScanEntry) => void;
}

/**
 * The stanza and the backups of every PostgresCluster, in the API server's order: two LISTs, then one remote command per
 * cluster. It only reads. A cluster that does not answer does not affect the others.
 */
export async function scanStanzas(
  client: KubernetesClient,
  options: ScanOptions,
  { signal, now }: Surroundings,
): Promise<ScanEntry[]> {
  const [clusters, pods] = await Promise.all([
    client.listPostgresClusters(options.namespace),
    client.listInstancePods({ namespace: options.namespace }),
  ]);
  const instancesOf = instancesByCluster(pods);
  const atOnce = pLimit(options.concurrency);
  return Promise.all(
    clusters.map((cluster) =>
      atOnce(async () => {
        const name = clusterNameOf(cluster);
        options.onStart?.(name, clusters.length);
        const instances = instancesOf(name);
        const probe = await probeStanza(client, cluster, instances, options.timeLimit, signal);
        const flags = withAllowed(flagsOf(client.context, cluster, probe, now()), options.allowed);
        const entry = scanEntry(cluster, probe, { flags, now: now() });
        options.onEntry?.(entry);
        return entry;
      }),
    ),
  );
}

function flagsOf(context: string, cluster: PostgresCluster, { status, database }: Probe, now: Date): Flag[] {
  return status.status === "okay" ? backupFlags({ context, cluster, status, database, now }) : [];
}

function withAllowed(flags: readonly Flag[], allowed: readonly FlagCode[]): Flag[] {
  return flags.map((flag) => (allowed.includes(flag.code) ? { ...flag, allowed: true } : flag));
}

function scanEntry(
  cluster: PostgresCluster,
  { database, pod, status }: Probe,
  { flags, now }: { readonly flags: Flag[]; readonly now: Date },
): ScanEntry {
  const created = operatorSaysCreated(cluster);
  const contradiction = disagreement(status, created);
  return {
    namespace: cluster.metadata.namespace,
    cluster: cluster.metadata.name,
    uid: cluster.metadata.uid,
    ...(pod !== undefined && { pod }),
    status,
    flags,
    verdict: verdictWithFlags(status, flags),
    recovery: recoveryOf({ database, declared: repositoryNames(cluster), now, status }),
    repositoryPlace: repositoryPlace(cluster),
    ...(cluster.spec.paused === true && { paused: true }),
    ...(created !== undefined && { operatorSaysCreated: created }),
    ...(contradiction !== undefined && { disagreement: contradiction }),
  };
}

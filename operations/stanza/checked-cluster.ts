import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { instancesByCluster } from "../../domain/stanza/instance-pod.ts";
import type { PostgresCluster } from "../../domain/stanza/postgres-cluster.ts";
import { firstBackupRefusal, refusalOf } from "../../domain/stanza/refusal.ts";
import { statusDetail, statusText, type StanzaStatus } from "../../domain/stanza/status.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { existingCluster, probeStanza } from "./probe.ts";

/** Seconds for which incomplete info files are looked at again. `stanza-create` writes all of them within two or so. */
const incompleteSeconds = 10;

/** A PostgresCluster and the state of its stanza, read at about the same time. */
export interface Look {
  readonly resource: PostgresCluster;
  readonly status: StanzaStatus;
}

/**
 * The PostgresCluster of that name.
 *
 * @param uid the `metadata.uid` that it must have; any when undefined.
 * @throws RecoveryError `usage` when there is none, or it has another uid.
 */
export async function sameCluster(
  client: KubernetesClient,
  cluster: ObjectName,
  uid: string | undefined,
): Promise<PostgresCluster> {
  const found = await existingCluster(client, cluster);
  if (uid === undefined || found.metadata.uid === uid) return found;
  throw new RecoveryError(
    "cluster-recreated",
    `${formatObjectName(cluster)} was deleted and recreated: its metadata.uid is ${found.metadata.uid}, expected ${uid}`,
    { next: "check whether the recreated cluster needs a stanza, too; if so, give its uid" },
  );
}

/**
 * Reads the cluster, as {@link sameCluster} does, and asks pgBackRest. Incomplete info files are looked at again for some
 * seconds: another stack, PGO, or a person may be creating the stanza.
 */
export async function lookAtStanza(
  client: KubernetesClient,
  cluster: ObjectName,
  uid: string | undefined,
  limit: Duration,
  surroundings: Surroundings,
): Promise<Look> {
  const wait = new Wait({ limit: incompleteSeconds, pauses: [1] }, surroundings);
  let look: Look;
  do {
    look = await lookOnce(client, cluster, uid, limit, surroundings);
    if (look.status.status !== "broken" || look.status.because !== "incomplete") return look;
  } while (await wait.pause("pgBackRest's info files are incomplete: looking again, in case they are being written"));
  return look;
}

async function lookOnce(
  client: KubernetesClient,
  cluster: ObjectName,
  uid: string | undefined,
  limit: Duration,
  { signal }: Surroundings,
): Promise<Look> {
  const [resource, pods] = await Promise.all([
    sameCluster(client, cluster, uid),
    client.listInstancePods({ namespace: cluster.namespace, cluster: cluster.name }),
  ]);
  const { status } = await probeStanza(client, resource, instancesByCluster(pods)(cluster), limit, signal);
  return { resource, status };
}

/** A line of progress about a status. */
export function statusLine(status: StanzaStatus): string {
  return [statusText(status), statusDetail(status)].filter(Boolean).join(": ");
}

/**
 * The first look of a creation, which decides whether it may go on.
 *
 * @throws RecoveryError when no stanza is created for this status, or a first backup was asked for that PGO would not take.
 */
export async function checkedCluster(
  client: KubernetesClient,
  { cluster, firstBackup, timeLimits, uid }: TaskOf<"stanza create">,
  surroundings: Surroundings,
): Promise<Look> {
  const look = await lookAtStanza(client, cluster, uid, timeLimits.info, surroundings);
  const name = formatObjectName(cluster);
  surroundings.progress(statusLine(look.status));
  const refusal = refusalOf(name, look.status) ?? firstBackupRefusalOf(name, look, firstBackup);
  if (refusal !== undefined) throw refusal;
  return look;
}

function firstBackupRefusalOf(name: string, { resource, status }: Look, asked = false): RecoveryError | undefined {
  return asked ? firstBackupRefusal(name, status, resource) : undefined;
}

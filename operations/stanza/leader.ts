import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { patroniLeader } from "../../clients/pod/patroni.ts";
import { RecoveryError } from "../../domain/errors.ts";
import {
  annotatedAsPrimary,
  databaseRuns,
  instancesByCluster,
  instanceToAsk,
} from "../../domain/stanza/instance-pod.ts";
import { databaseContainer } from "../../domain/stanza/postgres-cluster.ts";
import { notAllowedAdvice } from "../../domain/stanza/status.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import { Wait } from "../waiting.ts";
import type { Surroundings } from "../surroundings.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/** Seconds for an election: Patroni's TTL (30 s under PGO) and the promotion. */
const electionSeconds = 60;

/**
 * The Pod of the current leader, as `patronictl list` names it. If Patroni does not answer, its annotation on the Pods
 * decides. While there is no leader, this waits for an election, 60 s at most. Both sources can be some seconds old, so a
 * command that writes must prove again that it runs on the primary.
 *
 * @throws RecoveryError when no instance runs, there is no single leader, or the leader is not a Pod of this cluster.
 */
export async function findLeader(
  client: KubernetesClient,
  cluster: ObjectName,
  surroundings: Surroundings,
): Promise<string> {
  const wait = new Wait({ limit: electionSeconds, pauses: [2] }, surroundings);
  do {
    const leader = await leaderNow(client, cluster, surroundings);
    if (leader !== undefined) return leader;
  } while (await wait.pause("Patroni has no running leader at the moment: waiting for the election"));
  throw new RecoveryError(
    "leader-missing",
    `${formatObjectName(cluster)}: Patroni has had no running leader for ${electionSeconds} s`,
    { next: "find out why its members elect none (`patronictl list` in an instance), then run again" },
  );
}

async function leaderNow(
  client: KubernetesClient,
  cluster: ObjectName,
  { signal, progress }: Surroundings,
): Promise<string | undefined> {
  const name = formatObjectName(cluster);
  const listed = await client.listInstancePods({ namespace: cluster.namespace, cluster: cluster.name });
  const pods = instancesByCluster(listed)(cluster);
  const instance = instanceToAsk(pods);
  if (instance === undefined) {
    throw new RecoveryError("instance-missing", `${name}: no instance Pod whose database container runs`, {
      next: "find out why the Pods do not run",
    });
  }
  const container = containerOf(instance.metadata, databaseContainer);
  const answer = await patroniLeader(client.exec, container, signal);
  switch (answer.answer) {
    case "leader":
      // A wrong answer would lead the dump and stanza-create into another cluster's Pod.
      if (pods.some((pod) => pod.metadata.name === answer.pod)) return answer.pod;
      throw new RecoveryError(
        "leader-foreign",
        `${name}: Patroni names ${answer.pod} as its leader, which is not an instance Pod of this cluster`,
        { next: "compare `patronictl list` in an instance with the cluster's Pods" },
      );
    case "none":
      return undefined;
    case "not-allowed":
      throw new RecoveryError("exec-forbidden", `${name}: ${answer.reason}`, { next: notAllowedAdvice });
    case "unknown": {
      progress(`${answer.reason}; using the status annotation of the Pods instead`);
      const annotated = pods
        .filter((pod) => databaseRuns(pod) && annotatedAsPrimary(pod))
        .map((pod) => pod.metadata.name);
      const [leader, ...others] = annotated;
      if (leader === undefined || others.length > 0) {
        throw new RecoveryError(
          "leader-unknown",
          `${name}: the leader is not known: ${answer.reason}, and ${annotated.length} Pods are annotated as primary`,
          { next: "run `patronictl list` in an instance and fix what it reports" },
        );
      }
      return leader;
    }
  }
}

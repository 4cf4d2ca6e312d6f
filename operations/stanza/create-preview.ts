import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { databaseFacts, isInRecovery } from "../../clients/pod/postgres.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { StanzaCreatePreview } from "../../domain/stanza/create-preview.ts";
import { takesFirstBackupItself } from "../../domain/stanza/first-backup.ts";
import { databaseContainer } from "../../domain/stanza/postgres-cluster.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { dumpTarget } from "../dump/place.ts";
import type { Surroundings } from "../surroundings.ts";
import { checkedCluster } from "./checked-cluster.ts";
import { findLeader } from "./leader.ts";

/**
 * Makes every check of `createStanza` and says what it would do. It changes nothing.
 *
 * @throws RecoveryError as `createStanza` does before it changes anything.
 */
export async function previewStanzaCreation(
  client: KubernetesClient,
  request: TaskOf<"stanza create">,
  surroundings: Surroundings,
): Promise<StanzaCreatePreview> {
  const { resource, status } = await checkedCluster(client, request, surroundings);
  const report = {
    version: 1 as const,
    context: client.context,
    cluster: formatObjectName(request.cluster),
    uid: resource.metadata.uid,
    status,
    ...firstBackup(request, status, takesFirstBackupItself(resource)),
  };
  if (status.status === "okay") return report;
  return { ...report, create: await plannedCreate(client, request, surroundings) };
}

function firstBackup(
  request: TaskOf<"stanza create">,
  status: StanzaStatus,
  byItself: boolean,
): Pick<StanzaCreatePreview, "firstBackup"> {
  if (request.firstBackup !== true || (status.status === "okay" && status.backups.count > 0)) return {};
  return { firstBackup: byItself ? "waited-for" : "ordered" };
}

async function plannedCreate(
  client: KubernetesClient,
  { cluster, dump }: TaskOf<"stanza create">,
  surroundings: Surroundings,
): Promise<NonNullable<StanzaCreatePreview["create"]>> {
  const leader = await findLeader(client, cluster, surroundings);
  const container = containerOf({ namespace: cluster.namespace, name: leader }, databaseContainer);
  const recovering = await isInRecovery(client.exec, container, surroundings.signal);
  if (recovering !== false)
    throw new RecoveryError(
      "leader-unknown",
      `${formatObjectName(cluster)}: Patroni names ${leader} as its leader, but ${recovering === undefined ? "Postgres does not answer there" : "it is in recovery"}`,
      { next: "run `patronictl list` in an instance and fix what it reports" },
    );
  if ("skip" in dump) return { leader, dump: { skipped: dump.skip } };
  const target = await dumpTarget(dump, surroundings);
  const facts = await databaseFacts(client.exec, container, surroundings.signal);
  await target.check(facts?.bytes);
  return { leader, dump: { directory: dump.directory, ...(facts && { databaseBytes: facts.bytes }) } };
}

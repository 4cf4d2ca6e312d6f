import { z } from "zod";
import { containerRuns, containerStatusesSchema } from "../kubernetes/container.ts";
import { parsedJson } from "../text.ts";
import { databaseContainer, labels } from "./postgres-cluster.ts";
import { type ObjectName, formatObjectName } from "../kubernetes/object-name.ts";

/** The parts of a Pod that the stanza runbook reads. */
export const podSchema = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.unknown().optional(),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      containerStatuses: containerStatusesSchema,
    })
    .prefault({}),
});
export type Pod = z.infer<typeof podSchema>;

/** Whether a command can be run in the Pod's `database` container. */
export function databaseRuns(pod: Pod): boolean {
  if (pod.status.phase !== "Running" || pod.metadata.deletionTimestamp !== undefined) return false;
  return containerRuns(pod.status.containerStatuses, databaseContainer);
}

/** A lookup of each cluster's database instances among the Pods, without repo hosts, poolers and backup jobs. */
export function instancesByCluster(pods: readonly Pod[]): (cluster: ObjectName) => readonly Pod[] {
  const instances = pods.filter(isInstance);
  const byCluster = Map.groupBy(instances, ({ metadata }) =>
    formatObjectName({ namespace: metadata.namespace, name: metadata.labels[labels.cluster] ?? "" }),
  );
  return (cluster) => byCluster.get(formatObjectName(cluster)) ?? [];
}

/** What PGO writes into the label `role` of Pods that are no instances. */
const otherRoles = ["pgbouncer", "pgadmin"];

/**
 * Whether PGO runs a database in the Pod. The label of instances alone does not tell: PGO puts the labels of
 * `spec.metadata` on all Pods of a cluster, and overwrites only those that a kind of Pod has itself
 * (internal/controller/postgrescluster/{instance,pgbackrest,pgbouncer}.go).
 */
function isInstance({ metadata }: Pod): boolean {
  const own = metadata.labels;
  if (own[labels.instance] === undefined || own[labels.pgbackrest] !== undefined) return false;
  return !otherRoles.includes(own[labels.role] ?? "");
}

const patroniStatus = z.object({ role: z.string() });

/**
 * Whether Patroni's `status` annotation calls the Pod the writable primary: `master` before Patroni 4, `primary` since.
 * PGO decides by the same field. The label `role=master` proves less, because a standby leader has it, too
 * (CrunchyData/postgres-operator internal/controller/postgrescluster/instance.go, IsWritable).
 */
export function annotatedAsPrimary(pod: Pod): boolean {
  const annotation = pod.metadata.annotations["status"];
  if (annotation === undefined) return false;
  const role = patroniStatus.safeParse(parsedJson(annotation)).data?.role;
  return role === "master" || role === "primary";
}

/** The instance to ask: the annotated primary if there is one, else any instance whose database container runs. */
export function instanceToAsk(pods: readonly Pod[]): Pod | undefined {
  const running = pods.filter(databaseRuns);
  return running.find(annotatedAsPrimary) ?? running[0];
}

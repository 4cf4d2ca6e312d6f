import { finding, type Finding } from "../finding.ts";
import { generationAnnotation, postgresqlName } from "./names.ts";
import {
  isReady,
  podRevision,
  podRole,
  spiloVariables,
  type DatabasePod,
  type HarborCluster,
  type Postgresql,
  type StatefulSet,
} from "./objects.ts";
import { harborOperatorPgHba, isInPlace } from "./pg-hba.ts";
import { operatorAssigned } from "../spilo/variables.ts";
import { pgHbaOf } from "../spilo/configuration.ts";
import type { WalgListing } from "../walg/storage.ts";
import { type ObjectName, formatObjectName } from "../kubernetes/object-name.ts";
import { backupsFromEnvironment } from "../spilo/backups-from-environment.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";

/** Hours after which the newest backup is old: a day, which is Spilo's default schedule, and time to make one. */
const oldHours = 30;
const hour = 3_600_000;

/** What the Harbor operator says of its HarborCluster. */
export function judgeHarborCluster(harbor: ObjectName, cluster: HarborCluster | undefined): Finding[] {
  const where = `HarborCluster ${formatObjectName(harbor)}`;
  if (cluster === undefined)
    return [
      finding(
        "refuse",
        "does not exist",
        where,
        "check the name; `kubectl get harborclusters -A` lists those that there are",
      ),
    ];
  const unmet = cluster.status.conditions.filter(({ status }) => status !== "True");
  if (unmet.length === 0)
    return [finding("ok", `generation ${cluster.metadata.generation}, every condition is met`, where, "")];
  return unmet.map(({ type, message }) =>
    finding(
      "warn",
      `${type} is not met${message === "" ? "" : `: ${message}`}`,
      where,
      "see the Harbor operator's log",
    ),
  );
}

/** What the Zalando operator says of the database, and whether its list of pg_hba is the required one. */
export function judgePostgresql(
  harbor: ObjectName,
  postgresql: Postgresql | undefined,
  required: readonly string[],
): Finding[] {
  const where = resourceOf(harbor);
  if (postgresql === undefined)
    return [finding("refuse", "is not made", where, "see the HarborCluster's status, and the Harbor operator's log")];
  const { metadata, spec, status } = postgresql;
  const { PostgresClusterStatus: state } = status;
  const { pg_hba: list } = spec.patroni;
  const generation = metadata.annotations[generationAnnotation(harbor)] ?? "unknown";
  const putBack = `postgres-recovery harbor pg-hba ${formatObjectName(harbor)}`;
  return [
    state === "Running"
      ? finding(
          "ok",
          `Running, UID ${metadata.uid}, written by the Harbor operator at generation ${generation}`,
          where,
          "",
        )
      : finding("warn", `status ${state === "" ? "not known yet" : state}`, where, "see the Zalando operator's log"),
    isInPlace(list, required)
      ? finding("ok", `pg_hba is in place (${list.length} lines)`, where, "")
      : isInPlace(list, harborOperatorPgHba)
        ? finding(
            "refuse",
            "pg_hba is the Harbor operator's own two lines: it was reverted, or never patched",
            where,
            putBack,
          )
        : finding("refuse", `pg_hba is another list than the required one (${list.length} lines)`, where, putBack),
  ];
}

/** Whether the Pods' template has what the resource and pod-config say. */
export function judgeTemplate(
  harbor: ObjectName,
  statefulSet: StatefulSet | undefined,
  required: readonly string[],
  podConfig: Readonly<Record<string, string>> | undefined,
): Finding[] {
  const where = `StatefulSet ${harbor.namespace}/${postgresqlName(harbor)}`;
  if (statefulSet === undefined) return [finding("refuse", "is not made", where, "see the Zalando operator's log")];
  const variables = spiloVariables(statefulSet.spec.template.spec.containers);
  const list = pgHbaOf(variables);
  const later = "the Zalando operator looks at its next sync (30 minutes by default); restart it to have it look now";
  const stale = Object.entries(podConfig ?? {})
    .filter(([name, value]) => !operatorAssigned.has(name) && variables.get(name)?.value !== value)
    .map(([name]) => name);
  return [
    isInPlace(list, required)
      ? finding("ok", "has the required pg_hba", where, "")
      : finding("warn", "has another pg_hba than the required one", where, `once the resource has it: ${later}`),
    ...(podConfig === undefined
      ? []
      : [
          stale.length === 0
            ? finding("ok", "has every value of pod-config", where, "")
            : finding("warn", `has not the present value of ${stale.join(", ")}`, where, later),
        ]),
  ];
}

/** Names of the CLONE_ variables that pod-config holds or the next Pod would get. */
export function cloneVariables(
  variables: ReadonlyMap<string, ContainerVariable>,
  podConfig: Readonly<Record<string, string>> | undefined,
): string[] {
  return [...new Set([...variables.keys(), ...Object.keys(podConfig ?? {})])]
    .filter((name) => name.startsWith("CLONE_"))
    .toSorted();
}

/** Whether a restore was finished: what is left of it would clone old data again once the volumes are lost, and into every new database. */
export function judgeClone(names: readonly string[], systemIdentifier: string | undefined): Finding[] {
  const where = "pod-config and the StatefulSet";
  if (names.length === 0) return [finding("ok", "no CLONE_ value is left", where, "")];
  return systemIdentifier === undefined
    ? [finding("ok", `a restore is declared: ${names.join(", ")}`, where, "")]
    : [
        finding(
          "warn",
          `the database is there, and still: ${names.join(", ")}`,
          where,
          "when the restored data are verified, finish the restore: remove harbor.restore from the stack's settings, and `pulumi up`",
        ),
      ];
}

/** Leader, replicas, and Pods that still run with what the template was before. */
export function judgePods(
  harbor: ObjectName,
  pods: readonly DatabasePod[],
  statefulSet: StatefulSet | undefined,
): Finding[] {
  const where = `Pods of ${harbor.namespace}/${postgresqlName(harbor)}`;
  const leaders = pods.filter((pod) => podRole(pod) === "leader");
  const names = (some: readonly DatabasePod[]): string => some.map(({ metadata }) => metadata.name).join(", ");
  const revision = statefulSet?.status.updateRevision;
  const old = pods.filter((pod) => revision !== undefined && podRevision(pod) !== revision);
  const unready = pods.filter((pod) => !isReady(pod));
  return [
    pods.length === 0
      ? finding("refuse", "there is none", where, "see the StatefulSet's events")
      : leaders.length === 1
        ? finding("ok", `${names(leaders)} is the leader of ${pods.length}`, where, "")
        : finding(
            "refuse",
            leaders.length === 0 ? "none is the leader" : `${names(leaders)} are labelled as leaders`,
            where,
            "see Patroni's log in the Pods: pg_hba, credentials, or a restore under way",
          ),
    ...(unready.length === 0
      ? []
      : [finding("warn", `not ready: ${names(unready)}`, where, "see their events and logs")]),
    ...(old.length === 0
      ? []
      : [
          finding(
            "warn",
            `made from an older template: ${names(old)}`,
            where,
            `postgres-recovery harbor roll ${formatObjectName(harbor)}`,
          ),
        ]),
  ];
}

/** How old the newest backup is. */
export function judgeBackups(where: string, { backups, incomplete }: WalgListing, now: number): Finding[] {
  const newest = backups.at(-1);
  const brokenOff = incomplete.filter(({ modified }) => now - modified > oldHours * hour).length;
  const left =
    brokenOff === 0
      ? []
      : [
          finding(
            "warn",
            `${brokenOff} backups were broken off`,
            where,
            "see the Pods' backup log; WAL-G's retention removes them with the next ones",
          ),
        ];
  if (newest === undefined)
    return [
      finding(
        "refuse",
        "there is no finished backup",
        where,
        "see the backup log in the leader's Pod; pg_hba must let the user postgres in at the socket",
      ),
      ...left,
    ];
  const age = Math.floor((now - newest.modified) / hour);
  const what = `${backups.length} backups, the newest ${newest.name} of ${new Date(newest.modified).toISOString()}, ${age} h old`;
  return [
    age > oldHours
      ? finding("warn", what, where, "see BACKUP_SCHEDULE, and the backup log in the leader's Pod")
      : finding("ok", what, where, ""),
    ...left,
  ];
}

/** Where the database writes its backups, by the environment of its Pods, and how that place is reached. */
export function backupStore(
  harbor: ObjectName,
  variables: ReadonlyMap<string, ContainerVariable>,
): { bucket: string; prefix: string; region: string; endpoint: string | undefined } | undefined {
  const url = backupsFromEnvironment(harbor.namespace, postgresqlName(harbor), variables);
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(url ?? "") ?? [];
  const region = variables.get("AWS_REGION")?.value;
  return bucket === undefined || prefix === undefined || region === undefined
    ? undefined
    : { bucket, prefix, region, endpoint: variables.get("AWS_ENDPOINT")?.value };
}

function resourceOf(harbor: ObjectName): string {
  return `postgresql ${harbor.namespace}/${postgresqlName(harbor)}`;
}

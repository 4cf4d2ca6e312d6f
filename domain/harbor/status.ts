import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import { lastRun, parseSchedule, scheduleProblem } from "../spilo/schedule.ts";
import { generationAnnotation, postgresqlName } from "./names.ts";
import {
  isReady,
  patroniStatus,
  podRevision,
  podRole,
  spiloContainer,
  spiloVariables,
  type DatabasePod,
  type HarborCluster,
  type Postgresql,
  type StatefulSet,
} from "./objects.ts";
import { droppedLines, harborOperatorPgHba, isInPlace } from "./pg-hba.ts";
import { operatorAssigned } from "../spilo/variables.ts";
import { pgHbaOf } from "../spilo/configuration.ts";
import type { WalgListing } from "../walg/storage.ts";
import { type ObjectName, formatObjectName } from "../kubernetes/object-name.ts";
import { backupsFromEnvironment } from "../spilo/backups-from-environment.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";

/** Hours that a backup may take after its scheduled moment. */
const backupHours = 6;
/** Spilo's default (configure_spilo.py). */
const defaultSchedule = "0 1 * * *";
/** Age in hours from which an unfinished backup counts as interrupted. */
const oldHours = 30;
const hour = 3_600_000;

/** What the Harbor operator reports about its HarborCluster. */
export function judgeHarborCluster(harbor: ObjectName, cluster: HarborCluster | undefined): Finding[] {
  const at = findingsAt(`HarborCluster ${formatObjectName(harbor)}`);
  if (cluster === undefined) {
    return [
      at.refuse(
        "harbor-cluster-missing",
        "does not exist",
        "check the name; `kubectl get harborclusters -A` lists all",
      ),
    ];
  }
  const unmet = cluster.status.conditions.filter(({ status }) => status !== "True");
  if (unmet.length === 0) {
    const what = `generation ${cluster.metadata.generation}, every condition is met`;
    return [at.ok("harbor-cluster-conditions-met", what)];
  }
  return unmet.map(({ type, message }) =>
    at.warn(
      "harbor-cluster-condition-unmet",
      `${type} is not met${message === "" ? "" : `: ${message}`}`,
      "see the Harbor operator's log",
    ),
  );
}

/** What the Zalando operator reports about the database, and whether its pg_hba list is the required one. */
export function judgePostgresql(
  harbor: ObjectName,
  postgresql: Postgresql | undefined,
  required: readonly string[],
): Finding[] {
  const at = findingsAt(resourceOf(harbor));
  if (postgresql === undefined) {
    const fix = "see the HarborCluster's status, and the Harbor operator's log";
    return [at.refuse("postgresql-missing", "does not exist", fix)];
  }
  const { metadata, spec, status } = postgresql;
  return [
    stateFinding(status.PostgresClusterStatus, metadata.uid, metadata.annotations[generationAnnotation(harbor)], at),
    listFinding(spec.patroni.pg_hba, required, harbor, at),
  ];
}

function stateFinding(state: string, uid: string, generation: string | undefined, at: FindingsAt): Finding {
  if (state !== "Running") {
    const what = `status ${state === "" ? "not known yet" : state}`;
    return at.warn("postgresql-not-running", what, "see the Zalando operator's log");
  }
  const writtenAt = `written by the Harbor operator at generation ${generation ?? "unknown"}`;
  return at.ok("postgresql-running", `Running, UID ${uid}, ${writtenAt}`);
}

function listFinding(
  list: readonly string[],
  required: readonly string[],
  harbor: ObjectName,
  at: FindingsAt,
): Finding {
  const putBack = `postgres-recovery harbor pg-hba ${formatObjectName(harbor)}`;
  if (isInPlace(list, required)) return at.ok("pg-hba-in-place", `pg_hba is in place (${list.length} lines)`);
  if (isInPlace(list, harborOperatorPgHba)) {
    const what = "pg_hba is the Harbor operator's own two lines: it was reverted, or never patched";
    return at.refuse("pg-hba-reverted", what, putBack);
  }
  const dropped = droppedLines(list, required);
  const extra = dropped.length === 0 ? "" : `; not declared, so writing it removes: ${dropped.join("; ")}`;
  const what = `pg_hba differs from the required list (${list.length} lines)${extra}`;
  return at.refuse("pg-hba-different", what, putBack);
}

/** Whether the Pods' template matches the resource and pod-config. */
export function judgeTemplate(
  harbor: ObjectName,
  statefulSet: StatefulSet | undefined,
  required: readonly string[],
  podConfig: Readonly<Record<string, string>> | undefined,
): Finding[] {
  const at = findingsAt(`StatefulSet ${harbor.namespace}/${postgresqlName(harbor)}`);
  if (statefulSet === undefined)
    return [at.refuse("stateful-set-missing", "does not exist", "see the Zalando operator's log")];
  const variables = spiloVariables(statefulSet.spec.template.spec.containers);
  const later = "the Zalando operator looks at its next sync (30 minutes by default); restart it to have it look now";
  const findings: Finding[] = [];
  if (isInPlace(pgHbaOf(variables), required)) {
    findings.push(at.ok("template-pg-hba-current", "has the required pg_hba"));
  } else {
    const what = "has a different pg_hba list";
    findings.push(at.warn("template-pg-hba-outdated", what, `once the resource has it: ${later}`));
  }
  if (podConfig === undefined) return findings;
  const stale = Object.entries(podConfig)
    .filter(([name, value]) => !operatorAssigned.has(name) && variables.get(name)?.value !== value)
    .map(([name]) => name);
  if (stale.length === 0) {
    findings.push(at.ok("template-pod-config-current", "has every value of pod-config"));
  } else {
    const what = `does not have the current value of ${stale.join(", ")}`;
    findings.push(at.warn("template-pod-config-outdated", what, later));
  }
  return findings;
}

/** Names of the CLONE_ variables in pod-config or in the Pods' template. */
export function cloneVariables(
  variables: ReadonlyMap<string, ContainerVariable>,
  podConfig: Readonly<Record<string, string>> | undefined,
): string[] {
  return [...new Set([...variables.keys(), ...Object.keys(podConfig ?? {})])]
    .filter((name) => name.startsWith("CLONE_"))
    .toSorted();
}

/** Whether a restore was finished. CLONE_ values that are left would clone the old data again into every new database. */
export function judgeClone(names: readonly string[], systemIdentifier: string | undefined): Finding[] {
  const at = findingsAt("pod-config and the StatefulSet");
  if (names.length === 0) return [at.ok("clone-values-gone", "no CLONE_ value is left")];
  if (systemIdentifier === undefined)
    return [at.ok("clone-values-declared", `a restore is declared: ${names.join(", ")}`)];
  return [
    at.warn(
      "clone-values-left",
      `the database exists, and these are still set: ${names.join(", ")}`,
      "once the restored data are verified, finish the restore: remove harbor.restore from the stack's settings, and `pulumi up`",
    ),
  ];
}

/** The leader, readiness, and Pods that still come from an older template. */
export function judgePods(
  harbor: ObjectName,
  pods: readonly DatabasePod[],
  statefulSet: StatefulSet | undefined,
): Finding[] {
  const at = findingsAt(`Pods of ${harbor.namespace}/${postgresqlName(harbor)}`);
  const revision = statefulSet?.status.updateRevision;
  const old = pods.filter((pod) => revision !== undefined && podRevision(pod) !== revision);
  const unready = pods.filter((pod) => !isReady(pod));
  const findings = [leaderFinding(pods, at)];
  if (unready.length > 0)
    findings.push(at.warn("pods-not-ready", `not ready: ${podNames(unready)}`, "see their events and logs"));
  findings.push(...streamingFindings(pods, at));
  if (old.length > 0) {
    const roll = `postgres-recovery harbor roll ${formatObjectName(harbor)}`;
    findings.push(at.warn("pods-outdated", `from an older template: ${podNames(old)}`, roll));
  }
  return findings;
}

function leaderFinding(pods: readonly DatabasePod[], at: FindingsAt): Finding {
  if (pods.length === 0) return at.refuse("pods-missing", "there is none", "see the StatefulSet's events");
  const leaders = pods.filter((pod) => podRole(pod) === "leader");
  const fix = "see Patroni's log in the Pods: pg_hba, credentials, or a restore under way";
  if (leaders.length === 0) return at.refuse("pods-without-leader", "none is the leader", fix);
  if (leaders.length > 1)
    return at.refuse("pods-with-several-leaders", `${podNames(leaders)} are labelled as leaders`, fix);
  return at.ok("pods-have-a-leader", `${podNames(leaders)} is the leader of ${pods.length}`);
}

/** Patroni's own word on its replicas. It is an old one if Patroni no longer runs. */
function streamingFindings(pods: readonly DatabasePod[], at: FindingsAt): Finding[] {
  return pods.flatMap((pod) => {
    const { state = "running", replicationState = "streaming" } = patroniStatus(pod);
    if (podRole(pod) === "leader" || (state === "running" && replicationState === "streaming")) return [];
    const patroni = state === "running" ? replicationState : state;
    const { namespace, name } = pod.metadata;
    return [
      at.warn(
        "pods-not-streaming",
        `${name} does not stream from a leader; Patroni says: ${patroni}`,
        `kubectl -n ${namespace} logs ${name} -c ${spiloContainer}`,
      ),
    ];
  });
}

function podNames(pods: readonly DatabasePod[]): string {
  return pods.map(({ metadata }) => metadata.name).join(", ");
}

/**
 * The age of the newest backup by the schedule, and backups that were interrupted.
 *
 * @param schedule BACKUP_SCHEDULE of the Pods. Spilo's default counts when it is absent or cannot be read.
 */
export function judgeBackups(
  where: string,
  { backups, incomplete }: WalgListing,
  now: number,
  schedule: string = defaultSchedule,
): Finding[] {
  const at = findingsAt(where);
  const readable = scheduleProblem(schedule) === undefined ? schedule : defaultSchedule;
  const findings = [newestBackupFinding(backups, now, at, readable)];
  const brokenOff = incomplete.filter(({ modified }) => now - modified > oldHours * hour).length;
  if (brokenOff > 0) {
    findings.push(
      at.warn(
        "backups-broken-off",
        `${brokenOff} backups were interrupted`,
        "see the Pods' backup log; WAL-G's retention removes them with the next ones",
      ),
    );
  }
  return findings;
}

function newestBackupFinding(backups: WalgListing["backups"], now: number, at: FindingsAt, schedule: string): Finding {
  const newest = backups.at(-1);
  if (newest === undefined) {
    return at.refuse(
      "backups-none-finished",
      "there is no finished backup",
      "see the backup log in the leader's Pod; pg_hba must let the user postgres in at the socket",
    );
  }
  const due = lastRun(parseSchedule(schedule), now - backupHours * hour);
  const age = Math.floor((now - newest.modified) / hour);
  const what = `${backups.length} backups, the newest ${newest.name} of ${new Date(newest.modified).toISOString()}, ${age} h old`;
  if (due === undefined || newest.modified >= due) return at.ok("backups-recent", what);
  const late = `${what}; one was due at ${new Date(due).toISOString()} (${schedule})`;
  return at.warn("backups-outdated", late, "see BACKUP_SCHEDULE, and the backup log in the leader's Pod");
}

/** Where the database writes its backups, according to the environment of its Pods, with the region and endpoint. */
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

import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";
import { type ObjectName, formatObjectName } from "../kubernetes/object-name.ts";
import { orElse } from "../similar.ts";
import { pgHbaOf } from "../spilo/configuration.ts";
import { operatorAssigned } from "../spilo/variables.ts";
import { generationAnnotation, postgresqlName } from "./names.ts";
import { spiloVariables, type HarborCluster, type Postgresql, type StatefulSet } from "./objects.ts";
import { droppedLines, harborOperatorPgHba, isInPlace } from "./pg-hba.ts";

/**
 * What the Harbor operator reports about its HarborCluster.
 *
 * @param suggestion a question that names an existing one, for a mistyped name. Default: none.
 */
export function judgeHarborCluster(
  harbor: ObjectName,
  cluster: HarborCluster | undefined,
  suggestion?: string,
): Finding[] {
  const at = findingsAt(`HarborCluster ${formatObjectName(harbor)}`);
  if (cluster === undefined) {
    const fix = orElse(suggestion, "check the name; `kubectl get harborclusters -A` lists all");
    return [at.refuse("harbor-cluster-missing", "does not exist", fix)];
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

function resourceOf(harbor: ObjectName): string {
  return `postgresql ${harbor.namespace}/${postgresqlName(harbor)}`;
}

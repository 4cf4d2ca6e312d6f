import { findingsAt, type Finding } from "../finding.ts";
import { lastDue } from "./backup-schedule.ts";
import { postgresClusterSchema, repositoryNames, type PostgresCluster } from "./postgres-cluster.ts";

/**
 * Whether a PostgresCluster, as it is declared, gets backups. What really is in its repositories, `stanza list` shows.
 *
 * @param metadata of the resource; a manifest has no `uid`, and may leave out the namespace.
 */
export function declaredClusterFindings(
  { metadata, spec }: { readonly metadata: Readonly<Record<string, unknown>>; readonly spec: unknown },
  where: string,
  now: Date,
): Finding[] {
  const at = findingsAt(where);
  const defaults = { namespace: "", name: "", uid: "" };
  const { data, error } = postgresClusterSchema.safeParse({ metadata: { ...defaults, ...metadata }, spec: spec ?? {} });
  const problem = data === undefined ? error.issues[0]?.message : data.unreadable;
  if (data === undefined || problem !== undefined) {
    const fix = "compare it with PGO's CRD: kubectl explain postgrescluster.spec";
    return [at.unknown("postgres-cluster-unreadable", `cannot be judged: ${problem ?? ""}`, fix)];
  }
  if (repositoryNames(data).length === 0) {
    const what = "spec.backups names no pgBackRest repository: there are no backups";
    return [at.warn("postgres-cluster-without-repository", what, "name one below spec.backups.pgbackrest.repos")];
  }
  const schedules = schedulesOf(data);
  if (schedules.length === 0) {
    const what = "no repository has a schedule: PGO takes no backup after the first";
    return [
      at.warn("postgres-cluster-without-schedule", what, "set schedules.full of a repository, such as 0 1 * * 0"),
    ];
  }
  const unread = schedules.filter((schedule) => lastDue(schedule, now) === undefined);
  if (unread.length === 0) return [];
  const fix = "write five fields as Kubernetes takes them, such as 0 1 * * 0";
  const what = `no cron schedule, or never due: ${unread.join(", ")}`;
  return [at.unknown("postgres-cluster-schedule-unread", what, fix)];
}

function schedulesOf({ spec }: PostgresCluster): string[] {
  return (spec.backups?.pgbackrest?.repos ?? []).flatMap(({ schedules = {} }) =>
    [schedules.full, schedules.differential, schedules.incremental].filter((schedule) => schedule !== undefined),
  );
}

import { join } from "node:path";
import { instanceLayout, layout } from "../../sandbox/host/directory.ts";
import type { PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { processIn } from "./remote-commands.ts";
import { askDirectly, startDirectly, testDirectory } from "./sandbox.ts";

/** While `work` runs, holds an ACCESS EXCLUSIVE lock on a table, so that every dump has to wait. */
export async function withTableLocked<T>(
  { context, namespace, pods: [pod = ""] }: PostgresCluster,
  work: () => Promise<T>,
): Promise<T> {
  const script = "begin; lock table entry in access exclusive mode; select pg_sleep(600)";
  const release = await startDirectly(context, namespace, pod, "psql", "-Xqd", "app", "-c", script);
  try {
    await waitUntil("the lock on the table", 20, async () => {
      const held =
        "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation is not null and database = (select oid from pg_database where datname = 'app')";
      return Number(await askDirectly(context, namespace, pod, "psql", "-XAtqc", held)) > 0;
    });
    return await work();
  } finally {
    await release();
    // The killed client's backend keeps sleeping; Postgres would notice only when it answers.
    await askDirectly(
      context,
      namespace,
      pod,
      "psql",
      "-XAtqc",
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)' and pid <> pg_backend_pid()",
    );
  }
}

/** Stops the stand-in for PGO while `work` runs. */
export async function withOperatorStopped<T>(work: () => Promise<T>): Promise<T> {
  const pid = new Processes(layout(testDirectory).processes).pid("operator");
  if (pid === undefined) throw new Error("the operator's stand-in does not run");
  process.kill(pid, "SIGSTOP");
  try {
    return await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** While `work` runs, holds pgBackRest's own lock file as its processes do, but at most for this many seconds. */
export async function withLockHeld<T>(cluster: PostgresCluster, seconds: number, work: () => Promise<T>): Promise<T> {
  const {
    context,
    namespace,
    pods: [pod = ""],
  } = cluster;
  const file = join(instanceLayout(testDirectory, cluster, pod).locks, "db-archive.lock");
  const release = await startDirectly(context, namespace, pod, "flock", "--no-fork", file, "sleep", String(seconds));
  try {
    await waitUntil("the lock of pgBackRest", 10, async () => (await processIn(cluster, /^sleep /)) !== undefined);
    return await work();
  } finally {
    await release();
  }
}

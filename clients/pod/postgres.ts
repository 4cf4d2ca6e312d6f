import type { Writable } from "node:stream";
import type { Exec, ExecResult } from "../kubernetes/exec.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";

const sizeQuery = "select coalesce(sum(pg_database_size(oid)), 0) from pg_database where datallowconn";

/** Size of all databases of the instance, in bytes; undefined when Postgres does not answer. */
export async function databaseBytes(
  exec: Exec,
  container: ContainerName,
  signal: AbortSignal,
): Promise<number | undefined> {
  const argv = ["timeout", "-k", "2", "20", "psql", "-XAtqc", sizeQuery];
  const result = await exec(container, argv, { deadlineSeconds: 30, signal });
  const bytes = result.end === "exited" && result.code === 0 ? Number(result.stdout.trim()) : Number.NaN;
  return Number.isFinite(bytes) ? bytes : undefined;
}

/** Milliseconds that pg_dumpall waits for the lock of a table; without this limit an exclusive lock could block it forever. */
const lockWaitMilliseconds = 60_000;

/**
 * Streams `pg_dumpall --no-role-passwords` to `stdout`. The exit code alone does not prove a complete dump: the stream
 * must also end with the trailer.
 */
export async function dumpAll(
  exec: Exec,
  container: ContainerName,
  limitSeconds: number,
  options: { readonly stdout: Writable; readonly signal: AbortSignal },
): Promise<ExecResult> {
  const dump = ["pg_dumpall", "--no-role-passwords", `--lock-wait-timeout=${lockWaitMilliseconds}`];
  return exec(container, ["timeout", "-k", "10", String(limitSeconds), ...dump], {
    deadlineSeconds: limitSeconds + 30,
    ...options,
  });
}

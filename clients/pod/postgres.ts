import type { Writable } from "node:stream";
import type { Exec, ExecResult } from "../kubernetes/exec.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";

const factsQuery =
  "select coalesce(sum(pg_database_size(oid)), 0), (select system_identifier from pg_control_system()) from pg_database where datallowconn";

/** What a dump needs to know of the instance's databases. */
export interface DatabaseFacts {
  /** Size of all databases, in bytes. */
  readonly bytes: number;
  readonly systemIdentifier: string;
}

/** Size and system identifier of the instance's databases; undefined when Postgres does not answer. */
export async function databaseFacts(
  exec: Exec,
  container: ContainerName,
  signal: AbortSignal,
): Promise<DatabaseFacts | undefined> {
  const argv = ["timeout", "-k", "2", "20", "psql", "-XAtqc", factsQuery];
  const result = await exec(container, argv, { deadlineSeconds: 30, signal });
  if (result.end !== "exited" || result.code !== 0) return undefined;
  const [, bytes, systemIdentifier] = /^(\d+)\|(\d+)$/m.exec(result.stdout) ?? [];
  if (bytes === undefined || systemIdentifier === undefined) return undefined;
  return { bytes: Number(bytes), systemIdentifier };
}

/** Whether the instance is in recovery, as a standby is; undefined when Postgres does not answer. */
export async function isInRecovery(
  exec: Exec,
  container: ContainerName,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const argv = ["timeout", "-k", "2", "15", "psql", "-XAtqc", "select pg_is_in_recovery()"];
  const result = await exec(container, argv, { deadlineSeconds: 20, signal });
  if (result.end !== "exited" || result.code !== 0) return undefined;
  return { t: true, f: false }[/^[tf]$/m.exec(result.stdout)?.[0] ?? ""];
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

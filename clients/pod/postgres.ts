import type { Writable } from "node:stream";
import type { OwnIdentifier } from "../../domain/stanza/pgbackrest-info.ts";
import type { Exec, ExecResult } from "../kubernetes/exec.ts";
import { firstLine } from "../../domain/text.ts";
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

/** Asks the database for its system identifier, which initdb has set; a standby and its primary have the same. */
export async function systemIdentifier(
  exec: Exec,
  container: ContainerName,
  signal: AbortSignal,
): Promise<OwnIdentifier> {
  const argv = ["timeout", "-k", "2", "10", "psql", "-XAtqc", "select system_identifier from pg_control_system()"];
  const result = await exec(container, argv, { deadlineSeconds: 15, signal });
  if (result.end !== "exited") return { unknown: result.message };
  const identifier = /^\d+$/m.exec(result.stdout)?.[0];
  if (result.code === 0 && identifier !== undefined) return { identifier };
  const reason = firstLine(result.stderr);
  return { unknown: reason === "" ? `psql ended with exit code ${result.code}` : reason };
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

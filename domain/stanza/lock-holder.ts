/** The process that holds pgBackRest's lock in an instance. */
export interface LockHolder {
  readonly pid: number;
  /** Its command line; empty when it cannot be read. */
  readonly command: string;
  /** How long it has been running. */
  readonly seconds: number | undefined;
}

/**
 * The lock file that pgBackRest names in its error; undefined when it names none.
 *
 * @example lockFileIn("ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/db-archive.lock': Resource temporarily unavailable")
 * // → "/tmp/pgbackrest/db-archive.lock"
 */
export function lockFileIn(error: string): string | undefined {
  return /unable to acquire lock on file '(\/[\w./-]+\.lock)'/.exec(error)?.[1];
}

/**
 * The script that finds the holder of a lock file, its first argument. It prints three lines: process id, seconds, command.
 * pgBackRest writes its process id into the file: as JSON since 2.41 or so, before that as the first line.
 */
export const lockHolderScript = [
  `text=$(head -c 4096 -- "$1")`,
  `pid=$(printf '%s\\n' "$text" | sed -nE 's/.*"pid":[[:space:]]*([0-9]+).*/\\1/p; 1s/^([0-9]+)$/\\1/p' | head -n 1)`,
  `[ -n "$pid" ] && [ -d "/proc/$pid" ]`,
  `printf '%s\\n%s\\n' "$pid" "$(( $(date +%s) - $(stat -c %Y "/proc/$pid") ))"`,
  `tr '\\0\\n' '  ' < "/proc/$pid/cmdline" | head -c 300`,
].join("\n");

/** The holder that {@link lockHolderScript} printed; undefined when it printed none. */
export function readLockHolder(output: string): LockHolder | undefined {
  const [pid = "", seconds = "", ...command] = output.split("\n");
  if (!/^[1-9]\d*$/.test(pid)) return undefined;
  return {
    pid: Number(pid),
    command: command.join(" ").trim(),
    seconds: /^\d+$/.test(seconds) ? Number(seconds) : undefined,
  };
}

/** Whether it pushes WAL in the background. Postgres starts such a process again, so it may be ended. */
export function isArchiver({ command }: LockHolder): boolean {
  return /^(\S*\/)?pgbackrest .*\barchive-push:async\b/.test(command);
}

/** The holder in words, such as `process 412 (pgbackrest … archive-push:async), which has been running for 3700 s`. */
export function holderText({ command, pid, seconds }: LockHolder): string {
  const what = command === "" ? "" : ` (${command})`;
  const time = seconds === undefined ? "" : `, which has been running for ${seconds} s`;
  return `process ${pid}${what}${time}`;
}

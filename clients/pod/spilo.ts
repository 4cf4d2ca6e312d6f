import { readWalgList, type WalgList } from "../../domain/backups/walg-list.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { bootstrapState, type BootstrapState, type Streaming } from "../../domain/harbor/roll-plan.ts";
import { spiloContainer, type DatabasePod } from "../../domain/harbor/objects.ts";
import { readSetAside, type SetAside } from "../../domain/harbor/set-aside.ts";
import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import { databaseQuery, readDatabaseAnswer, type DatabaseAnswer } from "../../domain/stanza/database-answer.ts";
import { notAllowedAdvice } from "../../domain/stanza/status.ts";
import type { Exec, ExecOptions, ExecResult } from "../kubernetes/exec.ts";
import { containerOf, type ContainerName } from "../../domain/kubernetes/container.ts";

/** Longer than the interval at which a bootstrap that fails immediately is tried again. */
const watchSeconds = 15;
/** Seconds for a switchover, in which Patroni waits for the candidate to become the leader. */
const switchoverSeconds = 90;

/**
 * The Zalando operator sets PGROOT and PGVERSION; Spilo keeps the data in `$PGROOT/data`. A failing bootstrap starts over
 * every few seconds, so a single look without a control file proves nothing. It counts in two cases: the file has just
 * disappeared, because Patroni has moved the failed data away; or there is none for longer than one such round.
 */
const controlScript = `
control="\${PGROOT:?}/data/global/pg_control"
seen=
rounds=${watchSeconds * 5}
while [ "$rounds" -gt 0 ]; do
  if [ -e "$control" ]; then seen=yes; elif [ -n "$seen" ]; then break; fi
  rounds=$((rounds - 1))
  sleep 0.2
done
if [ ! -e "$control" ]; then echo "no control file"; exit; fi
LC_ALL=C PATH="/usr/lib/postgresql/\${PGVERSION:-12}/bin:$PATH" exec timeout -k 2 10 pg_controldata -D "$PGROOT/data"`;

/** How far the bootstrap in a Pod is. This reads files only, because Postgres may refuse connections. It takes up to 15 s. */
export async function readBootstrapState(exec: Exec, pod: DatabasePod, signal: AbortSignal): Promise<BootstrapState> {
  const result = await run(exec, containerOf(pod.metadata, spiloContainer), ["sh", "-c", controlScript], {
    deadlineSeconds: watchSeconds + 25,
    signal,
  });
  if (result.end === "exited" && result.code === 0) return bootstrapState(result.stdout);
  return { state: "unknown", reason: problem(result) };
}

/** A rename changes the time of the folder's inode. The last error of the log is the one that ended post_init.sh. */
const setAsideScript = `
failed="\${PGROOT:?}/data.failed"
[ -d "$failed" ] || exit 0
stat -c %i-%Z "$failed"
grep -hos 'ERROR,[0-9A-Z]\\{5\\},"\\([^"]\\|""\\)*"' "$PGROOT"/pg_log/*.csv | tail -n 1`;

/** The data of the Pod's last failed bootstrap. Undefined when there are none, or when it is not known. */
export async function readDataSetAside(
  exec: Exec,
  pod: DatabasePod,
  signal: AbortSignal,
): Promise<SetAside | undefined> {
  const argv = ["sh", "-c", setAsideScript];
  const result = await run(exec, containerOf(pod.metadata, spiloContainer), argv, { deadlineSeconds: 30, signal });
  return result.end === "exited" && result.code === 0 ? readSetAside(result.stdout) : undefined;
}

/** A shell command that asks the Pod's Postgres one question, as the superuser. */
const asking = (query: string): string =>
  `exec timeout -k 2 15 psql -XAtq -U "\${PGUSER_SUPERUSER:-postgres}" -d postgres -c "${query}"`;
const streamingScript = asking("select application_name from pg_stat_replication where state = 'streaming'");

/**
 * Which Pods stream from the leader. Patroni names each replica's connection after its Pod. A replica that follows another
 * replica is not listed; Spilo configures none.
 */
export async function streamingPods(exec: Exec, leader: DatabasePod, signal: AbortSignal): Promise<Streaming> {
  const container = containerOf(leader.metadata, spiloContainer);
  const result = await run(exec, container, ["sh", "-c", streamingScript], { deadlineSeconds: 30, signal });
  if (result.end !== "exited" || result.code !== 0) return { unknown: problem(result) };
  return { pods: new Set(result.stdout.split("\n").filter((name) => name !== "")) };
}

/** What the Pod's Postgres says about its archiver. It takes up to 15 s. */
export async function readArchiver(exec: Exec, pod: DatabasePod, signal: AbortSignal): Promise<DatabaseAnswer> {
  const script = `exec timeout -k 2 15 psql -XAtq -U "\${PGUSER_SUPERUSER:-postgres}" -d postgres`;
  const result = await exec(
    containerOf(pod.metadata, spiloContainer),
    ["sh", "-c", `${script} -c "$1"`, "sh", databaseQuery],
    {
      deadlineSeconds: 30,
      signal,
    },
  );
  return result.end === "exited" && result.code === 0
    ? readDatabaseAnswer(result.stdout)
    : { unknown: problem(result) };
}

/** The plain list: with --detail, WAL-G up to 3.0.5 ends with 0 also when S3 refuses it. */
const walgListScript = `exec timeout -k 2 60 envdir "\${RW_DIR:-/run}/etc/wal-e.d/env" wal-g backup-list --json`;

/** The backups that WAL-G lists in a Pod. It takes up to 60 s. */
export async function readWalgBackups(exec: Exec, pod: DatabasePod, signal: AbortSignal): Promise<WalgList> {
  const argv = ["sh", "-c", walgListScript];
  const result = await exec(containerOf(pod.metadata, spiloContainer), argv, { deadlineSeconds: 75, signal });
  return result.end === "exited" && result.code === 0 ? readWalgList(result.stdout) : { unread: problem(result) };
}

/** Prints a digest of the salt and of the variables that are named, one a line. The values never leave the Pod. */
const digestScript = `
command -v printenv >/dev/null || exit 127
salt=$1
shift
digest=$({ echo "$salt"; for name; do printenv "$name" || echo; done; } | sha256sum) && echo "\${digest%% *}"`;

/**
 * A digest of the values that variables of the Pod's database container have, as `keyDigest` of domain/harbor/pod-keys.ts
 * computes it.
 */
export async function podKeyDigest(
  exec: Exec,
  pod: DatabasePod,
  salt: string,
  variables: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly digest: string } | { readonly unknown: string }> {
  const argv = ["sh", "-c", digestScript, "sh", salt, ...variables];
  const result = await run(exec, containerOf(pod.metadata, spiloContainer), argv, { deadlineSeconds: 30, signal });
  if (result.end !== "exited" || result.code !== 0) return { unknown: problem(result) };
  return { digest: result.stdout.trim() };
}

const roleScript = asking("select 1 from pg_roles where rolreplication and rolname = '${PGUSER_STANDBY:-standby}'");

/** Whether the role exists with which replicas join. Patroni creates it at the very end of a bootstrap. */
export async function hasReplicationRole(
  exec: Exec,
  leader: ContainerName,
  signal: AbortSignal,
): Promise<boolean | { readonly unknown: string }> {
  const result = await run(exec, leader, ["sh", "-c", roleScript], { deadlineSeconds: 30, signal });
  return result.end === "exited" && result.code === 0 ? result.stdout.trim() === "1" : { unknown: problem(result) };
}

/** Makes `candidate` the leader; undefined when Patroni did so, else what went wrong. */
export async function switchover(
  exec: Exec,
  leader: DatabasePod,
  candidate: DatabasePod,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Patroni 3 renamed the option that names the leader. Without that option, --force takes the current leader.
  const argv = [
    "timeout",
    "-k",
    "5",
    String(switchoverSeconds - 15),
    "patronictl",
    "switchover",
    "--candidate",
    candidate.metadata.name,
    "--force",
  ];
  const result = await run(exec, containerOf(leader.metadata, spiloContainer), argv, {
    deadlineSeconds: switchoverSeconds,
    signal,
  });
  return result.end === "exited" && result.code === 0 ? undefined : problem(result);
}

/** @throws RecoveryError `exec-forbidden` when the caller may not run commands in the Pod: waiting would not change that. */
async function run(
  exec: Exec,
  container: ContainerName,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  const result = await exec(container, argv, options);
  if (result.end !== "refused" || !isNotAllowed(result.httpStatus)) return result;
  throw new RecoveryError("exec-forbidden", `${container.namespace}/${container.pod}: ${result.message}`, {
    next: notAllowedAdvice,
  });
}

function problem(result: ExecResult): string {
  if (result.end !== "exited") return result.message;
  const [line = ""] = result.stderr.trim().split("\n").slice(-1);
  return `exit code ${result.code}${line === "" ? "" : `: ${line}`}`;
}

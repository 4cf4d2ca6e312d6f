import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { lockHolder, tryStanzaCreate, type CreateTry } from "../../clients/pod/pgbackrest.ts";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { containerOf, type ContainerName } from "../../domain/kubernetes/container.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { holderText, isArchiver, type LockHolder } from "../../domain/stanza/lock-holder.ts";
import { databaseContainer } from "../../domain/stanza/postgres-cluster.ts";
import { refusalOf } from "../../domain/stanza/refusal.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { findLeader } from "./leader.ts";

/** How often `stanza-create` is tried in total on a repository that does not answer. */
const fewTries = 3;
/** Seconds between two tries; the last pause repeats. */
const pauses = [1, 2, 4, 8, 15];

/** Where the stanza is created. */
export interface CreateOptions {
  readonly cluster: ObjectName;
  /** The leader's Pod. */
  readonly leader: string;
  /** For all tries together. */
  readonly limit: Duration;
  /** Asks pgBackRest. */
  readonly status: () => Promise<StanzaStatus>;
}

/**
 * Tries until the stanza exists, the leader has changed, or the time limit is over. A try is never cut short.
 *
 * @throws RecoveryError when it was refused, or the time limit is over.
 */
export async function createOnLeader(
  client: KubernetesClient,
  options: CreateOptions,
  surroundings: Surroundings,
): Promise<"done" | "leader-moved"> {
  const { cluster, leader, limit } = options;
  const wait = new Wait({ limit, pauses }, surroundings);
  const container = containerOf({ namespace: cluster.namespace, name: leader }, databaseContainer);
  let unanswered = 0;
  let end: CreateTry;
  do {
    surroundings.progress(`pgbackrest stanza-create on ${leader}`);
    end = await tryStanzaCreate(client.exec, container, surroundings.signal);
    const { decision, meaning } = end;
    if (decision === "done") return "done";
    surroundings.progress(meaning);
    if (decision === "stop")
      throw notCreated(
        cluster,
        "stanza-create-refused",
        meaning,
        "look at the cause; this is never tried again automatically",
      );
    if (decision === "find-leader" && (await findLeader(client, cluster, surroundings)) !== leader)
      return "leader-moved";
    // PGO, or somebody else, may have created it in the meantime.
    if ((decision === "look-again" || decision === "retry") && (await existsNow(options))) return "done";
    unanswered += decision === "retry-few" ? 1 : 0;
    if (unanswered === fewTries)
      throw notCreated(
        cluster,
        "stanza-create-unanswered",
        meaning,
        "repair the connection to the repo host or bucket, then run again",
      );
  } while (await wait.pause());
  const held = await holderOf(client, container, end, surroundings);
  throw notCreated(
    cluster,
    "stanza-create-timeout",
    `${end.meaning}, for ${formatDuration(limit)}${held === undefined ? "" : `. It is held by ${holderText(held)}`}`,
    held === undefined
      ? "find out what holds it, or allow more time, then run again"
      : holderAdvice(client.context, container, held),
  );
}

/** @throws RecoveryError when the stanza is broken by now. */
async function existsNow({ cluster, status }: CreateOptions): Promise<boolean> {
  const now = await status();
  const refusal = now.status === "broken" ? refusalOf(formatObjectName(cluster), now) : undefined;
  if (refusal !== undefined) throw refusal;
  return now.status === "okay";
}

async function holderOf(
  client: KubernetesClient,
  container: ContainerName,
  { lockFile }: CreateTry,
  { signal }: Surroundings,
): Promise<LockHolder | undefined> {
  return lockFile === undefined ? undefined : lockHolder(client.exec, container, lockFile, signal);
}

/**
 * An archiver that hangs on a dead connection keeps the lock for up to twice pgBackRest's time-outs, which is an hour by
 * default. WAL is not lost when it is ended: Postgres keeps each segment until it was archived, and starts a new one.
 */
function holderAdvice(context: string, container: ContainerName, holder: LockHolder): string {
  if (!isArchiver(holder)) return "wait until that process has ended, or allow more time, then run again";
  const { namespace, pod, container: name } = container;
  return `if the repo host answers again, end that archiver, then run again; Postgres starts a new one, and no WAL is lost: kubectl --context ${context} -n ${namespace} exec ${pod} -c ${name} -- kill ${holder.pid}`;
}

/** The error for a stanza that was not created. */
export function notCreated(cluster: ObjectName, code: ErrorCode, meaning: string, next: string): RecoveryError {
  return new RecoveryError(code, `${formatObjectName(cluster)}: the stanza was not created: ${meaning}`, { next });
}

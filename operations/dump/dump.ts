import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { databaseFacts } from "../../clients/pod/postgres.ts";
import { dumpFileName, dumpFilePrefix } from "../../domain/dump/dump.ts";
import type { DumpReport } from "../../domain/dump/report.ts";
import type { DumpSource } from "../../domain/dump/record.ts";
import type { Duration } from "../../domain/duration.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { databaseContainer } from "../../domain/stanza/postgres-cluster.ts";
import type { Surroundings } from "../surroundings.ts";
import { dumpTarget, type DumpPlaceOptions } from "./place.ts";
import { reusableDump } from "./reuse.ts";
import type { DumpTarget, NewDump } from "./target.ts";
import { nothingKept, writeDump } from "./write.ts";

/** What to dump, and for how long at most. */
export interface DumpOptions {
  readonly cluster: ObjectName;
  /** `metadata.uid` of the PostgresCluster. */
  readonly uid: string;
  /** The instance to dump, normally the leader. */
  readonly pod: string;
  /** For the whole dump. */
  readonly timeLimit: Duration;
  /** An earlier dump of this instance that is not older is verified and used again. Default: never. */
  readonly maxAge?: Duration | undefined;
}

/**
 * Dumps every database of a cluster into one zstd-compressed SQL script in a folder, or in S3.
 *
 * `directory` is a folder, created (mode 0700) when absent, or `s3://BUCKET[/PREFIX]`.
 *
 * @throws RecoveryError like {@link dumpTo}, and `usage` when `directory` is neither.
 */
export async function dumpDatabases(
  client: KubernetesClient,
  { bucket, directory, ...options }: DumpOptions & DumpPlaceOptions,
  surroundings: Surroundings,
): Promise<DumpReport> {
  return dumpTo(await dumpTarget({ bucket, directory }, surroundings), client, options, surroundings);
}

/**
 * Dumps every database of a cluster into a target, or uses an earlier dump again. First removes what dumps have left that
 * were killed.
 *
 * The dump gets its final name only when pg_dumpall has exited with 0, its trailer is at the very end, and all bytes are
 * stored; after any failure nothing is left. It does not contain role passwords, which PGO keeps in Secrets, nor databases
 * that allow no connections.
 *
 * @throws RecoveryError when the target cannot take the dump (checked before pg_dumpall starts) or the dump fails;
 * `undetermined` when a permission is missing.
 */
export async function dumpTo(
  target: DumpTarget,
  client: KubernetesClient,
  options: DumpOptions,
  surroundings: Surroundings,
): Promise<DumpReport> {
  const { cluster, maxAge, pod, timeLimit, uid } = options;
  const { exec, context } = client;
  const container = containerOf({ namespace: cluster.namespace, name: pod }, databaseContainer);
  const facts = await databaseFacts(exec, container, surroundings.signal);
  const source: DumpSource | undefined = facts && {
    cluster: formatObjectName(cluster),
    uid,
    systemIdentifier: facts.systemIdentifier,
    pod,
  };
  if (maxAge !== undefined && source !== undefined) {
    const earlier = await reusableDump(target, { context, cluster, source, maxAgeSeconds: maxAge }, surroundings);
    if (earlier !== undefined) {
      surroundings.progress(`no new dump: ${earlier.file} is complete`);
      return earlier;
    }
  }
  await target.prepare(facts?.bytes);
  const prefix = dumpFilePrefix(context, cluster.namespace, cluster.name);
  for (const line of await target.removeLeftovers(prefix, timeLimit)) surroundings.progress(line);

  const begun = await newDump(target, context, cluster, surroundings);
  surroundings.progress(`dumping all databases of ${pod} to ${begun.file}`);
  try {
    const measures = await writeDump({ exec, container, to: begun.stream, timeLimit, source }, surroundings);
    await begun.keep(measures.size);
    surroundings.progress(`dumped ${measures.uncompressedSize} bytes of SQL, ${measures.size} compressed`);
    return { file: begun.file, ...measures };
  } catch (error) {
    await begun.discard().catch((left: unknown) => {
      surroundings.progress(messageOf(left));
    });
    surroundings.signal.throwIfAborted();
    const message = `${formatObjectName(cluster)}: the dump of ${pod} failed: ${messageOf(error)}`;
    if (error instanceof RecoveryError)
      throw new RecoveryError(error.code, message, { next: error.next, cause: error });
    throw new RecoveryError("dump-not-written", message, { next: nothingKept, cause: error });
  }
}

/** Two dumps of a cluster can begin in the same second. The second one then waits for a name that is free. */
async function newDump(
  target: DumpTarget,
  context: string,
  { namespace, name }: ObjectName,
  surroundings: Surroundings,
): Promise<NewDump> {
  for (;;) {
    const begun = await target.begin(dumpFileName(context, namespace, name, surroundings.now()));
    if (begun !== undefined) return begun;
    await surroundings.sleep(1);
  }
}

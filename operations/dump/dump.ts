import { createHash } from "node:crypto";
import { PassThrough, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { databaseBytes, dumpAll } from "../../clients/pod/postgres.ts";
import { dumpFileName, DumpTail } from "../../domain/dump/dump.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import { databaseContainer } from "../../domain/stanza/postgres-cluster.ts";
import { notAllowedAdvice } from "../../domain/stanza/status.ts";
import { dumpTarget, type DumpPlaceOptions } from "./place.ts";
import type { DumpTarget, NewDump } from "./target.ts";
import { containerOf, type ContainerName } from "../../domain/kubernetes/container.ts";
import type { Surroundings } from "../surroundings.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { DumpReport } from "../../domain/dump/report.ts";

/** How much is compressed and written at a time. */
const blockBytes = 128 * 1024;
/**
 * Frames and blocks are outside V8's heap, so V8 notices them late. Without help they pile up until V8 marks the whole heap
 * repeatedly, which takes half of the dump's time. A minor collection every 2 MiB keeps memory use constant.
 * bin/postgres-recovery exposes `gc`. Without it the dump is slower, but just as correct.
 */
const blocksPerCollection = 16;
/** The zstd level that keeps up with the stream. The default, level 3, is slower, and its files are only a little smaller. */
const compressionLevel = 1;

const nothingKept = "no dump file was kept; fix the cause and run again";

/** What to dump, and for how long at most. */
export interface DumpOptions {
  readonly cluster: ObjectName;
  /** The instance to dump, normally the leader. */
  readonly pod: string;
  /** For the whole dump. */
  readonly timeLimit: Duration;
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
 * Dumps every database of a cluster into a target.
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
  const { cluster, pod } = options;
  const container = containerOf({ namespace: cluster.namespace, name: pod }, databaseContainer);
  await target.prepare(() => databaseBytes(client.exec, container, surroundings.signal));

  const begun = await newDump(target, client.context, cluster, surroundings);
  surroundings.progress(`dumping all databases of ${pod} to ${begun.file}`);
  try {
    const measures = await writeDump(client, container, begun.stream, options, surroundings.signal);
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
    const begun = await target.begin(dumpFileName(context, namespace, name, surroundings.now()), surroundings.signal);
    if (begun !== undefined) return begun;
    await surroundings.sleep(1);
  }
}

async function writeDump(
  client: KubernetesClient,
  container: ContainerName,
  to: Writable,
  { timeLimit }: DumpOptions,
  signal: AbortSignal,
): Promise<Omit<DumpReport, "file">> {
  const tail = new DumpTail();
  const hash = createHash("sha256");
  let uncompressedSize = 0;
  let size = 0;
  const sql = new PassThrough();
  const local = new AbortController();

  const written = pipeline(
    sql,
    eachChunk((chunk) => {
      tail.push(chunk);
      uncompressedSize += chunk.length;
    }),
    inBlocks(),
    createZstdCompress({ chunkSize: blockBytes, params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } }),
    eachChunk((chunk) => {
      hash.update(chunk);
      size += chunk.length;
    }),
    to,
  );
  // A full disk or a failing store must also end the remote command.
  written.catch((error: unknown) => {
    local.abort(error);
  });
  const dumped = dumpAll(client.exec, container, timeLimit, {
    stdout: sql,
    signal: AbortSignal.any([signal, local.signal]),
  });
  // The exec does not end the stream if the command was never started.
  dumped.catch(() => sql.destroy());
  // Both must have ended before the caller removes the file.
  await Promise.allSettled([dumped, written]);
  const result = await dumped;
  if (result.end === "refused" && isNotAllowed(result.httpStatus))
    throw new RecoveryError("exec-forbidden", result.message, { next: notAllowedAdvice });
  if (result.end !== "exited") throw failure("dump-cut-off", result.message);
  await written;
  if (result.code === 124) throw failure("dump-timeout", `pg_dumpall did not end within ${formatDuration(timeLimit)}`);
  if (result.code !== 0)
    throw failure(
      "dump-command-failed",
      `pg_dumpall ended with exit code ${result.code}: ${result.stderr.trim() || "it said nothing"}`,
    );
  if (!tail.complete) throw failure("dump-incomplete", "pg_dumpall's trailer is missing at the end: the dump was cut");
  return { size, uncompressedSize, sha256: hash.digest("hex") };
}

function failure(code: ErrorCode, message: string): RecoveryError {
  return new RecoveryError(code, message, { next: nothingKept });
}

/** Joins the frames of the exec, which have a few kilobytes each. Otherwise every frame would be a separate job for the compressor. */
function inBlocks(): Transform {
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = 0;
  let blocks = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let taken = 0; taken < chunk.length;) {
        const copied = chunk.copy(block, filled, taken);
        taken += copied;
        filled += copied;
        if (filled < blockBytes) continue;
        this.push(block);
        block = Buffer.allocUnsafe(blockBytes);
        filled = 0;
        blocks += 1;
        if (blocks % blocksPerCollection === 0) globalThis.gc?.({ type: "minor" });
      }
      done();
    },
    flush(done) {
      done(null, block.subarray(0, filled));
    },
  });
}

function eachChunk(look: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      look(chunk);
      done(null, chunk);
    },
  });
}

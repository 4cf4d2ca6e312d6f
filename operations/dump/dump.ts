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
import { dumpTarget } from "./place.ts";
import type { DumpTarget, NewDump } from "./target.ts";
import { containerOf, type ContainerName } from "../../domain/kubernetes/container.ts";
import type { Surroundings } from "../surroundings.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { DumpReport } from "../../domain/dump/report.ts";

/** What is compressed and written at a time. */
const blockBytes = 128 * 1024;
/**
 * Frames and blocks lie outside V8's heap, which it notices late: they pile up, and then it marks the whole heap, again and
 * again, for half of the dump's time. Dropping the young ones every 2 MiB keeps memory flat (bin/postgres-recovery
 * exposes `gc`; without it the dump is slower, and as good).
 */
const blocksPerCollection = 16;
/** Of zstd's levels the one that keeps up with the stream; level 3, the default, makes files that are little smaller. */
const compressionLevel = 1;

const nothingKept = "no dump file was kept; mend the cause and run again";

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
 * `directory` is a folder, made (mode 0700) when absent, or `s3://BUCKET[/PREFIX]`.
 *
 * @throws RecoveryError as {@link dumpTo}, and `usage` when the place is neither.
 */
export async function dumpDatabases(
  client: KubernetesClient,
  { directory, ...options }: DumpOptions & { readonly directory: string },
  surroundings: Surroundings,
): Promise<DumpReport> {
  return dumpTo(await dumpTarget(directory), client, options, surroundings);
}

/**
 * The dump gets its final name only when pg_dumpall exited with 0, its trailer stands at the very end, and the bytes are
 * safe; on any failure nothing stays. Role passwords are not dumped (PGO keeps them in Secrets), nor databases that allow
 * no connections.
 *
 * @throws RecoveryError when the target cannot take it (asked before pg_dumpall is started), or the dump failed;
 * `undetermined` when it was refused for want of a permission.
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

/** Two dumps of a cluster can begin in the same second: the later one waits for a name of its own. */
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
  // A full disk, or a store that fails, must end the remote command too.
  written.catch((error: unknown) => {
    local.abort(error);
  });
  const dumped = dumpAll(client.exec, container, timeLimit, {
    stdout: sql,
    signal: AbortSignal.any([signal, local.signal]),
  });
  // A command that was never started leaves the stream as it is.
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

/** The exec brings a dump in frames of some kilobytes, and each would be a job of its own for the compressor's thread. */
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

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { KubernetesClient } from "../clients/kubernetes.ts";
import { databaseBytes, dumpAll } from "../clients/postgres.ts";
import { dumpFileName, DumpTail } from "../domain/dump.ts";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import { isNotAllowed } from "../domain/permissions.ts";
import { databaseContainer, formatClusterName, type ClusterName } from "../domain/postgres-cluster.ts";
import type { DumpReport } from "../domain/stanza-create.ts";
import { notAllowedAdvice } from "../domain/stanza-status.ts";
import { makeDumpDirectory, requireFreeSpace } from "./dump-directory.ts";
import type { Surroundings } from "./surroundings.ts";

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

export interface DumpOptions {
  readonly cluster: ClusterName;
  /** The instance to dump, normally the leader. */
  readonly pod: string;
  /** Where the file goes; made (mode 0700) when absent. */
  readonly directory: string;
  /** Seconds for the whole dump. */
  readonly limitSeconds: number;
}

/**
 * Dumps every database of a cluster into one zstd-compressed SQL script, readable by its owner only.
 *
 * The file gets its final name only when pg_dumpall exited with 0, its trailer stands at the very end, and the bytes are
 * on the disk; until then it is `.NAME.partial`, and removed on any failure. Role passwords are not dumped (PGO keeps
 * them in Secrets), nor databases that allow no connections.
 *
 * @throws RecoveryError when there is not enough free space (the databases' own size is asked for), or the dump failed;
 * `undetermined` when it was refused for want of a permission.
 */
export async function dumpDatabases(
  client: KubernetesClient,
  options: DumpOptions,
  surroundings: Surroundings,
): Promise<DumpReport> {
  const { cluster, pod, directory } = options;
  const container = { namespace: cluster.namespace, pod, container: databaseContainer };
  await makeDumpDirectory(directory);
  const needed = await databaseBytes(client.exec, container, surroundings.signal);
  if (needed !== undefined) await requireFreeSpace(directory, needed);

  const { file, partial, handle } = await newFile(client.context, options, surroundings);
  surroundings.progress(`dumping all databases of ${pod} to ${file}`);
  try {
    const measures = await writeDump(client, container, handle, options, surroundings.signal);
    await rename(partial, file);
    await syncDirectory(directory);
    surroundings.progress(`dumped ${measures.uncompressedSize} bytes of SQL, ${measures.size} compressed`);
    return { file, ...measures };
  } catch (error) {
    await rm(partial, { force: true });
    surroundings.signal.throwIfAborted();
    const message = `${formatClusterName(cluster)}: the dump of ${pod} failed: ${messageOf(error)}`;
    if (error instanceof RecoveryError) throw new RecoveryError(error.kind, message, error.next);
    throw new RecoveryError("failed", message, "no dump file was kept; mend the cause and run again");
  }
}

/** A dump under way; `partial` is this one's alone. */
interface NewFile {
  readonly file: string;
  readonly partial: string;
  readonly handle: FileHandle;
}

/** Two dumps of a cluster can begin in the same second: the later one waits for a name of its own. */
async function newFile(context: string, { cluster, directory }: DumpOptions, surroundings: Surroundings): Promise<NewFile> {
  for (;;) {
    const name = dumpFileName(context, cluster.namespace, cluster.name, surroundings.now());
    const file = join(directory, name);
    const partial = join(directory, `.${name}.partial`);
    const handle = await openNew(partial);
    if (handle !== undefined) {
      // Asked only now: whoever had this partial name before us has given its file the final name by now.
      if (!existsSync(file)) return { file, partial, handle };
      await handle.close();
      await rm(partial);
    }
    await surroundings.sleep(1);
  }
}

/** Undefined when the file exists. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  }
}

async function writeDump(
  client: KubernetesClient,
  container: { namespace: string; pod: string; container: string },
  file: FileHandle,
  { limitSeconds }: DumpOptions,
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
    file.createWriteStream({ flush: true }),
  );
  // A full disk must end the remote command too.
  written.catch((error: unknown) => {
    local.abort(error);
  });
  const dumped = dumpAll(client.exec, container, limitSeconds, {
    stdout: sql,
    signal: AbortSignal.any([signal, local.signal]),
  });
  // A command that was never started leaves the stream as it is.
  dumped.catch(() => sql.destroy());
  // Both must have ended before the caller removes the file.
  await Promise.allSettled([dumped, written]);
  const result = await dumped;
  if (result.end === "refused" && isNotAllowed(result.httpStatus)) throw new RecoveryError("undetermined", result.message, notAllowedAdvice);
  if (result.end !== "exited") throw new Error(result.message);
  await written;
  if (result.code === 124) throw new Error(`pg_dumpall did not end within ${limitSeconds} s`);
  if (result.code !== 0) throw new Error(`pg_dumpall ended with exit code ${result.code}: ${result.stderr.trim() || "it said nothing"}`);
  if (!tail.complete) throw new Error("pg_dumpall's trailer is missing at the end: the dump was cut");
  return { size, uncompressedSize, sha256: hash.digest("hex") };
}

/** The exec brings a dump in frames of some kilobytes, and each would be a job of its own for the compressor's thread. */
function inBlocks(): Transform {
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = 0;
  let blocks = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let taken = 0; taken < chunk.length; ) {
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

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory);
  await handle.sync();
}

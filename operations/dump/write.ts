import { createHash } from "node:crypto";
import { PassThrough, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import type { Exec } from "../../clients/kubernetes/exec.ts";
import { dumpAll } from "../../clients/pod/postgres.ts";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { DumpTail } from "../../domain/dump/dump.ts";
import { encodeRecord, type DumpSource } from "../../domain/dump/record.ts";
import type { DumpReport } from "../../domain/dump/report.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";
import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import { notAllowedAdvice } from "../../domain/stanza/status.ts";
import type { Surroundings } from "../surroundings.ts";

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
/** Milliseconds between two lines about a running dump. */
const progressPause = 10_000;

export const nothingKept = "no dump file was kept; fix the cause and run again";

/** What is dumped, and where it is written. */
export interface DumpStream {
  readonly exec: Exec;
  readonly container: ContainerName;
  readonly to: Writable;
  /** For the whole dump. */
  readonly timeLimit: Duration;
  /** What the dump's record says about its origin; without one, the dump cannot be used again. */
  readonly source: DumpSource | undefined;
}

/**
 * Streams pg_dumpall's output, compressed, and after it the dump's record.
 *
 * @throws RecoveryError unless pg_dumpall exited with 0, its trailer is at the very end, and `to` has taken all bytes.
 */
export async function writeDump(
  { exec, container, source, timeLimit, to }: DumpStream,
  { now, progress, signal }: Surroundings,
): Promise<Omit<DumpReport, "file">> {
  const tail = new DumpTail();
  const sums = { file: createHash("sha256"), sql: 0, size: 0 };
  const takenAt = (): string => now().toISOString();
  let reported = now().getTime();
  const sql = new PassThrough();
  const local = new AbortController();

  const written = pipeline(
    sql,
    eachChunk((chunk) => {
      tail.push(chunk);
      sums.sql += chunk.length;
      if (now().getTime() - reported < progressPause) return;
      reported = now().getTime();
      progress(`${sums.sql} bytes of SQL so far`);
    }),
    inBlocks(),
    createZstdCompress({ chunkSize: blockBytes, params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } }),
    followedBy(
      (sha256) =>
        source && encodeRecord({ version: 1, ...source, takenAt: takenAt(), uncompressedSize: sums.sql, sha256 }),
    ),
    eachChunk((chunk) => {
      sums.file.update(chunk);
      sums.size += chunk.length;
    }),
    to,
  );
  // A full disk or a failing store must also end the remote command.
  written.catch((error: unknown) => {
    local.abort(error);
  });
  const dumped = dumpAll(exec, container, timeLimit, {
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
  return { size: sums.size, uncompressedSize: sums.sql, sha256: sums.file.digest("hex"), takenAt: takenAt() };
}

function failure(code: ErrorCode, message: string): RecoveryError {
  return new RecoveryError(code, message, { next: nothingKept });
}

/** Passes everything on, and at the end what `last` makes of the SHA-256 of all bytes. */
function followedBy(last: (sha256: string) => Buffer | undefined): Transform {
  const hash = createHash("sha256");
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(null, last(hash.digest("hex")));
    },
  });
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

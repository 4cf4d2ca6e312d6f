import { createHash } from "node:crypto";
import { Writable, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { dumpFilePrefix, DumpTail } from "../../domain/dump/dump.ts";
import { decodeRecord, isUsable, recordBytes, type DumpRecord, type DumpSource } from "../../domain/dump/record.ts";
import type { DumpReport } from "../../domain/dump/report.ts";
import { messageOf } from "../../domain/errors.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Surroundings } from "../surroundings.ts";
import type { DumpTarget, StoredDump } from "./target.ts";

/** Which earlier dump would do. */
export interface Reuse {
  readonly context: string;
  readonly cluster: ObjectName;
  readonly source: DumpSource;
  readonly maxAgeSeconds: number;
}

/**
 * The newest earlier dump of the same database and instance that is fresh and complete; undefined when there is none. All
 * of its bytes are read again: its SHA-256 and pg_dumpall's trailer must be right.
 */
export async function reusableDump(
  target: DumpTarget,
  { cluster, context, maxAgeSeconds, source }: Reuse,
  { now, progress, signal }: Surroundings,
): Promise<DumpReport | undefined> {
  const names = (await target.list(dumpFilePrefix(context, cluster.namespace, cluster.name))).toSorted();
  // The names end with the time at which the dump began.
  const newest = names.at(-1);
  if (newest === undefined) return undefined;
  try {
    const dump = await target.open(newest);
    const record = decodeRecord(await dump.end(recordBytes));
    if (record === undefined || !isUsable(record, source, maxAgeSeconds, now())) return undefined;
    progress(`verifying the dump of ${record.takenAt}, ${dump.file}, which can be used again`);
    const { sha256 } = await verified(dump, record, signal);
    return {
      file: dump.file,
      size: dump.size,
      uncompressedSize: record.uncompressedSize,
      sha256,
      takenAt: record.takenAt,
      reused: true,
    };
  } catch (error) {
    signal.throwIfAborted();
    progress(`the last dump, ${newest}, cannot be used again: ${messageOf(error)}`);
    return undefined;
  }
}

/** @throws Error when the dump is not what its record says. */
async function verified(dump: StoredDump, record: DumpRecord, signal: AbortSignal): Promise<{ sha256: string }> {
  const whole = createHash("sha256");
  const content = createHash("sha256");
  const tail = new DumpTail();
  const contentBytes = dump.size - recordBytes;
  let [bytes, sqlBytes] = [0, 0];
  async function* counted(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      whole.update(chunk);
      if (bytes < contentBytes) content.update(chunk.subarray(0, contentBytes - bytes));
      bytes += chunk.length;
      yield chunk;
    }
  }
  const sql = new Writable({
    write(chunk: Buffer, _encoding, done) {
      tail.push(chunk);
      sqlBytes += chunk.length;
      done();
    },
  });
  await pipeline(await dump.content(), counted, createZstdDecompress(), sql, { signal });
  if (content.digest("hex") !== record.sha256) throw new Error("its SHA-256 is not the recorded one");
  if (sqlBytes !== record.uncompressedSize) throw new Error("its SQL has not the recorded size");
  if (!tail.complete) throw new Error("pg_dumpall's trailer is not at its end");
  return { sha256: whole.digest("hex") };
}

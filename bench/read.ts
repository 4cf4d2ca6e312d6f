import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress, zstdCompressSync } from "node:zlib";
import type { S3Client } from "../clients/aws/s3.ts";
import { readPart, readSegment, type ObjectReader } from "../operations/restore/read-object.ts";
import { capturedObjects } from "../test/support/captured-bucket.ts";
import { unpackedLz4 } from "../test/support/read-bucket.ts";
import { walgPrefix } from "../test/support/walg.ts";
import { ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";

const part = `${walgPrefix}/basebackups_005/base_000000010000000000000008/tar_partitions/part_001.tar.lz4`;
const segment = `${walgPrefix}/wal_005/000000010000000000000001.lz4`;
const gigabyte = 1_000_000_000;
/** As S3 sends it. */
const pieceBytes = 64 * 1024;

/**
 * How fast `restore check --read` reads what has arrived: LZ4 in TypeScript with its checksum, the tar file, the records of
 * the WAL. Compared with Node's zstd, which is C, on the same content, and with the lz4 program.
 */
export async function read({ progress, repeat }: Pick<Bench, "progress" | "repeat">): Promise<Result> {
  const objects = await capturedObjects();
  const [packedPart, packedSegment] = [objects.get(part), objects.get(segment)];
  if (packedPart === undefined || packedSegment === undefined) throw new Error("the captured bucket has changed");
  const tar = unpackedLz4(packedPart);
  const zstd = zstdCompressSync(tar);
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  const file = join(folder, "part.lz4");
  await writeFile(file, packedPart);
  const reader = readerOf(objects);
  const expected = { number: 1, timeline: 1, timelineStart: undefined, postgresMajor: 12, systemIdentifier: undefined };
  const segmentBytes = 16 * 1024 * 1024;
  const ways: Record<string, { readonly bytes: number; readonly work: () => Promise<unknown> }> = {
    zstd: { bytes: tar.length, work: () => pipeline(pieces(zstd), createZstdDecompress(), drained) },
    part: {
      bytes: tar.length,
      work: async () => {
        whole(await readPart(reader, { bucket: "b", key: part }), "read");
      },
    },
    segment: {
      bytes: segmentBytes,
      work: async () => {
        whole(await readSegment(reader, { bucket: "b", key: segment }, expected), "wal");
      },
    },
    program: { bytes: tar.length, work: () => Promise.resolve(spawnSync("lz4", ["-tq", file])) },
  };
  const seconds: Record<string, number[]> = {};
  try {
    // The first round only warms up.
    for (let round = 0; round <= repeat; round += 1) {
      for (const [name, { bytes, work }] of Object.entries(ways)) {
        const times = Math.ceil(gigabyte / bytes);
        const started = performance.now();
        for (let time = 0; time < times; time += 1) await work();
        const perGigabyte = ((performance.now() - started) / 1000) * (gigabyte / (times * bytes));
        if (round > 0) (seconds[name] ??= []).push(perGigabyte);
      }
      progress(`read, round ${round} of ${repeat}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const figure = (what: string, name: string): Figure => ({ what, unit: "s", values: seconds[name] ?? [] });
  const baseline = figure("Node's zstd unpacks the same tar file", "zstd");
  const parts = figure("a part of a backup: LZ4, its checksum, tar", "part");
  const segments = figure("a WAL segment: LZ4, its checksum, pages, records", "segment");
  return {
    title: "Reading for `restore check --read`, for 1 GB of content",
    figures: [baseline, parts, segments, figure("`lz4 -t` of the same tar file, in a process of its own", "program")],
    checks: [
      ratioAtMost("reading a part to Node's zstd", parts, baseline, 3),
      ratioAtMost("reading a segment to Node's zstd", segments, baseline, 5),
    ],
    notes: [
      "One processor, on content that is in memory. The content is a real database of 25 MB, which LZ4 packs to a sixth, and a real segment that is half full.",
    ],
  };
}

function readerOf(objects: ReadonlyMap<string, Buffer>): ObjectReader {
  const never = new AbortController().signal;
  const s3: Pick<S3Client, "read"> = { read: ({ key }) => pieces(objects.get(key) ?? Buffer.alloc(0)) };
  return { s3, ends: { bound: never, stop: never }, count: () => undefined };
}

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += pieceBytes)
    yield await Promise.resolve(content.subarray(start, start + pieceBytes));
}

async function drained(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of content) if (bytes.length === 0) throw new Error("an empty piece");
}

function whole({ kind }: { readonly kind: string }, expected: string): void {
  if (kind !== expected) throw new Error(`it was not read, but ${kind}`);
}

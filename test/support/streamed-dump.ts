import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { ExecResult } from "../../clients/kubernetes/exec.ts";
import { dumpTrailer } from "../../domain/dump/dump.ts";
import { FakeCluster } from "./fake-cluster.ts";

/** The size of the frames that an exec delivers. */
const frameBytes = 32 * 1024;
const pool = randomBytes(3 * 512 * 1024).toString("base64");

/** About this many bytes of SQL in frames, which zstd compresses to about three quarters. */
export function* generatedSql(bytes: number, trailer: string = dumpTrailer): Generator<Buffer> {
  yield Buffer.from("-- data\n");
  for (let sent = 0; sent < bytes; sent += frameBytes) {
    // No text repeats within zstd's window.
    const at = (sent * 5) % (pool.length - frameBytes);
    yield Buffer.from(pool.slice(at, at + frameBytes));
  }
  yield Buffer.from(`\n${trailer}`);
}

/** How a streamed dump proceeds. */
export interface StreamedDump {
  readonly frames: Iterable<Buffer>;
  /** An event before the frame that reaches this many bytes. */
  readonly at?: { readonly bytes: number; readonly happens: () => unknown };
  readonly result?: ExecResult;
}

/** A fake cluster whose pg_dumpall streams like the real exec: frame by frame, and only as fast as the reader. */
export function streamingCluster({
  frames,
  at,
  result = { end: "exited", code: 0, stdout: "", stderr: "" },
}: StreamedDump): FakeCluster {
  const cluster = new FakeCluster({});
  const { exec } = cluster;
  return Object.assign(cluster, {
    exec: async (...[container, argv, options]: Parameters<typeof exec>): Promise<ExecResult> => {
      if (!argv.includes("pg_dumpall")) return exec(container, argv, options);
      cluster.commands.push(`${container.pod}: ${argv.join(" ")}`);
      const { signal, stdout = new PassThrough() } = options;
      let sent = 0;
      try {
        for (const frame of frames) {
          sent += frame.length;
          if (at !== undefined && sent >= at.bytes && sent - frame.length < at.bytes) await at.happens();
          signal?.throwIfAborted();
          if (!stdout.write(frame)) await once(stdout, "drain", { signal });
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
      if (result.end === "exited") stdout.end();
      else stdout.destroy(new Error(result.message));
      return result;
    },
  });
}

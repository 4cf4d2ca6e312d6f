import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { ExecResult } from "../../clients/kubernetes/exec.ts";
import { dumpTrailer } from "../../domain/dump/dump.ts";
import { FakeCluster } from "./fake-cluster.ts";

/** As the exec brings them. */
const frameBytes = 32 * 1024;
const pool = randomBytes(3 * 512 * 1024).toString("base64");

/** About so many bytes of SQL in frames; zstd makes them about three quarters of it. */
export function* generatedSql(bytes: number, trailer: string = dumpTrailer): Generator<Buffer> {
  yield Buffer.from("-- data\n");
  for (let sent = 0; sent < bytes; sent += frameBytes) {
    // Nowhere the same text twice within what zstd remembers.
    const at = (sent * 5) % (pool.length - frameBytes);
    yield Buffer.from(pool.slice(at, at + frameBytes));
  }
  yield Buffer.from(`\n${trailer}`);
}

/** How a streamed dump goes. */
export interface StreamedDump {
  readonly frames: Iterable<Buffer>;
  /** Happens before the frame that reaches this many bytes. */
  readonly at?: { readonly bytes: number; readonly happens: () => unknown };
  readonly result?: ExecResult;
}

/** The cluster of the fake, whose pg_dumpall streams as the real exec does: frame by frame, and not faster than it is taken. */
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

import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import type { OutputListener } from "./shell-command.ts";

/** Shows a command's output in the engine's display while the command runs. */
export interface OutputLog {
  take: OutputListener;
  /** Sends the last line even without a newline, and waits until the engine has received everything. */
  end: () => Promise<void>;
  /** Aborts at the first line that is too long for the vendor's provider. */
  tooLong: AbortSignal;
}

/** The longest line that the vendor's provider can log, in bytes without the newline (Go's bufio.Scanner). */
const longestLine = 64 * 1024 - 1;

/**
 * Sends the output of the given streams, line by line and in order, as one resource's temporary status messages. As in
 * the vendor's provider, an unfinished line of one stream continues with what the other prints.
 */
export function logger(client: EngineClient, urn: string, streams: ReadonlySet<string>): OutputLog {
  const tooLong = new AbortController();
  let rest = Buffer.alloc(0);
  let sent = Promise.resolve();
  const send = (line: Buffer) => {
    if (line.length > longestLine) tooLong.abort();
    const text = line.toString("utf8").replace(/\r$/, "");
    sent = sent.then(() => sendLine(client, urn, text));
  };
  return {
    take: (stream, chunk) => {
      if (!streams.has(stream)) return;
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        send(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      }
      if (rest.length > longestLine) tooLong.abort();
    },
    end: async () => {
      if (rest.length > 0) send(rest);
      await sent;
    },
    tooLong: tooLong.signal,
  };
}

function sendLine(client: EngineClient, urn: string, line: string): Promise<void> {
  const request = new engine.LogRequest()
    .setSeverity(engine.LogSeverity.INFO)
    .setUrn(urn)
    .setMessage(line)
    .setEphemeral(true);
  return new Promise((resolve) => {
    // The command must not fail if the engine does not accept the line.
    client.log(request, () => {
      resolve();
    });
  });
}

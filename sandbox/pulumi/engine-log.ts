import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import type { OutputListener } from "./shell-command.ts";

/** Shows a command's output in the engine's display while the command runs. */
export interface OutputLog {
  take: OutputListener;
  /** Sends the last line even without a newline, and waits until the engine has received everything. */
  end: () => Promise<void>;
}

/** Sends the output of the given streams, line by line and in order, as one resource's temporary status messages. */
export function logger(client: EngineClient, urn: string, streams: ReadonlySet<string>): OutputLog {
  let rest = "";
  let sent = Promise.resolve();
  const send = (line: string) => {
    sent = sent.then(() => sendLine(client, urn, line));
  };
  return {
    take: (stream, text) => {
      if (!streams.has(stream)) return;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(send);
    },
    end: async () => {
      if (rest !== "") send(rest);
      await sent;
    },
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

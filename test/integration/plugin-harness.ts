import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { createInterface } from "node:readline";
import { listenOnLoopback } from "../../sandbox/pulumi/plugin-server.ts";
import { pluginCommand, type ReplaceablePlugin } from "../../sandbox/pulumi/plugins.ts";

/** A Pulumi plugin, started as the engine would, with an engine that only collects its log. */
export interface StartedPlugin {
  address: string;
  /** The lines that the plugin and its programs sent to the engine's log, oldest first. */
  logged: LoggedLine[];
  stop: () => void;
  /** Ends the engine without a word to the plugin. */
  killEngine: () => void;
  isAlive: () => boolean;
}

export interface LoggedLine {
  message: string;
  severity: "debug" | "info" | "warning" | "error";
  urn: string;
  /** Whether it is a temporary status message, shown only while the resource is being changed. */
  ephemeral: boolean;
}

const severities = ["debug", "info", "warning", "error"] as const;

/** Starts the stand-in for the plugin in the folder, or the vendor's own program if a variable names it. */
export async function startPlugin(name: ReplaceablePlugin, folder: string): Promise<StartedPlugin> {
  const logged: LoggedLine[] = [];
  let rootUrn = "";
  const server = new grpc.Server();
  server.addService(services.EngineService, {
    log: answer((line: InstanceType<typeof engine.LogRequest>) => {
      const severity = severities[line.getSeverity()];
      logged.push({ message: line.getMessage(), severity, urn: line.getUrn(), ephemeral: line.getEphemeral() });
      return new empties.Empty();
    }),
    getRootResource: answer(() => new engine.GetRootResourceResponse().setUrn(rootUrn)),
    setRootResource: answer((request: InstanceType<typeof engine.SetRootResourceRequest>) => {
      rootUrn = request.getUrn();
      return new engine.SetRootResourceResponse();
    }),
  });
  const port = await listenOnLoopback(server);
  const [program, ...parameters] = pluginCommand(name, process.execPath);
  const child = spawn(program, [...parameters, `127.0.0.1:${port}`], {
    cwd: folder,
    // The language host runs programs with the Node that PATH names.
    env: { ...process.env, PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const firstLine = await new Promise<string>((resolve) => lines.once("line", resolve));
  return {
    address: `127.0.0.1:${firstLine}`,
    logged,
    stop: () => {
      child.kill("SIGKILL");
      server.forceShutdown();
    },
    killEngine: () => {
      child.stdin.destroy();
      server.forceShutdown();
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
  };
}

/** A handler for a unary call that cannot fail. */
export function answer<Request, Response>(
  respond: (request: Request) => Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    callback(null, respond(call.request));
  };
}

/** The answer of a unary call. A failure becomes an Error with the plugin's message. */
export function unaryCall<Response>(
  send: (callback: (error: grpc.ServiceError | null, response: Response) => void) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (error) reject(new Error(error.details));
      else resolve(response);
    });
  });
}

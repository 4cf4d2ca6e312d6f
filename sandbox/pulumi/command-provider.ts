/**
 * Stand-in for the plugin `pulumi-resource-command` 1.2.1 with one resource, `command:local:Command`, and one function,
 * `command:local:run`.
 * The engine starts it with its own address as the argument. Only protocol modules are imported, because loading the
 * Pulumi SDK would take half a second at every start.
 */
import { randomBytes } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { diffResponse } from "./diff-response.ts";
import { logger } from "./engine-log.ts";
import { channelOptions, servePlugin, unary } from "./plugin-server.ts";
import { changedPaths, propertiesOf, revealed, structOf, unknownString } from "./property-diff.ts";
import type { Properties } from "./property-diff.ts";
import { runShellCommand } from "./shell-command.ts";
import { pulumiVersions } from "./versions.ts";

const commandType = "command:local:Command";
const runFunction = "command:local:run";
const inputNames = new Set([
  "addPreviousOutputInEnv",
  "create",
  "delete",
  "dir",
  "environment",
  "interpreter",
  "logging",
  "stdin",
  "triggers",
  "update",
]);

const engineAddress = process.argv[2];
if (engineAddress === undefined) throw new Error("usage: command-provider.ts ENGINE-ADDRESS");
const engineClient = new engineServices.EngineClient(engineAddress, grpc.credentials.createInsecure(), channelOptions);
/** Aborts when the engine cancels the deployment. */
const cancellation = new AbortController();
/** What a line that the vendor's provider cannot log leads to. */
const hang =
  "the stand-in for the command provider refuses a line of 64 KiB or more on a logged stream: the vendor's provider hangs at it for ever, without regard for any time limit";

await servePlugin(
  services.ResourceProviderService,
  {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(pulumiVersions.command)),
    checkConfig: unary((request: messages.CheckRequest) => new provider.CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new provider.DiffResponse()),
    configure: unary(() => new provider.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true)),
    check: unary(check),
    diff: unary(diff),
    create: unary(create),
    read: unary(read),
    update: unary(update),
    delete: unary(remove),
    invoke: unary(invoke),
    cancel: unary(() => {
      cancellation.abort();
      return new empties.Empty();
    }),
  },
  engineAddress,
);

function check(request: messages.CheckRequest): messages.CheckResponse {
  const type = request.getType();
  if (type !== commandType)
    throw new Error(`the stand-in for the command provider knows only ${commandType}, not ${type}`);
  const failures = Object.keys(propertiesOf(request.getNews()))
    .filter((name) => !inputNames.has(name))
    .map((name) =>
      new provider.CheckFailure().setProperty(name).setReason("not supported by the stand-in for the command provider"),
    );
  return new provider.CheckResponse().setInputs(request.getNews()).setFailuresList(failures);
}

function diff(request: messages.DiffRequest): messages.DiffResponse {
  const changes = changedPaths(propertiesOf(request.getOldInputs()), propertiesOf(request.getNews()));
  // For a changed element of triggers, the SDK itself asks for the replacement.
  return diffResponse(changes, (path) => path === "triggers");
}

async function create(request: messages.CreateRequest, gone: AbortSignal): Promise<messages.CreateResponse> {
  const inputs = propertiesOf(request.getProperties());
  if (request.getPreview()) {
    return new provider.CreateResponse().setProperties(
      structOf({ ...inputs, stdout: unknownString, stderr: unknownString }),
    );
  }
  const script = plain(inputs)["create"];
  const output = typeof script === "string" ? await run(script, inputs, {}, request, gone) : { stdout: "", stderr: "" };
  return new provider.CreateResponse()
    .setId(`${request.getName()}${randomBytes(4).toString("hex")}`)
    .setProperties(structOf({ ...inputs, ...output }));
}

async function update(request: messages.UpdateRequest, gone: AbortSignal): Promise<messages.UpdateResponse> {
  const inputs = propertiesOf(request.getNews());
  const state = plain(propertiesOf(request.getOlds()));
  const old = { stdout: state["stdout"] ?? "", stderr: state["stderr"] ?? "" };
  if (request.getPreview()) {
    const changed = changedPaths(propertiesOf(request.getOldInputs()), inputs).size > 0;
    const output = changed ? { stdout: unknownString, stderr: unknownString } : old;
    return new provider.UpdateResponse().setProperties(structOf({ ...inputs, ...output }));
  }
  const { create: createScript, update: updateScript } = plain(inputs);
  const script = updateScript ?? createScript;
  const output = typeof script === "string" ? await run(script, inputs, old, request, gone) : old;
  return new provider.UpdateResponse().setProperties(structOf({ ...inputs, ...output }));
}

async function remove(request: messages.DeleteRequest, gone: AbortSignal): Promise<empties.Empty> {
  const state = propertiesOf(request.getProperties());
  const script = plain(state)["delete"];
  if (typeof script === "string") await run(script, state, state, request, gone);
  return new empties.Empty();
}

/** Returns the stored state, because a command leaves nothing else to read. */
function read(request: messages.ReadRequest): messages.ReadResponse {
  return new provider.ReadResponse()
    .setId(request.getId())
    .setProperties(request.getProperties())
    .setInputs(request.getInputs());
}

/** Runs at every preview and update. Its output belongs to no resource, but is shown all the same. */
async function invoke(request: messages.InvokeRequest, gone: AbortSignal): Promise<messages.InvokeResponse> {
  if (request.getTok() !== runFunction)
    throw new Error(`the stand-in for the command provider knows only ${runFunction}, not ${request.getTok()}`);
  const inputs = propertiesOf(request.getArgs());
  const { command } = plain(inputs);
  if (typeof command !== "string") throw new Error(`${runFunction} needs a command`);
  const output = await run(command, inputs, {}, { getUrn: () => "", getTimeout: () => 0 }, gone);
  return new provider.InvokeResponse().setReturn(structOf({ ...inputs, ...output }));
}

interface Request {
  getUrn(): string;
  /** In seconds; 0 means no time limit. */
  getTimeout(): number;
}

/** `gone` aborts when the engine cancels the call or is gone. As in the real provider, that kills the script at once. */
async function run(script: string, inputs: Properties, previous: Properties, request: Request, gone: AbortSignal) {
  const { addPreviousOutputInEnv, dir, environment, interpreter, logging, stdin } = plain(inputs);
  const log = logger(engineClient, request.getUrn(), loggedStreams(logging));
  const { stdout, stderr } = plain(previous);
  const command = {
    script,
    interpreter: Array.isArray(interpreter) ? interpreter.map(String) : undefined,
    dir: typeof dir === "string" ? dir : undefined,
    environment: {
      ...stringValues(environment),
      ...(addPreviousOutputInEnv !== false &&
        nonEmpty({ PULUMI_COMMAND_STDOUT: stdout, PULUMI_COMMAND_STDERR: stderr })),
    },
    stdin: typeof stdin === "string" ? stdin : undefined,
  };
  const ends = [cancellation.signal, gone, log.tooLong, ...timeLimit(request.getTimeout())];
  const [ended] = await Promise.allSettled([runShellCommand(command, AbortSignal.any(ends), log.take)]);
  await log.end();
  if (log.tooLong.aborted) throw new Error(hang);
  if (ended.status === "rejected") throw ended.reason;
  return ended.value;
}

/** The real provider cuts a time limit to whole seconds, so nothing runs at all with one below a second. */
function timeLimit(seconds: number): AbortSignal[] {
  if (seconds === 0) return [];
  if (seconds < 1) return [AbortSignal.abort(new DOMException("", "TimeoutError"))];
  return [AbortSignal.timeout(Math.trunc(seconds) * 1000)];
}

function loggedStreams(logging: unknown): ReadonlySet<string> {
  switch (logging) {
    case undefined:
    case null:
    case "stdoutAndStderr":
      return new Set(["stdout", "stderr"]);
    case "stdout":
    case "stderr":
      return new Set([logging]);
    default:
      return new Set();
  }
}

function plain(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, revealed(value)]));
}

function stringValues(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, String(item)]));
}

function nonEmpty(values: Record<string, unknown>): Record<string, string> {
  return stringValues(
    Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === "string" && value !== "")),
  );
}

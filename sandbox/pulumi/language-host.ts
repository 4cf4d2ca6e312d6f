/**
 * Stand-in for `pulumi-language-nodejs`: runs Pulumi programs, plugins and policy packs with the runners that the
 * vendor's own npm package @pulumi/pulumi brings, and with the Node that PATH names. The engine starts it with its own
 * address as the last argument. Not imitated: debuggers, installing dependencies, code generation, other runtimes.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type * as messages from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { messageOf } from "../../domain/errors.ts";
import { failureOf, failureText, moduleOf, onPath, startProgram, type Failure } from "./language-host/node.ts";
import { dependencies, requiredPackages } from "./language-host/packages.ts";
import { packEnvironment, PolicyProxy } from "./language-host/policy-proxy.ts";
import { servePlugin, unary } from "./plugin-server.ts";
import { propertiesOf } from "./property-diff.ts";
import type { Properties, PropertyValue } from "./property-diff.ts";
import { pulumiVersions } from "./versions.ts";

/** The exit code with which the vendor's runner says that it has already reported everything to the engine. */
const bailExitCode = 32;

const engineAddress = process.argv.at(-1) ?? "";
/** Aborts when the engine cancels the deployment. */
const cancellation = new AbortController();

await servePlugin(
  services.LanguageRuntimeService,
  {
    handshake: unary(() => new language.LanguageHandshakeResponse()),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(`v${pulumiVersions.engine}`)),
    about: unary(about),
    getRequiredPackages: unary((request: messages.GetRequiredPackagesRequest) =>
      new language.GetRequiredPackagesResponse().setPackagesList(requiredPackages(directoryOf(request))),
    ),
    getProgramDependencies: unary((request: messages.GetProgramDependenciesRequest) =>
      new language.GetProgramDependenciesResponse().setDependenciesList(
        dependencies(directoryOf(request), request.getTransitivedependencies()),
      ),
    ),
    runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
    installDependencies: (
      call: grpc.ServerWritableStream<messages.InstallDependenciesRequest, messages.InstallDependenciesResponse>,
    ) => {
      call.end();
    },
    run: unary(runProgram),
    runPlugin,
    cancel: unary(() => {
      cancellation.abort();
      return new empties.Empty();
    }),
  },
  engineAddress,
);

async function about(request: messages.AboutRequest): Promise<messages.AboutResponse> {
  const directory = directoryOf(request);
  const output = async (command: string, ...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(command, args, directory === "" ? {} : { cwd: directory });
    return stdout.trim();
  };
  const typescript = `console.log(require("typescript/package.json").version)`;
  const [version, npm, compiler] = await Promise.allSettled([
    output("node", "--version"),
    output("npm", "--version"),
    output("node", "-e", typescript),
  ]);
  const response = new language.AboutResponse().setExecutable(onPath("node"));
  if (version.status === "fulfilled") response.setVersion(version.value);
  response.getMetadataMap().set("packagemanager", "npm");
  if (npm.status === "fulfilled") response.getMetadataMap().set("packagemanagerVersion", npm.value);
  if (compiler.status === "fulfilled") response.getMetadataMap().set("typescriptVersion", compiler.value);
  return response;
}

async function runProgram(request: messages.RunRequest, gone: AbortSignal): Promise<messages.RunResponse> {
  const response = new language.RunResponse();
  try {
    const failure = await programEnd(request, gone);
    if (failure === undefined) return response;
    if ("exitCode" in failure && failure.exitCode === bailExitCode) return response.setBail(true);
    return response.setError(failureText(failure, "program"));
  } catch (error) {
    return response.setError(messageOf(error));
  }
}

function programEnd(request: messages.RunRequest, gone: AbortSignal): Promise<Failure> {
  const directory = directoryOf(request);
  const options = optionsOf(request);
  const info = request.getInfo();
  const flags = [
    ["--monitor", request.getMonitorAddress()],
    ["--engine", engineAddress],
    ["--organization", request.getOrganization()],
    ["--project", request.getProject()],
    ["--root-directory", info?.getRootDirectory() ?? ""],
    ["--stack", request.getStack()],
    ["--pwd", directory],
    ["--parallel", String(request.getParallel())],
  ].filter(([, value]) => value !== "");
  const configuration = request.getConfigMap().toArray();
  const child = startProgram(
    onPath("node"),
    [
      ...words(options["nodeargs"]),
      moduleOf(directory, "run", "pulumi install"),
      ...flags.flat(),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() ?? request.getProgram(),
      ...request.getArgsList(),
    ],
    {
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(configuration.map(([key, value]) => [configKey(key), value]))),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        ...typescriptVariable(options),
      },
      // The engine shows whatever the program prints.
      stdio: ["ignore", "inherit", "inherit"],
    },
    AbortSignal.any([cancellation.signal, gone]),
  );
  return failureOf(child);
}

/** Streams what the plugin prints. It gets the environment of the request instead of this process's own. */
function runPlugin(call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>): void {
  pluginEnd(call).then(
    (failure) => {
      if (failure === undefined) call.end();
      else call.emit("error", { code: grpc.status.UNKNOWN, details: failureText(failure, "plugin program") });
    },
    (error: unknown) => {
      call.emit("error", { code: grpc.status.UNKNOWN, details: messageOf(error) });
    },
  );
}

async function pluginEnd(
  call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>,
): Promise<Failure> {
  const { request } = call;
  const directory = directoryOf(request);
  const print = (text: string | Buffer) => {
    call.write(new language.RunPluginResponse().setStdout(Buffer.from(text)));
  };
  const policyPack = request.getKind() === "analyzer";
  const runner = moduleOf(directory, policyPack ? "run-policy-pack" : "run-plugin", `npm install in ${directory}`);
  const proxy = policyPack ? await PolicyProxy.start() : undefined;
  if (proxy !== undefined) print(`${proxy.port}\n`);
  const configuration = await proxy?.configuration;
  const child = startProgram(
    onPath("node"),
    // The runner for policy packs expects the engine's address first, the other expects its program first.
    [runner, ...(policyPack ? [...request.getArgsList(), directory] : [directory, ...request.getArgsList()])],
    {
      // A policy pack reads its version from the package.json of the folder that it runs in.
      cwd: policyPack ? directory : request.getPwd(),
      env: {
        ...Object.fromEntries(request.getEnvList().map(variable)),
        ...typescriptVariable(optionsOf(request)),
        ...(configuration === undefined ? {} : packEnvironment(configuration)),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
    new AbortController().signal,
  );
  call.on("cancelled", () => child.kill("SIGKILL"));
  if (proxy !== undefined && child.stdout !== null)
    proxy.attach(child.stdout, (line) => {
      print(`${line}\n`);
    });
  else child.stdout?.on("data", print);
  child.stderr?.on("data", (chunk: Buffer) => call.write(new language.RunPluginResponse().setStderr(chunk)));
  const failure = await failureOf(child);
  proxy?.stop();
  return failure;
}

interface AboutProgram {
  getInfo(): messages.ProgramInfo | undefined;
}

function directoryOf(request: AboutProgram): string {
  return request.getInfo()?.getProgramDirectory() ?? "";
}

function optionsOf(request: AboutProgram): Properties {
  return propertiesOf(request.getInfo()?.getOptions());
}

function typescriptVariable(options: Properties): Record<string, string> {
  return options["typescript"] === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" };
}

/** The SDK still gets the older form of the keys: `project:config:name`. */
function configKey(key: string): string {
  return key.replace(/^([^:]*):(?!config:)/, "$1:config:");
}

function words(option: PropertyValue | undefined): string[] {
  return typeof option === "string" ? option.split(/\s+/).filter((part) => part !== "") : [];
}

function variable(entry: string): [string, string] {
  const equals = entry.indexOf("=");
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}

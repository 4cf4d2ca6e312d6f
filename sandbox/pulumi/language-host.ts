/**
 * Stand-in for `pulumi-language-nodejs`: runs Pulumi programs, plugins and policy packs with the runners that the
 * vendor's own npm package @pulumi/pulumi brings. The engine starts it with its own address as the last argument.
 * The Node that runs this file also runs the programs.
 */
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type * as messages from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import { servePlugin, unary } from "./plugin-server.ts";
import { propertiesOf } from "./property-diff.ts";
import type { PropertyValue } from "./property-diff.ts";
import { pulumiVersions } from "./versions.ts";

/** The exit code with which the vendor's runner says that it has already reported everything to the engine. */
const bailExitCode = 32;

const engineAddress = process.argv.at(-1) ?? "";
const running = new Set<ChildProcess>();

await servePlugin(services.LanguageRuntimeService, {
  handshake: unary(() => new language.LanguageHandshakeResponse()),
  getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(pulumiVersions.engine)),
  about: unary(() => new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
  // All plugins are already installed, so nothing has to be downloaded.
  getRequiredPlugins: unary(() => new language.GetRequiredPluginsResponse()),
  getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
  getProgramDependencies: unary(() => new language.GetProgramDependenciesResponse()),
  runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
  installDependencies: (
    call: grpc.ServerWritableStream<messages.InstallDependenciesRequest, messages.InstallDependenciesResponse>,
  ) => {
    call.end();
  },
  run: unary(runProgram),
  runPlugin,
  cancel: unary(() => {
    killAll();
    return new empties.Empty();
  }),
});
process.on("exit", killAll);

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

async function runProgram(request: messages.RunRequest): Promise<messages.RunResponse> {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() ?? request.getPwd();
  const options = propertiesOf(info?.getOptions());
  const flags = [
    ["--monitor", request.getMonitorAddress()],
    ["--engine", engineAddress],
    ["--organization", request.getOrganization()],
    ["--project", request.getProject()],
    ["--root-directory", info?.getRootDirectory() ?? ""],
    ["--stack", request.getStack()],
    ["--pwd", request.getPwd()],
    ["--parallel", String(request.getParallel())],
  ].filter(([, value]) => value !== "");
  const child = start(
    [
      ...nodeArguments(options["nodeargs"]),
      vendorRunner(directory, "run"),
      ...flags.flat(),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() ?? request.getProgram(),
      ...request.getArgsList(),
    ],
    {
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: String(options["typescript"] !== false),
      },
      // The engine shows whatever the program prints.
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const response = new language.RunResponse();
  const end = await ended(child);
  if (end === bailExitCode) return response.setBail(true);
  if (end === 0) return response;
  return response.setError(
    typeof end === "number" ? `Program exited with non-zero exit code: ${end}` : `Program ended: ${end}`,
  );
}

function runPlugin(call: grpc.ServerWritableStream<messages.RunPluginRequest, messages.RunPluginResponse>): void {
  const { request } = call;
  const directory = request.getInfo()?.getProgramDirectory() ?? request.getPwd();
  const policyPack = request.getKind() === "analyzer";
  try {
    const child = start(
      [
        vendorRunner(directory, policyPack ? "run-policy-pack" : "run-plugin"),
        // The runner for policy packs expects the engine's address first, the other expects its program first.
        ...(policyPack ? [...request.getArgsList(), directory] : [directory, ...request.getArgsList()]),
      ],
      // A policy pack reads its version from the package.json of the folder that it runs in.
      {
        cwd: policyPack ? directory : request.getPwd(),
        env: Object.fromEntries(request.getEnvList().map(variable)),
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    child.stdout?.on("data", (chunk: Buffer) => call.write(new language.RunPluginResponse().setStdout(chunk)));
    child.stderr?.on("data", (chunk: Buffer) => call.write(new language.RunPluginResponse().setStderr(chunk)));
    call.on("cancelled", () => child.kill());
    void ended(child).then((end) => {
      call.write(new language.RunPluginResponse().setExitcode(typeof end === "number" ? end : -1));
      call.end();
    });
  } catch (error) {
    call.emit("error", error);
  }
}

/** The runner from the same @pulumi/pulumi package that the program imports. */
function vendorRunner(directory: string, name: "run" | "run-plugin" | "run-policy-pack"): string {
  try {
    return createRequire(join(directory, "package.json")).resolve(`@pulumi/pulumi/cmd/${name}/index.js`);
  } catch {
    throw new Error(`@pulumi/pulumi is not installed for ${directory}: run npm ci there`);
  }
}

function start(args: string[], options: SpawnOptions): ChildProcess {
  const child = spawn(process.execPath, args, options);
  running.add(child);
  return child;
}

/** Resolves when the output is complete, with the exit code or whatever else ended the process. */
function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    const settle = (end: number | string) => {
      running.delete(child);
      resolve(end);
    };
    child.on("error", (error) => {
      settle(error.message);
    });
    child.on("close", (code, signal) => {
      settle(code ?? signal ?? "for an unknown reason");
    });
  });
}

function nodeArguments(option: PropertyValue | undefined): string[] {
  return typeof option === "string" ? option.split(/\s+/).filter((part) => part !== "") : [];
}

function variable(entry: string): [string, string] {
  const equals = entry.indexOf("=");
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}

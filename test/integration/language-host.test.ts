import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type {
  AboutResponse,
  GetRequiredPackagesResponse,
  ProgramInfo,
  RunPluginResponse,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import resourceServices from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { structOf } from "../../sandbox/pulumi/property-diff.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { answer, bound, startPlugin, unaryCall } from "./plugin-harness.ts";
import type { StartedPlugin } from "./plugin-harness.ts";
import { pulumiVersions } from "../../sandbox/pulumi/versions.ts";

describe("stand-in for the Node language host", function () {
  this.timeout(60_000);

  let host: StartedPlugin;
  let client: LanguageRuntimeClient;
  let monitor: grpc.Server;
  let monitorAddress: string;
  let registered: string[];
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "language-host-"));
    symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    host = await startPlugin("language-host.ts", folder);
    client = new services.LanguageRuntimeClient(host.address, grpc.credentials.createInsecure());
    monitor = new grpc.Server();
    monitor.addService(resourceServices.ResourceMonitorService, {
      supportsFeature: answer(() => new resource.SupportsFeatureResponse()),
      registerResource: answer((request: RegisterResourceRequest) => {
        const urn = `urn:pulumi:lab::test::${request.getType()}::${request.getName()}`;
        registered.push(urn);
        return new resource.RegisterResourceResponse().setUrn(urn);
      }),
      registerResourceOutputs: answer(() => new empties.Empty()),
      signalAndWaitForShutdown: answer(() => new empties.Empty()),
    });
    monitorAddress = `127.0.0.1:${await bound(monitor)}`;
  });

  beforeEach(() => {
    host.logged.length = 0;
    registered = [];
  });

  after(() => {
    client.close();
    host.stop();
    monitor.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  function info(entryPoint: string): ProgramInfo {
    return new language.ProgramInfo()
      .setRootDirectory(folder)
      .setProgramDirectory(folder)
      .setEntryPoint(entryPoint)
      .setOptions(structOf({ typescript: false }));
  }

  function run(program: string): Promise<RunResponse> {
    writeFileSync(join(folder, "index.ts"), program);
    const request = new language.RunRequest()
      .setProject("test")
      .setStack("lab")
      .setPwd(folder)
      .setMonitorAddress(monitorAddress);
    request.setInfo(info("index.ts")).setParallel(4).setOrganization("organization").setDryrun(true);
    request.getConfigMap().set("test:colour", "blue");
    return unaryCall<RunResponse>((done) => client.run(request, done));
  }

  it("describes itself and asks for no plugin to be downloaded", async () => {
    const plugin = await unaryCall<PluginInfo>((done) => client.getPluginInfo(new empties.Empty(), done));
    assert.equal(plugin.getVersion(), pulumiVersions.engine);
    const about = await unaryCall<AboutResponse>((done) => client.about(new language.AboutRequest(), done));
    assert.deepEqual([about.getExecutable(), about.getVersion()], [process.execPath, process.version]);
    const packages = await unaryCall<GetRequiredPackagesResponse>((done) =>
      client.getRequiredPackages(new language.GetRequiredPackagesRequest(), done),
    );
    assert.deepEqual([packages.getPackagesList(), packages.getSpecsList()], [[], []]);
  });

  it("runs a TypeScript program with its stack, configuration and preview mode", async () => {
    const response = await run(`
      import * as pulumi from "@pulumi/pulumi";
      const words: string[] = [pulumi.getStack(), new pulumi.Config().require("colour"), String(pulumi.runtime.isDryRun())];
      new pulumi.ComponentResource("test:index:Thing", words.join("-"));
    `);
    assert.deepEqual([response.getError(), response.getBail()], ["", false]);
    assert.deepEqual(registered, [
      "urn:pulumi:lab::test::pulumi:pulumi:Stack::test-lab",
      "urn:pulumi:lab::test::test:index:Thing::lab-blue-true",
    ]);
  });

  it("stops without another message after the program reported its error, and without a stack trace for a RunError", async () => {
    const response = await run(
      `import { RunError } from "@pulumi/pulumi/errors.js"; throw new RunError("settings are wrong");`,
    );
    assert.deepEqual([response.getError(), response.getBail()], ["", true]);
    const told = host.logged.filter(({ severity }) => severity !== "debug");
    assert.deepEqual(
      told.map(({ severity, message }) => [severity, message]),
      [["error", "settings are wrong"]],
    );
  });

  it("reports the exit code of a program that exits by itself", async () => {
    const response = await run("process.exit(7);");
    assert.deepEqual([response.getError(), response.getBail()], ["Program exited with non-zero exit code: 7", false]);
  });

  it("kills the program when the engine cancels", async () => {
    const running = run(
      `import { log } from "@pulumi/pulumi"; await log.info("started"); setInterval(() => undefined, 1000); await new Promise(() => undefined);`,
    );
    await waitUntil("the start of the program", 10, () =>
      Promise.resolve(host.logged.some(({ message }) => message === "started")),
    );
    await unaryCall((done) => client.cancel(new empties.Empty(), done));
    assert.equal((await running).getError(), "Program ended: SIGKILL");
  });

  it("says where it looked for a missing SDK", async () => {
    const request = new language.RunRequest()
      .setPwd("/")
      .setInfo(new language.ProgramInfo().setProgramDirectory("/").setEntryPoint("."));
    const details = "@pulumi/pulumi is not installed for /: run npm ci there";
    await assert.rejects(
      unaryCall<RunResponse>((done) => client.run(request, done)),
      { message: details },
    );
    const call = client.runPlugin(new language.RunPluginRequest().setInfo(request.getInfo()));
    await assert.rejects(new Promise((resolve, reject) => call.on("data", resolve).on("error", reject)), { details });
  });

  it("streams a plugin's output and reports its exit code", async () => {
    writeFileSync(
      join(folder, "plugin.cjs"),
      "console.log(process.env.COLOUR, process.argv.slice(2).join()); console.error('problem'); process.exitCode = 3;",
    );
    writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "plugin.cjs" }));
    const request = new language.RunPluginRequest().setPwd(folder).setKind("resource").setInfo(info("."));
    request.setArgsList(["127.0.0.1:1"]).setEnvList([`PATH=${process.env["PATH"] ?? ""}`, "COLOUR=blue=green"]);
    let stdout = "";
    let stderr = "";
    let exitCode: number | undefined;
    const call = client.runPlugin(request);
    call.on("data", (part: RunPluginResponse) => {
      stdout += Buffer.from(part.getStdout_asU8()).toString();
      stderr += Buffer.from(part.getStderr_asU8()).toString();
      if (part.hasExitcode()) exitCode = part.getExitcode();
    });
    await new Promise((resolve, reject) => call.on("end", resolve).on("error", reject));
    assert.deepEqual(
      { stdout, stderr, exitCode },
      { stdout: "blue=green 127.0.0.1:1\n", stderr: "problem\n", exitCode: 3 },
    );
  });

  it("ends when the engine is gone", async () => {
    const other = await startPlugin("language-host.ts", folder);
    assert.equal(await other.abandon(), 0);
    other.stop();
  });
});

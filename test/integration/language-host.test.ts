import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import type { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import analyzerServices from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type {
  AboutResponse,
  GetProgramDependenciesResponse,
  GetRequiredPackagesResponse,
  ProgramInfo,
  RunPluginRequest,
  RunPluginResponse,
  RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import resourceServices from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import empties from "google-protobuf/google/protobuf/empty_pb.js";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { structOf } from "../../sandbox/pulumi/property-diff.ts";
import { listenOnLoopback } from "../../sandbox/pulumi/plugin-server.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { answer, startPlugin, unaryCall } from "./plugin-harness.ts";
import type { StartedPlugin } from "./plugin-harness.ts";
import { pulumiVersions } from "../../sandbox/pulumi/versions.ts";

describe("the Node language host", function () {
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
    host = await startPlugin("language-host", folder);
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
    monitorAddress = `127.0.0.1:${await listenOnLoopback(monitor)}`;
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

  function info(entryPoint: string, directory = folder): ProgramInfo {
    return new language.ProgramInfo()
      .setRootDirectory(directory)
      .setProgramDirectory(directory)
      .setEntryPoint(entryPoint)
      .setOptions(structOf({ typescript: false }));
  }

  function run(program: string): Promise<RunResponse> {
    return unaryCall<RunResponse>((done) => client.run(requestFor(program), done));
  }

  function requestFor(program: string): RunRequest {
    writeFileSync(join(folder, "index.ts"), program);
    const request = new language.RunRequest()
      .setProject("test")
      .setStack("lab")
      .setPwd(folder)
      .setMonitorAddress(monitorAddress);
    request.setInfo(info("index.ts")).setParallel(4).setOrganization("organization").setDryrun(true);
    request.getConfigMap().set("test:colour", "blue");
    return request;
  }

  const checkout = join(import.meta.dirname, "../..");
  const manifest = z
    .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")));

  it("describes itself, the Node on PATH and the package manager", async () => {
    const plugin = await unaryCall<PluginInfo>((done) => client.getPluginInfo(new empties.Empty(), done));
    assert.equal(plugin.getVersion(), `v${pulumiVersions.engine}`);
    const request = new language.AboutRequest().setInfo(info(".", checkout));
    const about = await unaryCall<AboutResponse>((done) => client.about(request, done));
    assert.deepEqual([realpathSync(about.getExecutable()), about.getVersion()], [process.execPath, process.version]);
    const { packagemanager, packagemanagerVersion, typescriptVersion } = Object.fromEntries(
      about.getMetadataMap().toArray(),
    );
    assert.equal(packagemanager, "npm");
    assert.match(packagemanagerVersion ?? "", /^\d+\.\d+\.\d+$/);
    assert.equal(typescriptVersion, manifest.devDependencies["typescript"]);
  });

  it("reports every installed provider as required, whether the program uses it or not", async () => {
    const request = new language.GetRequiredPackagesRequest().setInfo(info("."));
    const response = await unaryCall<GetRequiredPackagesResponse>((done) => client.getRequiredPackages(request, done));
    assert.deepEqual(
      response.getPackagesList().map((found) => [found.getKind(), found.getName(), found.getVersion()]),
      [
        ["resource", "aws", `v${pulumiVersions.aws}`],
        ["resource", "command", `v${pulumiVersions.command}`],
        ["resource", "kubernetes", `v${pulumiVersions.kubernetes}`],
      ],
    );
  });

  it("lists the dependencies with the versions of the lockfile", async () => {
    const ask = async (directory: string, transitive: boolean): Promise<Record<string, string>> => {
      const request = new language.GetProgramDependenciesRequest().setInfo(info(".", directory));
      const response = await unaryCall<GetProgramDependenciesResponse>((done) =>
        client.getProgramDependencies(request.setTransitivedependencies(transitive), done),
      );
      return Object.fromEntries(
        response.getDependenciesList().map((dependency) => [dependency.getName(), dependency.getVersion()]),
      );
    };
    const direct = await ask(checkout, false);
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
    assert.deepEqual(Object.keys(direct).sort(), Object.keys(wanted).sort());
    assert.equal(direct["@pulumi/pulumi"], wanted["@pulumi/pulumi"]);
    // Of a package that is installed in several versions, the lockfile's first counts, whoever uses it.
    assert.notEqual(direct["execa"], wanted["execa"]);
    assert(Object.keys(await ask(checkout, true)).length > 100);
    await assert.rejects(ask("/", false), {
      message: "failed to get node dependencies: no package-lock.json found (searching upwards from /)",
    });
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

  describe("a program that must end early", () => {
    /** Runs until it is killed, with what it does at SIGINT. */
    const endless = (atInterrupt: string): string =>
      `import { log } from "@pulumi/pulumi"; ${atInterrupt}; await log.info("started"); setInterval(() => undefined, 1000); await new Promise(() => undefined);`;
    const started = (): Promise<void> =>
      waitUntil("the start of the program", 45, () =>
        Promise.resolve(host.logged.some(({ message }) => message === "started")),
      );
    const told = (): Promise<void> =>
      waitUntil("the interrupt", 20, () => Promise.resolve(existsSync(join(folder, "interrupted"))));
    const record = `(await import("node:fs")).writeFileSync("interrupted", "")`;
    beforeEach(() => {
      rmSync(join(folder, "interrupted"), { force: true });
    });

    it("is interrupted when the engine is gone", async () => {
      const call = client.run(
        requestFor(endless(`process.on("SIGINT", async () => { ${record}; process.exit(1); })`)),
        () => undefined,
      );
      await started();
      call.cancel();
      await told();
    });

    // These come last, because a cancelled host starts nothing more.
    describe("because the engine cancels", () => {
      it("is interrupted, and killed after five seconds", async () => {
        const running = run(endless(`process.on("SIGINT", async () => { ${record}; })`));
        await started();
        await unaryCall((done) => client.cancel(new empties.Empty(), done));
        await told();
        const interrupted = Date.now();
        assert.equal((await running).getError(), "Program exited with non-zero exit code: -1");
        assert(Date.now() - interrupted > 3_500);
      });

      it("outlives an engine that was killed", async () => {
        host.killEngine();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        assert.equal(host.isAlive(), true);
      });
    });
  });

  it("says that the SDK is not installed", async () => {
    const request = new language.RunRequest().setPwd("/").setInfo(info(".", "/"));
    const response = await unaryCall<RunResponse>((done) => client.run(request, done));
    assert.equal(
      response.getError(),
      "It looks like the Pulumi SDK has not been installed. Have you run pulumi install?\n",
    );
    assert.deepEqual(await plugin(new language.RunPluginRequest().setInfo(request.getInfo()).setKind("resource")), {
      stdout: "",
      stderr: "",
      error: "It looks like the Pulumi SDK has not been installed. Have you run npm install in /?\n",
    });
  });

  /** Runs a plugin to its end. */
  async function plugin(
    request: RunPluginRequest,
    listen: (stdout: string) => void = () => undefined,
  ): Promise<{ stdout: string; stderr: string; error: string | undefined }> {
    const printed = { stdout: "", stderr: "" };
    const call = client.runPlugin(request);
    call.on("data", (part: RunPluginResponse) => {
      printed.stdout += Buffer.from(part.getStdout_asU8()).toString();
      printed.stderr += Buffer.from(part.getStderr_asU8()).toString();
      listen(printed.stdout);
    });
    const error = await new Promise<string | undefined>((resolve) => {
      call.on("end", () => {
        resolve(undefined);
      });
      call.on("error", (failure: grpc.ServiceError) => {
        resolve(failure.details);
      });
    });
    return { ...printed, error };
  }

  const variables = [`PATH=${process.env["PATH"] ?? ""}`, "COLOUR=blue=green"];

  for (const [code, error] of [
    [0, undefined],
    [3, "Program exited with non-zero exit code: 3"],
  ] as const) {
    it(`streams a plugin's output, and ends with its exit code ${code}`, async () => {
      const program = `console.log(process.env.COLOUR, process.argv.slice(2).join()); console.error("problem"); process.exitCode = ${code};`;
      writeFileSync(join(folder, "plugin.cjs"), program);
      writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", main: "plugin.cjs" }));
      const request = new language.RunPluginRequest().setPwd(folder).setKind("resource").setInfo(info("."));
      request.setArgsList(["127.0.0.1:1"]).setEnvList(variables);
      assert.deepEqual(await plugin(request), { stdout: "blue=green 127.0.0.1:1\n", stderr: "problem\n", error });
    });
  }

  describe("a policy pack", () => {
    let packFolder: string;
    before(() => {
      packFolder = mkdtempSync(join(tmpdir(), "language-host-pack-"));
      symlinkSync(join(checkout, "node_modules"), join(packFolder, "node_modules"));
      writeFileSync(join(packFolder, "package.json"), JSON.stringify({ main: "index.js", version: "1.2.3" }));
      writeFileSync(join(packFolder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    });
    after(() => {
      rmSync(packFolder, { recursive: true });
    });

    function packRequest(program: string): RunPluginRequest {
      writeFileSync(join(packFolder, "index.js"), program);
      const request = new language.RunPluginRequest().setPwd(folder).setKind("analyzer").setInfo(info(".", packFolder));
      return request.setArgsList(["127.0.0.1:1"]).setEnvList(variables);
    }

    /** Answers GetAnalyzerInfo with what it was started with, then ends with exit code 4. */
    const pack = `
      const grpc = require("@grpc/grpc-js");
      const services = require("@pulumi/pulumi/proto/analyzer_grpc_pb");
      const messages = require("@pulumi/pulumi/proto/analyzer_pb");
      const { PULUMI_NODEJS_PROJECT, PULUMI_NODEJS_STACK, PULUMI_NODEJS_ORGANIZATION, PULUMI_NODEJS_DRY_RUN, PULUMI_CONFIG } = process.env;
      const server = new grpc.Server();
      let configured = "";
      server.addService(services.AnalyzerService, {
        configureStack: ({ request }, answer) => {
          configured = request.getStack();
          answer(null, new messages.AnalyzerStackConfigureResponse());
        },
        getAnalyzerInfo: (call, answer) => {
          const told = [PULUMI_NODEJS_ORGANIZATION, PULUMI_NODEJS_PROJECT, PULUMI_NODEJS_STACK, PULUMI_NODEJS_DRY_RUN, PULUMI_CONFIG, configured, process.cwd(), process.env.COLOUR];
          answer(null, new messages.AnalyzerInfo().setName(JSON.stringify(told)));
          setTimeout(() => process.exit(4), 200);
        },
      });
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        console.log(port);
        console.log("ready");
      });`;

    /** Runs a pack, and asks it for its description as the engine does. Returns the name in it, or the error. */
    async function described(program: string, configure: boolean) {
      const printed = Promise.withResolvers<string>();
      const ended = plugin(packRequest(program), printed.resolve);
      const port = (await printed.promise).trim();
      const engine = new analyzerServices.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
      if (configure) {
        const stack = new analyzer.AnalyzerStackConfigureRequest().setStack("lab").setProject("test").setDryRun(true);
        stack.setOrganization("organization").getConfigMap().set("test:colour", "blue");
        await unaryCall((done) => engine.configureStack(stack, done));
      }
      const name = await unaryCall<AnalyzerInfo>((done) => engine.getAnalyzerInfo(new empties.Empty(), done)).then(
        (found) => found.getName(),
        (error: unknown) => String(error),
      );
      engine.close();
      return { name, ...(await ended) };
    }

    it("gets the stack's configuration from the engine, in its environment and as a call", async () => {
      const { name, stdout, error } = await described(pack, true);
      assert.deepEqual(JSON.parse(name), [
        "organization",
        "test",
        "lab",
        "true",
        '{"test:colour":"blue"}',
        "lab",
        packFolder,
        "blue=green",
      ]);
      assert.match(stdout, /^\d+\nready\n/);
      assert.equal(error, "Program exited with non-zero exit code: 4");
    });

    it("runs without a configuration when the engine sends none", async () => {
      const { name } = await described(pack, false);
      assert.deepEqual(JSON.parse(name), [null, null, null, null, null, "", packFolder, "blue=green"]);
    });

    it("that does not start fails what the engine asks of it", async () => {
      const { name, error } = await described("process.exit(5);", true);
      assert.match(name, /policy pack not started: could not read policy pack port/);
      assert.match(error ?? "", /could not read policy pack port|exit code: 5/);
    });
  });
});

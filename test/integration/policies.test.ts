import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkReportSchema } from "../../domain/check/report.ts";
import { installProvider } from "../../sandbox/pulumi/home.ts";
import { pulumiVersions } from "../../sandbox/pulumi/versions.ts";
import { policyExamples } from "../policy-examples.ts";
import { programOf, refusedTogether } from "../support/declared-examples.ts";
import { EngineProject } from "../support/engine.ts";
import { faultTest } from "../support/fault-test.ts";
import { ScriptedCli } from "../support/scripted-cli.ts";
import { codesIn, counted, type CodeCounts } from "../support/situations.ts";

const checkout = dirname(dirname(import.meta.dirname));
const pack = join(checkout, "policy");
const acceptingProvider = join(import.meta.dirname, "../support/accepting-provider.ts");
/** What the engine prints of a violation: level and policy. */
const violationLine = /^ +- \[(\w+)\].*?\s{2}([\w-]+) {2}\(/gm;
/** The bad examples, without those that are about a stack's outputs, its context, or a value that is not known yet. */
const examples = Object.entries(policyExamples)
  .map(([policy, { bad }]) => [policy, bad] as const)
  .filter(([, bad]) => !bad.some(({ type }) => type === "pulumi:pulumi:Stack"));

describe("the policy pack on Pulumi's engine", function () {
  this.timeout("5m");
  let project: EngineProject;

  before("the engine", async function () {
    this.timeout("40m");
    project = await EngineProject.create({});
  });
  after(() => project.remove());

  /** A program with one command, which leaves a file when it runs. */
  async function declare(create: string, more = ""): Promise<void> {
    await project.write(`
      import { local } from "@pulumi/command";
      export const done = new local.Command("one", { create: ${JSON.stringify(`touch ran; ${create}`)} }).stdout;
      ${more}`);
  }
  const hasRun = (): boolean => existsSync(join(project.directory, "ran"));

  /** Replaces the settings in the stack file. */
  async function declareSettings(values: object): Promise<void> {
    const file = join(project.directory, "Pulumi.test.yaml");
    const [salt = ""] = (await readFile(file, "utf8")).split("\nconfig:");
    await writeFile(file, `${salt}\nconfig: ${JSON.stringify(values)}\n`);
  }

  async function config(text: object): Promise<string> {
    const file = join(project.directory, "policies.json");
    await writeFile(file, JSON.stringify(text));
    return file;
  }

  faultTest(34, "a violation stops an update before anything runs, and quotes no secret", async () => {
    await declare("echo pgbackrest --stanza=db stanza-upgrade # PGPASSWORD=CANARY");
    const { exitCode, stderr, stdout } = await project.up("--policy-pack", pack);
    assert.notEqual(exitCode, 0);
    assert(!hasRun());
    assert.match(stdout, /\[mandatory\][^\n]*stanza-command-forbidden/);
    assert.match(stdout, /Command one: runs pgbackrest stanza-upgrade; declare a target instead/);
    assert.match(stdout, /\[mandatory\][^\n]*credential-in-command/);
    assert.doesNotMatch(stdout + stderr, /CANARY/);
  });

  faultTest(34, "every policy stops an update that declares what it refuses, and nothing is created", async () => {
    const created = join(project.directory, "created");
    const command = ["env", `CREATED=${created}`, process.execPath, acceptingProvider] as const;
    for (const name of ["aws", "kubernetes"] as const)
      await installProvider(join(project.directory, "home"), {
        name,
        version: pulumiVersions[name],
        command: [...command],
      });
    const groups = await refusedTogether(examples);
    for (const { policies, resources } of groups) {
      await project.write(programOf(resources));
      await declareSettings(Object.assign({}, ...resources.map(({ config: values }) => values)) as object);
      const judging = ["--policy-pack", pack, "--policy-pack-config", await config({ all: "mandatory" })];
      // Policies about several resources judge at the end of the preview.
      const up = await project.pulumi("up", "--yes", "--stack", "test", ...judging);
      assert.notEqual(up.exitCode, 0);
      const refused = new Set([...up.stdout.matchAll(violationLine)].map(([, level, name]) => `${level} ${name}`));
      const silent = policies.filter((policy) => !refused.has(`mandatory ${policy}`));
      assert.deepEqual(silent, [], up.stdout + up.stderr);
      assert(!existsSync(created));
      const unjudged = await project.pulumi("preview", "--stack", "test");
      assert.equal(unjudged.exitCode, 0, unjudged.stdout + unjudged.stderr);
    }
    assert.deepEqual(
      groups.flatMap(({ policies }) => policies).toSorted(),
      examples.map(([policy]) => policy).toSorted(),
    );
  });

  it("a file of configuration chooses what stops a stack", async () => {
    await project.write(`
      import { local } from "@pulumi/command";
      new local.Command("one", { create: "pgbackrest --stanza=db stanza-upgrade # PGPASSWORD=CANARY" });
      export const database = { url: "postgres://app:EXAMPLE@db/app" };`);
    const chosen = await config({ "stanza-command-forbidden": "advisory", "credential-in-command": "disabled" });
    const { exitCode, stderr, stdout } = await project.pulumi(
      ...["preview", "--stack", "test", "--policy-pack", pack, "--policy-pack-config", chosen],
    );
    assert.equal(exitCode, 0, stdout + stderr);
    assert.match(stdout, /\[advisory\][^\n]*stanza-command-forbidden/);
    assert.doesNotMatch(stdout, /credential-in-command/);
    assert.match(stdout, /\[advisory\][^\n]*credential-in-output[^]*Stack \S+ output database\.url: looks like/);
  });

  faultTest(34, "what a preview does not know is not judged yet, and the update judges it", async () => {
    await declare(
      "printf 'pgback%s stanza-delete' rest",
      `new local.Command("two", { create: done.apply((text) => "touch second; " + text) });`,
    );
    const preview = await project.pulumi("preview", "--stack", "test", "--policy-pack", pack);
    assert.equal(preview.exitCode, 0, preview.stdout + preview.stderr);
    assert.match(preview.stdout, /policy-not-judged-yet[^]*not judged yet: create; the update judges it/);
    const up = await project.up("--policy-pack", pack);
    assert.notEqual(up.exitCode, 0);
    assert.match(up.stdout, /stanza-command-forbidden[^]*Command two: runs pgbackrest stanza-delete/);
    assert(hasRun());
    assert(!existsSync(join(project.directory, "second")));
  });

  faultTest(34, "a pack that crashes, or that is not there, stops the update", async () => {
    await declare("true");
    const broken = join(project.directory, "broken");
    await cp(pack, broken, { recursive: true });
    await symlink(join(checkout, "node_modules"), join(broken, "node_modules"));
    await writeFile(join(broken, "start.js"), `throw new Error("broken");`);
    for (const folder of [broken, join(project.directory, "nowhere")]) {
      const { exitCode, stderr, stdout } = await project.pulumi("preview", "--stack", "test", "--policy-pack", folder);
      assert.notEqual(exitCode, 0, folder + stdout + stderr);
    }
  });

  it("a preview, policy analyze of the exported state, and check --state say the same", async () => {
    const request = {
      version: 1,
      kubernetes: { context: "dev" },
      cluster: "a/b",
      dump: { directory: "dumps" },
      timeLimits: {},
    };
    const create = (text: string, name: string, more = "{}"): string =>
      `new local.Command("${name}", { create: ${JSON.stringify(`true # ${text}`)}, stdin: request }, ${more});`;
    const run = "postgres-recovery stanza create --request -";
    await project.write(`
      import { local } from "@pulumi/command";
      const request = ${JSON.stringify(JSON.stringify(request))};
      ${create("pgbackrest --stanza=db stanza-upgrade", "upgrade")}
      ${create("PGPASSWORD=CANARY psql", "credential")}
      ${create(run, "without a limit")}
      ${create(run, "once more", '{ customTimeouts: { create: "90s" } }')}
      ${create("echo done", "sound")}`);
    const judging = ["--policy-pack", pack, "--policy-pack-config", await config({ all: "advisory" })];
    const preview = await project.pulumi("preview", "--stack", "test", ...judging);
    assert.equal(preview.exitCode, 0, preview.stdout + preview.stderr);
    const expected = policyCounts(preview.stdout);
    assert.deepEqual(Object.keys(expected), [
      "credential-in-command",
      "stanza-command-forbidden",
      "stanza-dump-on-disk",
      "stanza-target-twice",
      "stanza-without-time-limit",
    ]);
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.stdout + up.stderr);
    const state = join(project.directory, "state.json");
    await writeFile(state, await project.stateText());
    const analyzed = await project.pulumi("policy", "analyze", "--file", state, ...judging);
    assert.deepEqual(policyCounts(analyzed.stdout), expected, analyzed.stdout + analyzed.stderr);
    const checked = await project.node("cli/main.ts", "check", "--state", state, "-o", "json");
    assert.equal(checked.exitCode, 1);
    assert.deepEqual(codesIn(checkReportSchema.parse(JSON.parse(checked.stdout))), expected);
    assert.doesNotMatch(analyzed.stdout + checked.stdout, /CANARY/);
  });

  /** The policies in what the engine prints, with the number of their violations. */
  function policyCounts(stdout: string): CodeCounts {
    return counted([...stdout.matchAll(violationLine)].map(([, , name = ""]) => name));
  }

  it("the program of a stack passes; a stack that must be guarded does not without its UID", async () => {
    const cli = await ScriptedCli.install(project);
    await cli.answer({ cluster: "11111111-1111-4111-8111-111111111111" });
    await project.write(`export { default } from "CHECKOUT/index.ts";`);
    await declareSettings({ "test:kubernetes": { context: "dev" }, "test:stanza": { targets: [{ cluster: "a/a" }] } });
    const fine = await project.up("--policy-pack", pack, "--policy-pack-config", join(pack, "config.dev.json"));
    assert.equal(fine.exitCode, 0, fine.stdout + fine.stderr);
    assert.deepEqual(await cli.runs(), ["a/a"]);
    const guarded = await project.pulumi(
      ...["preview", "--stack", "test", "--policy-pack", pack],
      ...["--policy-pack-config", await config({ "cluster-not-guarded": "mandatory" })],
    );
    assert.notEqual(guarded.exitCode, 0);
    assert.match(
      guarded.stdout,
      /\[mandatory\][^\n]*cluster-not-guarded[^]*setting test:kubernetes: names a context only/,
    );
  });
});

import assert from "node:assert/strict";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { EngineProject } from "../support/engine.ts";
import { FakeApiServer, type ApiAnswer } from "../support/fake-api-server.ts";
import { faultTest } from "../support/fault-test.ts";
import type { Ended } from "../support/sandbox.ts";
import { ScriptedCli } from "../support/scripted-cli.ts";

const checkout = dirname(dirname(import.meta.dirname));
const pack = join(checkout, "policy");
const workflow = z.object({
  jobs: z.record(z.string(), z.object({ steps: z.array(z.object({ run: z.string().optional() })) })),
});
const manifest = z.object({ scripts: z.record(z.string(), z.string()) });

describe("the commands of the workflows, on Pulumi's engine", function () {
  this.timeout("5m");
  let project: EngineProject;
  let server: FakeApiServer;
  let scripted: ScriptedCli;
  /** What the API server knows; by default no operator is installed. */
  let listed: Record<string, object[]>;

  before("the engine", async function () {
    this.timeout("40m");
    server = await FakeApiServer.start(({ url = "" }): ApiAnswer => {
      const { pathname } = new URL(url, "http://server");
      const items = listed[pathname.slice(pathname.lastIndexOf("/") + 1)];
      return items === undefined ? { status: 404, body: {} } : { status: 200, body: { items, metadata: {} } };
    });
    project = await EngineProject.create({ STACK: "test", KUBECONFIG: server.kubeconfig });
    scripted = await ScriptedCli.install(project);
    await scripted.answer({ cluster: "11111111-1111-4111-8111-111111111111" });
    await project.write(`export { default } from "CHECKOUT/index.ts";`);
    const { scripts } = manifest.parse(JSON.parse(await readFile(join(checkout, "package.json"), "utf8")));
    await writeFile(join(project.directory, "package.json"), JSON.stringify({ type: "module", scripts }));
    await symlink(join(checkout, "ci"), join(project.directory, "ci"));
    const file = join(project.directory, "Pulumi.test.yaml");
    const values = { "test:kubernetes": { context: "test" }, "test:stanza": { targets: [{ cluster: "a/a" }] } };
    await writeFile(file, `${await readFile(file, "utf8")}\nconfig: ${JSON.stringify(values)}\n`);
  });
  after(async () => {
    await project.remove();
    await server.stop();
  });
  beforeEach(() => {
    listed = { configmaps: [] };
  });

  /** Runs the command of a workflow that runs this script, as the workflow has it. */
  async function run(name: string, script: string): Promise<Ended> {
    const { jobs } = workflow.parse(parse(await readFile(join(checkout, `.github/workflows/${name}.yml`), "utf8")));
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run: command }) => command ?? []));
    const [command, ...others] = commands.filter((each) => each.includes(`npm run ci:${script} `));
    assert(command !== undefined && others.length === 0);
    return project.shell(command);
  }
  const summary = (): Promise<string> => readFile(join(project.directory, "summary.md"), "utf8");

  faultTest(149, "the preview is red without the policy pack and with an empty one, and nothing runs", async () => {
    const folder = join(project.directory, "policy");
    const isRed = async (): Promise<void> => {
      const { exitCode, stderr, stdout } = await run("preview", "preview");
      assert.equal(exitCode, 1, stdout + stderr);
      assert.match(stdout, /preview of test: the policy pack postgres-recovery judged nothing/);
      assert.match(await summary(), /stack test \*\*failed:/);
    };
    await isRed();
    await mkdir(folder);
    await cp(join(pack, "PulumiPolicy.yaml"), join(folder, "PulumiPolicy.yaml"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "start.js" }));
    await writeFile(
      join(folder, "start.js"),
      `import { PolicyPack } from "@pulumi/policy"; new PolicyPack("postgres-recovery", { policies: [] });`,
    );
    await isRed();
    await rm(folder, { recursive: true });
    await symlink(pack, folder);
  });

  it("with the pack the preview is fine, the update runs the target, and then nothing has drifted", async () => {
    const preview = await run("preview", "preview");
    assert.equal(preview.exitCode, 0, preview.stdout + preview.stderr);
    assert.match(preview.stdout, /^create local:Command create stanza a\/a$/m);
    assert.match(preview.stdout, /^policy stanza-dump-on-disk \(advisory\)/m);
    assert.match(await summary(), /stack test is fine/);
    assert.deepEqual(await scripted.runs(), []);
    const drifted = await run("scheduled", "drift");
    assert.equal(drifted.exitCode, 1, drifted.stdout + drifted.stderr);
    assert.match(drifted.stdout, /drift of test: \d+ resources are not as they are declared/);
    const up = await run("up", "up");
    assert.equal(up.exitCode, 0, up.stdout + up.stderr);
    assert.match(up.stdout, /preview of test: fine\n[^]*up of test: fine$/);
    assert.deepEqual(await scripted.runs(), ["a/a"]);
    const drift = await run("scheduled", "drift");
    assert.equal(drift.exitCode, 0, drift.stdout + drift.stderr);
    assert.match(drift.stdout, /drift of test: fine$/);
  });

  faultTest(149, "the check is red when it found nothing to judge, and judges a cluster without PGO", async () => {
    const nothing = await run("scheduled", "check");
    assert.equal(nothing.exitCode, 3, nothing.stdout + nothing.stderr);
    assert.match(nothing.stderr, /error\[nothing-judged\]/);
    const metadata = { namespace: "registry", name: "db" };
    listed["postgresqls"] = [{ metadata, spec: { dockerImage: "ghcr.io/zalando/spilo-16:3.3-p3" } }];
    const fine = await run("scheduled", "check");
    assert.equal(fine.exitCode, 0, fine.stdout + fine.stderr);
    assert.match(fine.stdout, /1 resource judged in context test: problems 0/);
    listed["postgresqls"] = [{ metadata, spec: { dockerImage: "ghcr.io/zalando/spilo-16:3.3-p1" } }];
    assert.equal((await run("scheduled", "check")).exitCode, 1);
  });
});

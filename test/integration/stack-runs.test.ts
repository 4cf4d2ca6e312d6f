import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { configCheckReportSchema } from "../../domain/stack/config-check.ts";
import type { LookedAt } from "../../domain/stack/look.ts";
import { outputsIn, stackReport } from "../../domain/stack/report.ts";
import { EngineProject } from "../support/engine.ts";
import { faultTest } from "../support/fault-test.ts";
import { ScriptedCli } from "../support/scripted-cli.ts";

const checkout = dirname(dirname(import.meta.dirname));
const here = "11111111-1111-4111-8111-111111111111";
const elsewhere = "22222222-2222-4222-8222-222222222222";
const silent = {
  code: "stanza-timeout",
  kind: "undetermined",
  message: "a/a: Timeout occurred",
  next: "repair the connection",
} as const;
const lost = (cluster: string): LookedAt => ({
  cluster,
  uid: "u",
  status: { status: "no-stanza", repositories: ["repo1"] },
});

describe("the whole program of a stack on Pulumi's engine, with a scripted cluster", function () {
  this.timeout("5m");
  let project: EngineProject;
  let cli: ScriptedCli;
  let salt: string;

  before("the engine", function () {
    this.timeout("40m");
  });
  beforeEach(async () => {
    project = await EngineProject.create({});
    cli = await ScriptedCli.install(project);
    await project.write(`export { default } from "CHECKOUT/index.ts";`);
    salt = await readFile(join(project.directory, "Pulumi.test.yaml"), "utf8");
    await configure({ targets: [{ cluster: "a/a" }, { cluster: "b/b" }] });
  });
  afterEach(() => project.remove());

  function configure(stanza: object, context = "dev"): Promise<void> {
    const config = { "test:kubernetes": { context }, "test:stanza": stanza };
    return writeFile(join(project.directory, "Pulumi.test.yaml"), `${salt}\nconfig: ${JSON.stringify(config)}\n`);
  }

  async function upSucceeds(...parameters: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await project.up(...parameters);
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  }

  async function upFails(): Promise<string> {
    const { exitCode, stdout, stderr } = await project.up();
    assert.notEqual(exitCode, 0, stdout + stderr);
    return stdout;
  }

  /** The last runs as the outputs tell them: outcome and number, by target. */
  async function told(): Promise<Record<string, string>> {
    const { stdout } = await project.pulumi("stack", "output", "--json", "--stack", "test");
    const { targets } = outputsIn(JSON.parse(stdout)).stanzas;
    return Object.fromEntries(
      Object.entries(targets).map(([name, run]) => [name, `${run?.outcome ?? "?"} ${run?.run?.number ?? 0}`]),
    );
  }

  /** What a preview is going to do; undefined: nothing. */
  const operation = async (name: string): Promise<string[] | undefined> =>
    (await project.preview()).get(`Command create stanza ${name}`);

  faultTest(58, "a failed target fails the update, and its story is in outputs and state", async () => {
    await cli.answer({ cluster: here, failures: { "a/a": silent } });
    const stdout = await upFails();
    assert.match(stdout, /create stanza a\/a \*\*creating failed/);
    assert.match(stdout, /create stanza a\/a\):\n\s+error: \[stanza-timeout\] a\/a: Timeout occurred\n\s+next: repair/);
    assert.match(stdout, /error: not done: a\/a; .*postgres-recovery report --stack test/);
    assert.doesNotMatch(stdout, /\n\s+at |exit status/);
    assert.deepEqual(await told(), { "a/a": "failed 1", "b/b": "created 1" });
    const { targets } = stackReport(outputsIn(JSON.parse(await project.stateText())));
    assert.deepEqual(
      targets.map(({ cluster, next, outcome }) => [cluster, outcome, next]),
      [
        ["a/a", "failed", "repair the connection"],
        ["b/b", "created", null],
      ],
    );
  });

  faultTest(
    58,
    "the next update runs the failed target again and no other, and no line looks like a deletion",
    async () => {
      await cli.answer({ cluster: here, failures: { "a/a": silent } });
      await upFails();
      await cli.answer({ cluster: here, failures: { "a/a": silent } });
      assert.deepEqual([await operation("a/a"), await operation("b/b")], [["update"], undefined]);
      const stdout = await upFails();
      assert.doesNotMatch(stdout, /delet|replac/);
      assert.doesNotMatch(stdout, /^ *- /m);
      assert.deepEqual([await cli.runs(), await told()], [["a/a"], { "a/a": "failed 2", "b/b": "created 1" }]);

      await cli.answer({ cluster: here });
      assert.match(
        await upSucceeds(),
        /create stanza a\/a updated .*runs again: the last run failed \(stanza-timeout\)/,
      );
      assert.deepEqual([await cli.runs(), await told()], [["a/a"], { "a/a": "created 3", "b/b": "created 1" }]);
      await upSucceeds("--expect-no-changes");
    },
  );

  faultTest(
    [17, 58],
    "a crash stays a failed resource: the last good report stays, and the next update runs again",
    async () => {
      await cli.answer({ cluster: here });
      await upSucceeds();
      await configure({ targets: [{ cluster: "a/a", attempt: 2 }, { cluster: "b/b" }] });
      await cli.answer({ cluster: here, failures: { "a/a": "crash" } });
      assert.match(await upFails(), /exit status 1/);
      assert.deepEqual(await told(), { "a/a": "created 1", "b/b": "created 1" });
      await cli.answer({ cluster: here });
      await upSucceeds();
      assert.deepEqual([await cli.runs(), await told()], [["a/a"], { "a/a": "created 2", "b/b": "created 1" }]);
    },
  );

  it("an edited time limit is recorded, and nothing runs", async () => {
    await cli.answer({ cluster: here });
    await upSucceeds();
    await configure({ targets: [{ cluster: "a/a", timeLimits: { info: "1m" } }, { cluster: "b/b" }] });
    await cli.answer({ cluster: here });
    await upSucceeds();
    assert.deepEqual([await cli.runs(), await told()], [[], { "a/a": "created 1", "b/b": "created 1" }]);
    await upSucceeds("--expect-no-changes");
  });

  faultTest(
    56,
    "another Kubernetes cluster runs everything again; a renamed context of the same one runs nothing",
    async () => {
      await cli.answer({ cluster: here });
      assert.match(await upSucceeds(), new RegExp(`context +: "dev"\\s+kubeSystemUid: "${here}"`));
      await configure({ targets: [{ cluster: "a/a" }, { cluster: "b/b" }] }, "renamed");
      await cli.answer({ cluster: here });
      assert.match(await upSucceeds(), /context +: "dev" => "renamed"/);
      assert.deepEqual(await cli.runs(), []);
      await upSucceeds("--expect-no-changes");

      await cli.answer({ cluster: elsewhere });
      const { stdout } = await project.pulumi("preview", "--stack", "test");
      assert.match(stdout, /create stanza a\/a update .*runs again: it is another Kubernetes cluster/);
      assert.match(stdout, new RegExp(`kubeSystemUid: "${here}" => "${elsewhere}"`));
      await upSucceeds();
      assert.deepEqual([await cli.runs(), await told()], [["a/a", "b/b"], { "a/a": "created 2", "b/b": "created 2" }]);
      await upSucceeds("--expect-no-changes");
    },
  );

  faultTest(
    56,
    "a context that does not exist fails the preview with the list of contexts, and changes nothing",
    async () => {
      await cli.answer({ cluster: here });
      await upSucceeds();
      const before = await told();
      const next = "one of: dev, lab";
      await cli.answer({ cluster: { code: "context-unknown", kind: "usage", message: "no context no", next } });
      const { exitCode, stdout } = await project.pulumi("preview", "--stack", "test");
      assert.notEqual(exitCode, 0);
      assert.match(stdout, /error: \[context-unknown\] no context no\n\s+next: one of: dev, lab/);
      await upFails();
      assert.deepEqual([await cli.runs(), await told()], [[], before]);
    },
  );

  faultTest(
    57,
    "a stanza that was lost again fails preview and update with the way out; raising attempt repairs it",
    async () => {
      await cli.answer({ cluster: here });
      await upSucceeds();
      await cli.answer({ cluster: here, looked: { "b/b": lost("b/b") } });
      const { exitCode, stdout } = await project.pulumi("preview", "--stack", "test");
      assert.notEqual(exitCode, 0);
      assert.match(stdout, /error: \[stanza-lost-again\] b\/b: .*\n\s+next: .*attempt: 2/);
      assert.match(await upFails(), /\[stanza-lost-again\] b\/b/);
      assert.deepEqual([await cli.runs(), await told()], [[], { "a/a": "created 1", "b/b": "created 1" }]);

      await configure({ targets: [{ cluster: "a/a" }, { cluster: "b/b", attempt: 2 }] });
      await upSucceeds();
      assert.deepEqual([await cli.runs(), await told()], [["b/b"], { "a/a": "created 1", "b/b": "created 2" }]);
    },
  );

  faultTest(57, "with repairAgain the next update repairs a lost stanza without a hand", async () => {
    await configure({ targets: [{ cluster: "a/a", repairAgain: false }, { cluster: "b/b" }], repairAgain: true });
    await cli.answer({ cluster: here });
    await upSucceeds();
    await cli.answer({ cluster: here, looked: { "b/b": lost("b/b") } });
    assert.deepEqual([await operation("a/a"), await operation("b/b")], [undefined, ["update"]]);
    assert.match(await upSucceeds(), /create stanza b\/b updated .*runs again: its stanza was lost again/);
    assert.deepEqual([await cli.runs(), await told()], [["b/b"], { "a/a": "created 1", "b/b": "created 2" }]);
    await cli.answer({ cluster: here });
    await upSucceeds("--expect-no-changes");
  });

  faultTest(59, "what cannot be asked is a warning, and fails no other target", async () => {
    await cli.answer({ cluster: here });
    await upSucceeds();
    await configure({ targets: [{ cluster: "a/a" }, { cluster: "b/b" }, { cluster: "c/c" }] });
    const unreachable = {
      code: "kubernetes-unreachable",
      kind: "undetermined",
      message: "no answer",
      next: null,
    } as const;
    await cli.answer({ cluster: unreachable, looked: { "b/b": { cluster: "b/b", error: silent } } });
    const stdout = await upSucceeds();
    assert.match(
      stdout,
      new RegExp(`warning: context dev did not say .* taken for the one of the last update \\(${here}\\)`),
    );
    assert.match(stdout, /warning: b\/b: whether its stanza still exists is unknown: \[stanza-timeout\]/);
    assert.deepEqual(await cli.runs(), ["c/c"]);
    assert.match(stdout, new RegExp(`kubeSystemUid: "${here}"`));
  });

  it("a target that is put on hold or removed leaves its stanza: Pulumi says that it retains", async () => {
    await cli.answer({ cluster: here });
    await upSucceeds();
    await cli.answer({ cluster: here });
    await configure({ targets: [{ cluster: "a/a", hold: "not yet, see TICKET-1" }] });
    const stdout = await upSucceeds();
    assert.match(stdout, /HeldTarget a\/a .*on hold: not yet, see TICKET-1/);
    assert.match(stdout, /create stanza b\/b deleted .*\[retain\]/);
    assert.deepEqual(await cli.runs(), []);
  });

  faultTest(
    [82, 120, 121],
    "a preview names each mistake of the stack file with its place, as config check does, and asks no cluster",
    async () => {
      const mistakes = `config:
  test:kubernetes:
    context: dev
    kubconfig: here
  test-dev:stanza: {}
  stanza:
    targets:
      - cluster: a/a
        attempt: "2"
  test:harbor:
    restore: { targetTime: 2026-11-21T09:30:00+00:00 }
`;
      await writeFile(join(project.directory, "Pulumi.test.yaml"), `${salt}\n${mistakes}`);
      const { exitCode, stdout } = await project.pulumi("preview", "--stack", "test");
      assert.notEqual(exitCode, 0);
      const checked = await execa(process.execPath, [join(checkout, "cli/main.ts"), "config", "check", "-o", "json"], {
        cwd: project.directory,
        reject: false,
      });
      const [file] = configCheckReportSchema.parse(JSON.parse(checked.stdout)).files;
      const shown = stdout.split("✖ ");
      const places = (file?.problems ?? []).map(({ column, line, message }) => {
        const place = ` Pulumi.test.yaml:${line}:${column}\n`;
        return { message, isShown: shown.some((text) => text.startsWith(`${message}\n`) && text.includes(place)) };
      });
      assert.deepEqual(
        places.filter(({ isShown }) => !isShown),
        [],
        stdout,
      );
      for (const mistake of [
        'unknown key "kubconfig"',
        "the key test-dev:stanza",
        "must be a number",
        "must be in quotes",
      ])
        assert(
          places.some(({ message }) => message.startsWith(mistake)),
          mistake,
        );
      assert.match(stdout, /error: \[settings-invalid\] Pulumi\.test\.yaml has wrong values/);
    },
  );

  it("resources of the version before, with another name and triggers, are taken over and do not run again", async () => {
    await cli.answer({ cluster: here });
    await project.write(`
      import { local } from "@pulumi/command";
      import * as pulumi from "@pulumi/pulumi";
      class StanzaCreation extends pulumi.ComponentResource {
        constructor() {
          super("postgres-recovery:stanza:StanzaCreation", "stanza");
          const at = "2026-11-21T01:00:00.000Z";
          const report = { version: 1, context: "dev", cluster: "a/a", outcome: "created", operator: "confirmed",
            status: { status: "okay", backups: { count: 0 } }, startedAt: at, finishedAt: at };
          const { stdout } = new local.Command("a/a",
            { create: "printf %s '" + JSON.stringify(report) + "'", update: "exit 1", stdin: "{}", triggers: ["a/a", 1], logging: "stderr" },
            { parent: this });
          this.created = stdout;
        }
      }
      export const stanzas = { created: { "a/a": new StanzaCreation().created }, held: {} };
    `);
    await upSucceeds();
    await project.write(`export { default } from "CHECKOUT/index.ts";`);
    await configure({ targets: [{ cluster: "a/a" }] });
    assert.deepEqual(await operation("a/a"), ["update"]);
    await upSucceeds();
    assert.deepEqual([await cli.runs(), await told()], [[], { "a/a": "created 1" }]);
    await upSucceeds("--expect-no-changes");
  });
});

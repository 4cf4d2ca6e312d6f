import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { z } from "zod";
import { stanzaCreateReportSchema } from "../../domain/stanza/create.ts";
import { clusters, findCluster } from "../../sandbox/pgo/inventory.ts";
import { Project } from "../support/project.ts";
import { stackReportSchema } from "../../domain/stack/report.ts";
import { faultTest } from "../support/fault-test.ts";
import { loseStanza, repositoryFiles } from "../support/repository.ts";
import { cliIn, repositoryCodes, sandboxEnvironment } from "../support/sandbox.ts";

const outputs = z.object({
  kubernetes: z.object({ context: z.literal("dev"), kubeSystemUid: z.uuid() }),
  stanzas: z.object({
    targets: z.record(z.string(), stanzaCreateReportSchema),
    held: z.record(z.string(), z.string()),
  }),
});
const missing = clusters.filter(({ context, state }) => context === "dev" && state === "missing");
const held = ["ac-qr-publishing/ac-qr-db", "alt-authn-authz/a3-policy-db"];

describe("pulumi on the stack dev, with six targets and two on hold", function () {
  this.timeout("5m");
  let project: Project;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
    // Another suite may have created them.
    for (const cluster of missing) await loseStanza(cluster);
    project = await Project.copy();
  });
  after(async () => {
    await project.pulumi("destroy", "--stack", "dev", "--yes", "--skip-preview");
    for (const cluster of missing) await loseStanza(cluster);
    await project.remove();
  });

  async function codes(): Promise<number[]> {
    const perCluster = await Promise.all(
      missing.map(({ namespace, pods: [pod = ""] }) => repositoryCodes("dev", namespace, pod)),
    );
    return perCluster.flat();
  }

  it("preview shows the six targets and the two on hold, and runs nothing", async () => {
    const { exitCode, stdout, stderr } = await project.pulumi("preview", "--stack", "dev");
    assert.equal(exitCode, 0, stdout);
    assert.doesNotMatch(stdout + stderr, /warning/i);
    for (const name of held) assert.match(stdout, new RegExp(`HeldTarget +${name} +create`));
    assert.equal(stdout.match(/command:local:Command create stanza /g)?.length, 6);
    assert.match(stdout, /context +: "dev"/);
    assert.match(stdout, /wrong ServiceEntry/);
    assert.deepEqual(await codes(), [1, 1, 1, 1, 1, 1]);
  });

  it("up creates each of the six stanzas on its leader, after a verified dump", async () => {
    const { exitCode, stdout } = await project.up("dev");
    assert.equal(exitCode, 0, stdout);
    assert((await codes()).every((code) => code === 2 || code === 0));
    const { targets } = outputs.parse(await project.outputs("dev")).stanzas;
    assert.deepEqual(Object.keys(targets).sort(), missing.map(({ namespace, name }) => `${namespace}/${name}`).sort());
    for (const [cluster, { dump, firstBackup, outcome, operator }] of Object.entries(targets)) {
      assert.equal(outcome, "created");
      // Where PGO said created before, its status proves nothing, and it takes no first backup.
      const said = findCluster("dev", cluster).stanzaCreated;
      assert.deepEqual(
        { operator, firstBackup: firstBackup?.state },
        said
          ? { operator: "already-created", firstBackup: "missing" }
          : { operator: "confirmed", firstBackup: "expected" },
      );
      assert(dump && "file" in dump);
      const file = join(project.directory, dump.file);
      const { mode, size } = await stat(file);
      assert.equal(mode & 0o777, 0o600);
      assert.equal(size, dump.size);
      const content = await readFile(file);
      assert.equal(createHash("sha256").update(content).digest("hex"), dump.sha256);
      // The dump is whole, and it is that of this cluster.
      const sql = zstdDecompressSync(content).toString("utf8");
      assert.match(sql, /-- PostgreSQL database cluster dump complete\s+--\s*$/);
      assert(sql.includes(`\ndev ${cluster}\n`), cluster);
    }
  });

  it("a target on hold has its reason in the outputs and no command in the state", async () => {
    assert.deepEqual(Object.keys(outputs.parse(await project.outputs("dev")).stanzas.held), held);
    const commands = (await project.state("dev"))
      .filter(({ type }) => type === "command:local:Command")
      .map(({ urn }) => urn);
    assert.equal(commands.length, 6);
    for (const name of held) assert(!commands.some((urn) => urn.includes(name)));
  });

  it("a second up changes nothing", async () => {
    const { exitCode, stdout } = await project.up("dev", "--expect-no-changes");
    assert.equal(exitCode, 0, stdout);
  });

  faultTest(
    57,
    "a stanza that was lost again: preview and up refuse it, repairAgain repairs it, and the others stay",
    async () => {
      const [victim] = missing;
      assert(victim);
      const name = `${victim.namespace}/${victim.name}`;
      const before = outputs.parse(await project.outputs("dev")).stanzas.targets;
      await loseStanza(victim);
      const files = await repositoryFiles(victim);
      for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
        const { exitCode, stdout } = await project.pulumi(...command, "--stack", "dev");
        assert.notEqual(exitCode, 0, stdout);
        assert.match(stdout, new RegExp(`error: \\[stanza-lost-again\\] ${name}: [^]*next: [^]*attempt: 2`));
      }
      assert.deepEqual(await repositoryFiles(victim), files);
      assert.deepEqual(outputs.parse(await project.outputs("dev")).stanzas.targets, before);

      await project.edit("dev", ["stanza", "repairAgain"], true);
      const { exitCode, stdout } = await project.up("dev");
      assert.equal(exitCode, 0, stdout);
      assert.match(stdout, /runs again: its stanza was lost again/);
      assert((await codes()).every((code) => code === 2 || code === 0));
      const after = outputs.parse(await project.outputs("dev")).stanzas.targets;
      const { [name]: repaired } = after;
      assert.deepEqual([repaired?.outcome, repaired?.run], ["created", { number: 2, attempt: 1 }]);
      assert.deepEqual({ ...after, [name]: before[name] }, before);
      assert.equal((await project.up("dev", "--expect-no-changes")).exitCode, 0);
    },
  );

  faultTest(56, "a context that does not exist fails the preview with the list of contexts", async () => {
    await project.edit("dev", ["kubernetes", "context"], "devv");
    const { exitCode, stdout } = await project.pulumi("preview", "--stack", "dev");
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /error: \[context-unknown\] [^]*devv[^]*dev[^]*lab/);
  });

  faultTest(
    56,
    "a context that leads to another Kubernetes cluster: everything runs there, and nothing is called done",
    async () => {
      await project.edit("dev", ["kubernetes", "context"], "lab");
      const preview = await project.pulumi("preview", "--stack", "dev");
      assert.equal(
        preview.stdout.match(/ ~ +command:local:Command create stanza [^\n]*another Kubernetes cluster/g)?.length,
        6,
      );
      const { exitCode } = await project.up("dev");
      assert.notEqual(exitCode, 0);
      const { stdout } = await cliIn(project.directory, "report", "--stack", "dev", "-o", "json");
      const { kubernetes, targets } = stackReportSchema.parse(JSON.parse(stdout));
      assert.equal(kubernetes?.context, "lab");
      const ran = targets.filter(({ outcome }) => outcome !== "held");
      assert.deepEqual(
        ran.map(({ error, outcome }) => [outcome, error?.code]),
        missing.map(() => ["failed", "postgres-cluster-not-found"]),
      );
      assert((await codes()).every((code) => code === 2 || code === 0));
    },
  );
});

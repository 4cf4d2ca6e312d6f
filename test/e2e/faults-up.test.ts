import assert from "node:assert/strict";
import { readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { stanzaCreateReportSchema, type StanzaCreateReport } from "../../domain/stanza/create.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { withOperatorStopped, withTableLocked } from "../support/locks.ts";
import { Project } from "../support/project.ts";
import { untilRemoteCommand } from "../support/remote-commands.ts";
import { loseStanza, repositoryFiles } from "../support/repository.ts";
import { holdsStanza, repositoryCodes, sandboxEnvironment, startInSandbox, type Running } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const target = "wip-showcase/showcase-dev-db";
const cluster = findCluster("dev", target);
const [pod = ""] = cluster.pods;
const { context, namespace } = cluster;
const stacks = ["faults-one", "faults-two"] as const;
type Stack = (typeof stacks)[number];
/** The command line of a plugin: the vendor's own, or the sandbox's stand-in. */
const pluginProgram = /pulumi-(language|resource)-|sandbox\/pulumi\/[a-z-]+\.ts/;

describe("pulumi up that is killed, or runs twice at once", function () {
  this.timeout("3m");
  let project: Project;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
    project = await Project.copy();
    // The salt belongs to the sandbox's passphrase.
    const [salt = ""] =
      /^encryptionsalt: .*$/m.exec(await readFile(join(project.directory, "Pulumi.dev.yaml"), "utf8")) ?? [];
    const config = {
      "postgres-recovery:kubernetes": { context },
      "postgres-recovery:stanza": { targets: [{ cluster: target }] },
    };
    for (const stack of stacks)
      await writeFile(join(project.directory, `Pulumi.${stack}.yaml`), `${salt}\nconfig: ${JSON.stringify(config)}\n`);
  });
  beforeEach(async () => {
    await loseStanza(cluster);
    for (const stack of stacks) await succeeds("stack", "init", stack, "--no-select");
  });
  afterEach(async () => {
    for (const stack of stacks) {
      await succeeds("cancel", "--stack", stack, "--yes");
      await succeeds("stack", "rm", stack, "--yes", "--force", "--preserve-config");
    }
    await loseStanza(cluster);
  });
  after(() => project.remove());

  async function succeeds(...parameters: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await project.pulumi(...parameters);
    assert.equal(exitCode, 0, stdout + stderr);
  }

  async function report(stack: Stack): Promise<StanzaCreateReport | undefined> {
    const stanzas = z.object({ stanzas: z.object({ targets: z.record(z.string(), stanzaCreateReportSchema) }) });
    return stanzas.parse(await project.outputs(stack)).stanzas.targets[target];
  }

  /** Starts the engine itself, not the npm package that starts it, because the test kills it. */
  async function startUp(stack: Stack): Promise<Running> {
    const { PULUMI_HOME = "" } = await sandboxEnvironment();
    const [version = ""] = await readdir(join(PULUMI_HOME, "versions"));
    const engine = join(PULUMI_HOME, "versions", version, "bin", "pulumi");
    return startInSandbox([engine, "--non-interactive", "up", "--stack", stack, "--yes", "--skip-preview"], {
      cwd: project.directory,
    });
  }

  /** Waits until no program and no step that the killed engine had started runs. Its plugins outlive it for minutes. */
  function untilNothingRuns(): Promise<void> {
    return waitUntil("the end of what the killed engine had started", 90, async () => {
      const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
      const there = await Promise.all(
        pids.map(async (pid) => (await readlink(`/proc/${pid}/cwd`).catch(() => "")) === project.directory),
      );
      const commands = await Promise.all(
        pids.filter((_, index) => there[index]).map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
      );
      return commands.every((command) => command === "" || pluginProgram.test(command));
    });
  }

  faultTest(
    17,
    "finds the stanza in the next up when killed between its creation and the write of the state",
    async () => {
      await withOperatorStopped(async () => {
        const up = await startUp("faults-one");
        await up.until(/waiting for PGO to confirm/);
        up.signal("SIGKILL");
        await up.ended;
      });
      // PGO, which goes on now, takes its first backup, which changes other files.
      const archiveInfo = async () => (await repositoryFiles(cluster))["archive/db/archive.info"];
      const before = await archiveInfo();
      assert(before !== undefined);
      await untilNothingRuns();
      assert.deepEqual(
        (await project.state("faults-one")).filter(({ type }) => type === "command:local:Command"),
        [],
      );

      // The dead engine left its lock in the file backend; Pulumi requires this before it continues.
      const locked = await project.up("faults-one");
      assert.notEqual(locked.exitCode, 0);
      assert.match(`${locked.stdout}${locked.stderr}`, /currently locked/);
      await project.pulumi("cancel", "--stack", "faults-one", "--yes");

      const { exitCode, stdout, stderr } = await project.up("faults-one");
      assert.equal(exitCode, 0, stdout + stderr);
      assert.equal((await report("faults-one"))?.outcome, "already-okay");
      assert.equal(await archiveInfo(), before);
      assert.equal((await project.up("faults-one", "--expect-no-changes")).exitCode, 0);
    },
  );

  faultTest(
    [13, 17, 55],
    "creates nothing when killed during the dump, leaves no half dump under the name of a whole one, and the next up removes it",
    async () => {
      const dumps = join(project.directory, "dumps");
      // An earlier dump would be used again.
      await rm(dumps, { recursive: true, force: true });
      await withTableLocked(cluster, async () => {
        const up = await startUp("faults-one");
        await untilRemoteCommand(context, namespace, pod, /pg_dump /);
        up.signal("SIGKILL");
        await up.ended;
        // The provider kills the step at once, so that it can neither go on nor tidy up.
        await untilNothingRuns();
      });
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [1]);
      const [partial = "", ...others] = await readdir(dumps);
      assert.match(partial, /^\..+\.partial$/);
      assert.deepEqual(others, []);

      await project.pulumi("cancel", "--stack", "faults-one", "--yes");
      const { exitCode, stdout, stderr } = await project.up("faults-one");
      assert.equal(exitCode, 0, stdout + stderr);
      const { outcome, dump } = (await report("faults-one")) ?? {};
      assert.equal(outcome, "created");
      assert(dump && "file" in dump);
      const whole = basename(dump.file);
      assert.notEqual(`.${whole}.partial`, partial);
      assert.equal((await stat(join(dumps, whole))).size, dump.size);
      // This dump has removed what the killed one left.
      assert.deepEqual(await readdir(dumps), [whole]);
    },
  );

  faultTest([17, 35], "two runs on one stack at once: Pulumi lets one through, and it succeeds", async () => {
    const first = await startUp("faults-one");
    await first.until(/Updating/);
    const second = await project.up("faults-one");
    assert.notEqual(second.exitCode, 0);
    assert.match(`${second.stdout}${second.stderr}`, /currently locked/);
    const { exitCode, stdout } = await first.ended;
    assert.equal(exitCode, 0, stdout);
    assert(await holdsStanza(context, namespace, pod));
  });

  faultTest(17, "two stacks with the same target at once both succeed and leave one valid stanza", async () => {
    const ends = await Promise.all(stacks.map((stack) => project.up(stack)));
    for (const { exitCode, stdout } of ends) assert.equal(exitCode, 0, stdout);
    assert(await holdsStanza(context, namespace, pod));
    const reports = await Promise.all(stacks.map(report));
    assert(reports.every((found) => found?.status.status === "okay"));
  });
});

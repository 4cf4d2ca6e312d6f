import assert from "node:assert/strict";
import { access, chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineProject } from "../support/engine.ts";
import { faultSuite } from "../support/fault-test.ts";

/** Answers as the CLI does: the environment's check is in the file `live`, and each preflight is noted in `preflights`. */
const cli = `#!/usr/bin/env node
import { appendFileSync, existsSync, readFileSync } from "node:fs";
const { check, restore } = JSON.parse(readFileSync(0, "utf8"));
const about = { version: 1, context: "lab", cluster: "harbor-cluster/harbor-cluster" };
if (process.argv[2] === "harbor") {
  const live = existsSync("live") ? readFileSync("live", "utf8") : null;
  const instances = live === null ? { podConfig: null, podSecret: null } : { podConfig: "i", podSecret: "i" };
  const differs = live === null ? ["pod-config is missing"] : [];
  console.log(JSON.stringify({ ...about, differs, check: live, instances }));
} else {
  appendFileSync("preflights", check + "\\n");
  const verdict = { restore: restore?.id ?? null, verdict: "ok", findings: [], backup: null, check };
  console.log(JSON.stringify({ ...about, ...verdict, checkedAt: "2026-11-21T09:00:00.000Z" }));
}
`;

/** A stack with a preflight, and with something that is written only after it, as pod-config is. */
function program(restore: object | undefined): string {
  return `
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Preflight } from "CHECKOUT/components/harbor/preflight.ts";
const store = { bucket: "harbor-db", region: "eu-west-2", credentials: "secret" };
const preflight = new Preflight("preflight", {
  kubernetes: { context: "lab" },
  cluster: { namespace: "harbor-cluster", name: "harbor-cluster" },
  operator: { namespace: "harbor-operator-ns", podConfig: "pod-config", podSecret: "pod-secret" },
  image: "ghcr.io/zalando/spilo-16:3.3-p3",
  pgHba: ["local all all trust"],
  backup: { ...store, schedule: "0 1 * * *", retainDays: 5 },
  restore: ${JSON.stringify(restore)},
  restoresSecrets: false,
  keys: pulumi.secret({ backup: { accessKeyId: "id", secretAccessKey: "CANARY" } }),
});
const check = preflight.approvedCheck;
new local.Command("pod-config", { create: "cat > live", stdin: check, triggers: [check] }, { dependsOn: preflight });
`;
}

const restore = {
  ...{ bucket: "harbor-db", region: "eu-west-2", credentials: { irsaRoleArn: "arn:aws:iam::123456789012:role/r" } },
  ...{ id: "after-the-fire", scope: "postgresql-harbor-cluster-harbor-cluster", source: { prefix: "" } },
  ...{ postgresVersion: 12, versionInPath: true },
};
const leftOut = [
  ["--target", "**::pod-config"],
  ["--exclude", "**::preflight"],
] as const;

faultSuite(111, "the preflight, on the real engine", function () {
  this.timeout("2m");
  let project: EngineProject;

  before("a project with a CLI that answers at once", async function () {
    this.timeout("20m");
    project = await EngineProject.create({});
    await rm(file("bin"));
    await mkdir(file("bin"));
    await writeFile(file("bin/postgres-recovery"), cli);
    await chmod(file("bin/postgres-recovery"), 0o755);
  });
  after(() => project.remove());

  const file = (name: string): string => join(project.directory, name);
  const text = (name: string): Promise<string> => readFile(file(name), "utf8").catch(() => "");
  const wasWritten = (): Promise<boolean> =>
    access(file("live")).then(
      () => true,
      () => false,
    );
  const preflights = async (): Promise<string[]> => (await text("preflights")).split("\n").slice(0, -1);

  async function up(...parameters: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await project.up(...parameters);
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  }

  it("lets nothing be written when it is left out before it has ever run", async () => {
    await project.write(program(undefined));
    for (const options of [leftOut[1]]) {
      const { exitCode, stdout } = await project.up(...options);
      assert.notEqual(exitCode, 0, stdout);
      assert.deepEqual([await wasWritten(), await preflights()], [false, []]);
    }
  });

  it("runs once, and not again while what was written is in place", async () => {
    await up();
    assert.deepEqual(await preflights(), [await text("live")]);
    await up("--expect-no-changes");
  });

  it("runs again when what was written is gone or was changed, although nothing is declared anew", async () => {
    const [first] = await preflights();
    await rm(file("live"));
    assert.deepEqual((await project.preview()).get("Command preflight"), ["replace"]);
    await up();
    const [, second = ""] = await preflights();
    assert.notEqual(second, first);
    assert.equal(await text("live"), second);
    await up("--expect-no-changes");
  });

  it("lets nothing of a new restore be written when it is left out, and says what to do", async () => {
    const before = await preflights();
    await project.write(program(restore));
    // The values of the restore are not there yet.
    await rm(file("live"));
    for (const options of leftOut) {
      const { exitCode, stdout } = await project.up(...options);
      assert.notEqual(exitCode, 0, stdout);
      assert.match(stdout, /the preflight has not checked[^]*run `pulumi up` without them/);
      assert.deepEqual([await wasWritten(), await preflights()], [false, before]);
    }
    await up();
    assert.equal(await text("live"), (await preflights()).at(-1));
    assert.equal((await preflights()).length, before.length + 1);
  });

  it("puts no key into the state", async () => {
    assert.doesNotMatch(await project.stateText(), /CANARY/);
  });
});

import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configFinishRestoreReportSchema } from "../../../domain/stack/config-edit.ts";
import { podConfigData } from "../../../domain/harbor/pod-config.ts";
import { openedStack, editedStack, writtenStack } from "../../../cli/config/edited.ts";
import { faultTest } from "../../support/fault-test.ts";
import { StackFolder } from "../../support/stack-folder.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const store = { bucket: "backups", region: "eu-west-2", credentials: "secret" } as const;

/** What the outputs say after an `up` with this restore. */
function outputs(proof: unknown, changes: object = {}): string {
  const restore = { id: "r1", scope: "db", source: { uid }, postgresVersion: 12, versionInPath: true, ...store };
  const podConfig = podConfigData({ ...store, schedule: "0 1 * * *", retainDays: 5 }, { ...restore, ...changes });
  return JSON.stringify({ stanzas: { targets: {} }, harbor: { podConfig, proof } });
}

const before = `config:
  postgres-recovery:kubernetes: { context: lab }
  postgres-recovery:harbor:
    cluster: harbor-cluster/harbor-cluster
    externalUrl: https://harbor.example.com
    spiloImage: ghcr.io/zalando/spilo-16:3.3-p3
`;
const section = `    restore:
      # Lost in the fire.
      id: r1
      scope: db
      uid: ${uid}
      postgresVersion: 12
      credentials: secret
`;
const after = `    backup: { credentials: secret }
    buckets:
      databaseBackups: { name: backups, region: eu-west-2 }
`;
const secrets = `  postgres-recovery:harborSecrets:
    backup: { accessKeyId: { secure: CANARYid }, secretAccessKey: { secure: CANARYkey } }
    restore: { accessKeyId: { secure: CANARYid }, secretAccessKey: { secure: CANARYkey } }
`;

describe("postgres-recovery config finish-restore", function () {
  this.timeout("60s");
  let folder: StackFolder;
  const file = "Pulumi.lab.yaml";

  beforeEach(() => {
    folder = new StackFolder();
    folder.write(file, before + section + after + secrets);
  });
  afterEach(() => {
    folder.remove();
  });

  const finish = (...parameters: string[]) =>
    folder.run("config", "finish-restore", "--stack", "lab", "--state", "outputs.json", ...parameters);

  it("removes the section with its comments once the outputs say that this restore is proven", async () => {
    folder.write("outputs.json", outputs({ verdict: "proven" }));
    const { exitCode, stderr, stdout } = await finish("--yes");
    assert.equal(exitCode, 0, stderr);
    assert.equal(folder.read(file), before + after + secrets);
    assert.match(stdout, /^Pulumi\.lab\.yaml: the restore r1 is finished \(proven\)$/m);
    assert.match(stdout, /^next: remove the CLONE_ values from the cluster: pulumi up --stack lab$/m);
    assert.match(stdout, /^next: then remove the keys .*--path postgres-recovery:harborSecrets\.restore$/m);
    assert.doesNotMatch(stdout, /CANARY/);
  });

  it("a proof that was skipped for a written reason counts as the last up counted it", async () => {
    folder.write("outputs.json", outputs("it was verified by hand"));
    assert.equal((await finish("--yes")).exitCode, 0);
  });

  const unproven: readonly [what: string, text: string][] = [
    ["a failed proof", outputs({ verdict: "failed" })],
    ["a proof that knows nothing", outputs({ verdict: "unknown" })],
    ["no proof", outputs(null)],
    ["the proof of another moment", outputs({ verdict: "proven" }, { targetTime: "2026-11-21T08:00:00+00:00" })],
    ["the proof of another database", outputs({ verdict: "proven" }, { scope: "other" })],
    ["outputs without Harbor", JSON.stringify({ stanzas: { targets: {} } })],
  ];
  for (const [what, text] of unproven)
    faultTest(152, `is refused with ${what}; a written reason goes into the file`, async () => {
      folder.write("outputs.json", text);
      const refused = await finish("--yes");
      assert.equal(refused.exitCode, 4);
      assert.match(refused.stderr, /^error\[restore-not-proven\]: [^]*\nnext: prove it: pulumi up --stack lab/);
      assert.equal(folder.read(file), before + section + after + secrets);
      const ended = await finish("--yes", "--reason", "the data was checked by hand", "-o", "json");
      const report = configFinishRestoreReportSchema.strict().parse(JSON.parse(ended.stdout));
      assert.deepEqual([report.proven, report.reason], [false, "the data was checked by hand"]);
      const reason = "    endUnprovenRestore: the data was checked by hand\n";
      assert.equal(folder.read(file), before + after + reason + secrets);
      assert.deepEqual((await folder.run("config", "check", "--stack", "lab")).exitCode, 0);
    });

  faultTest(152, "outputs that cannot be read are unknown, and refused without a reason", async () => {
    folder.write("outputs.json", "no JSON, CANARY");
    const { exitCode, stderr } = await finish("--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error\[stack-outputs-missing\]: whether the restore r1 is proven is not known: /);
    assert.doesNotMatch(stderr, /CANARY/);
    assert.equal(folder.read(file), before + section + after + secrets);
    assert.equal((await finish("--yes", "--reason", "the data was checked by hand")).exitCode, 0);
  });

  it("a reason is not written when the restore is proven, and an older reason goes", async () => {
    folder.write(file, `${before}${section}    endUnprovenRestore: that of the last time\n${after}${secrets}`);
    folder.write("outputs.json", outputs({ verdict: "proven" }));
    assert.equal((await finish("--yes", "--reason", "the data was checked by hand")).exitCode, 0);
    assert.equal(folder.read(file), before + after + secrets);
  });

  it("--dry-run shows the lines that go, a short reason is refused, and nothing is there to finish", async () => {
    folder.write("outputs.json", outputs({ verdict: "proven" }));
    const { exitCode, stdout } = await finish("--dry-run");
    assert.equal(exitCode, 0);
    assert(stdout.includes(section.replaceAll(/^(?=.)/gm, "-").trimEnd()), stdout);
    assert.equal(folder.read(file), before + section + after + secrets);
    assert.match((await finish("--reason", "because")).stderr, /--reason: write the reason in a few words/);
    assert.equal((await finish()).exitCode, 2);
    folder.write(file, before + after);
    assert.match((await finish("--yes")).stderr, /^error\[restore-not-declared\]/);
  });

  it("asks on a terminal, and nothing is written when the answer is no or the terminal is closed", async () => {
    folder.write("outputs.json", outputs({ verdict: "proven" }));
    const parameters = ["config", "finish-restore", "--stack", "lab", "--state", "outputs.json"];
    for (const answered of ["n\n", "\n", ""]) assert.equal((await folder.onTerminal(parameters, answered)).exitCode, 2);
    assert.equal(folder.read(file), before + section + after + secrets);
    const { exitCode, stdout } = await folder.onTerminal(parameters, "y\n");
    assert.equal(exitCode, 0, stdout);
    assert.equal(folder.read(file), before + after + secrets);
  });
});

describe("the file that an edit replaces", () => {
  const { signal } = new AbortController();
  let folder: StackFolder;
  let path: string;
  beforeEach(() => {
    folder = new StackFolder();
    path = join(folder.directory, "Pulumi.lab.yaml");
    folder.write("Pulumi.lab.yaml", before + section + after);
  });
  afterEach(() => {
    folder.remove();
  });

  faultTest(153, "is not overwritten when somebody else has written it meanwhile, and no draft stays", async () => {
    const opened = await openedStack("postgres-recovery", ["lab", path]);
    const edit = editedStack(opened, [{ kind: "remove", path: ["harbor", "restore"] }]);
    writeFileSync(path, "# Of somebody else.\n");
    await assert.rejects(writtenStack(opened, edit, { yes: true }, signal), { code: "stack-file-changed" });
    assert.equal(readFileSync(path, "utf8"), "# Of somebody else.\n");
    assert.deepEqual(folder.names(), ["Pulumi.lab.yaml", "Pulumi.yaml"]);
  });

  it("keeps its mode, and stays a link when it is one", async () => {
    chmodSync(path, 0o640);
    const link = join(folder.directory, "Pulumi.dev.yaml");
    symlinkSync(path, link);
    const opened = await openedStack("postgres-recovery", ["dev", link]);
    const edit = editedStack(opened, [{ kind: "remove", path: ["harbor", "restore"] }]);
    assert.equal(await writtenStack(opened, edit, { yes: true }, signal), "written");
    assert.equal(readFileSync(path, "utf8"), before + after);
    assert.equal(statSync(path).mode & 0o777, 0o640);
    assert.deepEqual(folder.names(), ["Pulumi.dev.yaml", "Pulumi.lab.yaml", "Pulumi.yaml"]);
  });
});

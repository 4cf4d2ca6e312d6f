import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configTargetsReportSchema } from "../../../domain/stack/config-edit.ts";
import { startClusters } from "../../support/clusters-api-server.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import { StackFolder } from "../../support/stack-folder.ts";

const samples = join(import.meta.dirname, "../../fixtures/samples");
const missing = readFileSync(join(samples, "info-00-no-stanza-named-json.stdout"), "utf8");

describe("postgres-recovery config targets", function () {
  this.timeout("60s");
  let server: FakeApiServer;
  let folder: StackFolder;

  const stackFile = (targets: string): string => `config:
  postgres-recovery:kubernetes:
    context: test # the test
    kubeconfig: ${server.kubeconfig}
  postgres-recovery:stanza:
    targets:${targets}
`;

  beforeEach(async () => {
    server = await startClusters({ a: missing, b: missing, c: "no answer" });
    folder = new StackFolder();
    folder.write("Pulumi.dev.yaml", stackFile("\n      # The first.\n      - cluster: n/a"));
  });
  afterEach(async () => {
    await server.stop();
    folder.remove();
  });

  const targets = (...parameters: string[]) => folder.run("config", "targets", "--stack", "dev", ...parameters);

  it("proposes what is missing, says why not the rest, and names what no stack covers", async () => {
    const { exitCode, stderr, stdout } = await targets();
    assert.equal(exitCode, 1, stderr);
    assert.match(stdout, /^n\/a +dev +covered +No stanza/m);
    assert.match(stdout, /^n\/b +- +PROPOSED +No stanza configuration: missing in repo1; /m);
    assert.match(stdout, /^n\/c +- +UNKNOWN /m);
    assert.match(stdout, /^in no stack: n\/b, n\/c$/m);
    assert.match(stdout, /^next: add 1 target to the stack file: postgres-recovery config targets .*--write/m);
    const report = configTargetsReportSchema.strict().parse(JSON.parse((await targets("-o", "json")).stdout));
    assert.deepEqual([report.outcome, report.stacks, report.uncovered], ["none", ["dev"], ["n/b", "n/c"]]);
  });

  it("--write adds them and nothing else; the exit code is then that of what is left", async () => {
    const before = folder.read("Pulumi.dev.yaml");
    const unconfirmed = await targets("--write");
    assert.equal(unconfirmed.exitCode, 2);
    assert.match((await targets("--write", "--dry-run")).stdout, /^\+ {6}- cluster: n\/b$/m);
    assert.equal(folder.read("Pulumi.dev.yaml"), before);
    const { exitCode, stderr, stdout } = await targets("--write", "--yes");
    assert.equal(exitCode, 3, stderr);
    assert.match(stdout, /^Pulumi\.dev\.yaml: 1 target added\nnext: .*pulumi preview --stack dev$/m);
    assert.equal(folder.read("Pulumi.dev.yaml"), `${before}      - cluster: n/b\n`);
    const again = await targets("--write", "--yes");
    assert.equal(again.exitCode, 3);
    assert.equal(folder.read("Pulumi.dev.yaml"), `${before}      - cluster: n/b\n`);
  });

  it("a stack for another context covers nothing here; of two stacks one has to be named", async () => {
    folder.write("Pulumi.lab.yaml", "config:\n  postgres-recovery:kubernetes: { context: lab }\n");
    folder.write("Pulumi.two.yaml", stackFile(" []"));
    const here = ["config", "targets", "--context", "test", "--kubeconfig", server.kubeconfig];
    const { stdout } = await folder.run(...here);
    assert.match(stdout, /^context test, stacks: dev, two$/m);
    const { exitCode, stderr } = await folder.run(...here, "--write", "--yes");
    assert.equal(exitCode, 2);
    assert.match(stderr, /it is not clear which stack gets the targets[^]*next: name one with --stack: dev, two/);
  });

  it("a stack file with mistakes is an error: it may have any target", async () => {
    folder.write("Pulumi.bad.yaml", "config:\n  postgres-recovery:kubernetes: {}\n");
    const { exitCode, stderr } = await targets();
    assert.equal(exitCode, 2);
    assert.match(stderr, /Pulumi\.bad\.yaml has wrong values/);
  });
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { failureOf } from "../../../cli/failure.ts";
import { againHint, pasteable, quoted } from "../../../cli/hints.ts";
import { RecoveryError } from "../../../domain/errors.ts";
import { FakeApiServer } from "../../support/fake-api-server.ts";
import { faultTest } from "../../support/fault-test.ts";

const dev = { context: "dev", kubeconfig: "/tmp/my configs/dev.yaml" };
const options = "--context dev --kubeconfig '/tmp/my configs/dev.yaml'";

describe("a hint", () => {
  const cases: readonly [hint: string, completed: string][] = [
    ["next: postgres-recovery stanza list", `next: postgres-recovery stanza list ${options}`],
    [
      "see `postgres-recovery harbor roll harbor-cluster/harbor-cluster`, then look",
      `see \`postgres-recovery harbor roll harbor-cluster/harbor-cluster ${options}\`, then look`,
    ],
    [
      "postgres-recovery stanza list --context dev\npostgres-recovery dump a/b",
      `postgres-recovery stanza list --kubeconfig '/tmp/my configs/dev.yaml' --context dev\npostgres-recovery dump a/b ${options}`,
    ],
    [
      "postgres-recovery stanza list -n tsl --context other",
      "postgres-recovery stanza list --kubeconfig '/tmp/my configs/dev.yaml' -n tsl --context other",
    ],
    ["kubectl --context dev version", "kubectl --context dev --kubeconfig '/tmp/my configs/dev.yaml' version"],
    ["see the log of postgres-recovery, and run `pulumi up`", "see the log of postgres-recovery, and run `pulumi up`"],
  ];
  for (const [hint, completed] of cases)
    faultTest(84, `names the Kubernetes cluster as the options did: ${hint.replaceAll("\n", " / ")}`, () => {
      assert.equal(pasteable(hint, dev), completed);
      assert.equal(pasteable(hint, { context: undefined }), hint);
    });

  faultTest(84, "to list again is limited to the namespace of the list, and no other command is", () => {
    assert.equal(
      pasteable("list again: postgres-recovery stanza list", { context: "dev", namespace: "calendar" }),
      "list again: postgres-recovery stanza list -n calendar --context dev",
    );
    const named = "postgres-recovery stanza list -n brr --context the-new-one";
    assert.equal(pasteable(named, { namespace: "calendar" }), named);
    assert.equal(
      pasteable("postgres-recovery stanza create calendar/calendar-db", { namespace: "calendar" }),
      "postgres-recovery stanza create calendar/calendar-db",
    );
  });

  faultTest(84, "of an error names it, too", () => {
    const error = new RecoveryError("leader-moved", "moved", { next: "run postgres-recovery stanza create a/b" });
    assert.equal(failureOf(error, { context: "dev" }).next, "run postgres-recovery stanza create a/b --context dev");
  });

  it("after an interruption is the same command again, or `pulumi up`", () => {
    const parameters = ["stanza", "create", "a/b", "--skip-dump", "it's done, see X"];
    assert.equal(
      againHint(parameters),
      String.raw`run it again; it continues from what exists: postgres-recovery stanza create a/b --skip-dump 'it'\''s done, see X'`,
    );
    assert.match(againHint(["stanza", "create", "--request", "-"]), /^run `pulumi up` again/);
  });

  it("quotes words so that a shell reads them as they were", () => {
    const word = fc.string({ unit: "grapheme-ascii", minLength: 1 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
        const script = `printf '%s\\0' ${words.map(quoted).join(" ")}`;
        const read = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" });
        assert.deepEqual(read.split("\0").slice(0, -1), words);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the program's hints", function () {
  this.timeout("30s");
  const main = join(import.meta.dirname, "../../../cli/main.ts");
  let server: FakeApiServer;
  before("an API server that allows nothing", async () => {
    server = await FakeApiServer.start(({ url = "" }) => {
      const namespace = /namespaces\/([^/]+)\/postgresclusters/.exec(url)?.[1];
      const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
      return { status: 403, body: { kind: "Status", message: `cannot list resource "postgresclusters" ${where}` } };
    });
  });
  after(() => server.stop());

  async function next(...parameters: string[]): Promise<string> {
    const command = [main, ...parameters, "--kubeconfig", server.kubeconfig];
    const { stderr } = await execa(process.execPath, command, { reject: false });
    return /^next: (.*)$/m.exec(stderr)?.[1] ?? stderr;
  }

  it("a forbidden `stanza list` may be limited to a namespace, unless it is already, and a forbidden `stanza create` may not", async () => {
    assert.equal(
      await next("stanza", "list", "--context", "test", "-n", "brr"),
      "ask for the role of this command in docs/permissions.md",
    );
    assert.equal(
      await next("stanza", "list", "--context", "test"),
      "ask for the role of this command in docs/permissions.md; with rights in one namespace only, list with -n NAMESPACE",
    );
    assert.equal(
      await next("stanza", "create", "a/b", "--context", "test"),
      "ask for the role of this command in docs/permissions.md",
    );
  });

  faultTest(82, "a mistyped context is asked about", async () => {
    assert.equal(
      await next("stanza", "list", "--context", "tests"),
      "did you mean test? Or choose one with --context, or name another file with --kubeconfig",
    );
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { checkReportSchema } from "../../../../domain/check/report.ts";
import { policyExamples } from "../../../policy-examples.ts";
import { FakeApiServer, type ApiAnswer } from "../../../support/fake-api-server.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { stateOf } from "../../../support/situations.ts";

const checkout = join(import.meta.dirname, "../../../..");
const configMap = (data: object): string =>
  stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data });
const wrong = configMap({ password: "CANARY" });
const sound = configMap({ LOG_LEVEL: "debug" });

async function check(parameters: readonly string[], input = "") {
  return execa(process.execPath, [join(checkout, "cli/main.ts"), "check", ...parameters], { reject: false, input });
}

describe("postgres-recovery check", function () {
  this.timeout("1m");
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-check-"));
  });
  after(() => rm(directory, { recursive: true }));

  it("ends with 0 for sound manifests, with 1 for wrong ones, from files and from stdin", async () => {
    const files = [join(directory, "wrong.yaml"), join(directory, "sound.yaml")] as const;
    await writeFile(files[0], wrong);
    await writeFile(files[1], sound);
    const { exitCode, stdout } = await check(["--file", ...files, "-o", "json"]);
    assert.equal(exitCode, 1);
    const { findings, resources, source } = checkReportSchema.parse(JSON.parse(stdout));
    assert.deepEqual([source, resources.length], ["manifests", 2]);
    assert.deepEqual(
      findings.map(({ code, file }) => [code, file]),
      [["credential-in-configmap", files[0]]],
    );
    assert.doesNotMatch(stdout, /CANARY/);
    assert.equal((await check(["-f", "-"], sound)).exitCode, 0);
    assert.equal((await check(["-f", "-"], wrong)).exitCode, 1);
  });

  it("prints SARIF, JUnit and a table of the same", async () => {
    const [sarif, junit, table] = await Promise.all(
      ["sarif", "junit", "table"].map((format) => check(["-f", "-", "-o", format], wrong)),
    );
    assert.match(sarif?.stdout ?? "", /"ruleId": "credential-in-configmap"/);
    assert.match(junit?.stdout ?? "", /^<\?xml [^]*<failure type="credential-in-configmap"/);
    assert.match(
      table?.stdout ?? "",
      /PROBLEM +credential-in-configmap +stdin:6: ConfigMap a password: is a credential/,
    );
    for (const each of [sarif, junit, table]) {
      assert.equal(each?.exitCode, 1);
      assert.doesNotMatch(each.stdout + each.stderr, /CANARY/);
    }
  });

  it("judges an exported state", async () => {
    const { bad, good } = policyExamples["stanza-command-forbidden"] ?? assert.fail();
    const ended = await check(["--state", "-"], JSON.stringify(stateOf(bad)));
    assert.equal(ended.exitCode, 1);
    assert.match(ended.stdout, /stanza-command-forbidden/);
    assert.equal((await check(["--state", "-"], JSON.stringify(stateOf(good)))).exitCode, 0);
  });

  faultTest(147, "ends with 2 for what it cannot read, and with 3 when there was nothing to judge", async () => {
    const unreadable = await check(["-f", "-"], "password: CANARY");
    assert.equal(unreadable.exitCode, 2);
    assert.match(unreadable.stderr, /^error\[manifest-unreadable\][^]*stdin:1: /);
    const nothing = await check(["-f", "-", "-o", "json"], "apiVersion: v1\nkind: Secret\ndata: {a: CANARY}\n");
    assert.equal(nothing.exitCode, 3);
    assert.match(nothing.stdout, /"nothing-judged"/);
    const state = await check(["--state", join(directory, "gone.json")]);
    assert.equal(state.exitCode, 2);
    assert.match(state.stderr, /gone\.json cannot be read: ENOENT/);
    assert.doesNotMatch(
      JSON.stringify([unreadable, nothing, state].map(({ stderr, stdout }) => stderr + stdout)),
      /CANARY/,
    );
  });

  for (const other of ["--state=a", "--stack=a", "--context=a", "--namespace=a"])
    it(`refuses --file with ${other}: only one thing is judged`, async () => {
      const { exitCode, stderr } = await check(["--file", "a", other]);
      assert.equal(exitCode, 2);
      assert.match(stderr, /cannot be used with option/);
    });
});

describe("postgres-recovery check of a cluster", function () {
  this.timeout("1m");
  let server: FakeApiServer;
  let answers: Record<string, ApiAnswer>;
  let asked: string[];

  /** As for a resource that is not installed: a page, and no Status. */
  const missing: ApiAnswer = { status: 404, body: {} };
  const listed = (...items: object[]): ApiAnswer => ({ status: 200, body: { items, metadata: {} } });
  const named = (namespace: string, name: string, more: object): object => ({ metadata: { namespace, name }, ...more });

  beforeEach(async () => {
    asked = [];
    answers = {};
    server = await FakeApiServer.start((request) => {
      const { pathname } = new URL(request.url ?? "", "http://server");
      asked.push(pathname);
      return answers[pathname.slice(pathname.lastIndexOf("/") + 1)] ?? missing;
    });
  });
  afterEach(() => server.stop());

  const inCluster = (...parameters: string[]) =>
    check(["--context", "test", "--kubeconfig", server.kubeconfig, ...parameters]);

  it("judges databases, their namespaces' ConfigMaps and every pod-config, and asks for no Secret", async () => {
    answers = {
      postgresclusters: listed(named("calendar", "calendar-db", { spec: {} })),
      configmaps: listed(
        named("calendar", "settings", { data: { password: "CANARY" } }),
        named("operator", "pod-config", { data: { USE_WALG_BACKUP: "yes", AWS_REGION: "eu-west-2" } }),
        named("elsewhere", "settings", { data: { password: "CANARY" } }),
      ),
    };
    const { exitCode, stdout } = await inCluster("-o", "json");
    assert.equal(exitCode, 1);
    const { context, findings, resources } = checkReportSchema.parse(JSON.parse(stdout));
    assert.equal(context, "test");
    assert.deepEqual(resources, [
      "PostgresCluster calendar/calendar-db",
      "ConfigMap calendar/settings",
      "ConfigMap operator/pod-config",
    ]);
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["postgres-cluster-without-repository", "credential-in-configmap", "walg-value-not-true"],
    );
    assert.doesNotMatch(stdout, /CANARY/);
    assert(!asked.some((path) => path.includes("secrets")));
  });

  it("of one namespace, it asks for that one alone", async () => {
    answers = { postgresqls: listed(named("a", "b", { spec: {} })), configmaps: listed() };
    assert.equal((await inCluster("-n", "a")).exitCode, 0);
    assert(asked.length === 4 && asked.every((path) => path.includes("/namespaces/a/")), asked.join());
  });

  faultTest(
    148,
    "an operator that is not installed has no databases; a cluster without any is no good news",
    async () => {
      answers = { configmaps: listed(named("kube-public", "kube-root-ca.crt", { data: { "ca.crt": "x" } })) };
      const { exitCode, stderr } = await inCluster();
      assert.equal(exitCode, 3);
      assert.match(stderr, /error\[nothing-judged\]: there is nothing to judge in these namespaces/);
    },
  );

  faultTest(148, "a LIST that is refused ends the check with 3 and the missing permission", async () => {
    answers = {
      postgresclusters: listed(named("calendar", "calendar-db", { spec: {} })),
      configmaps: { status: 403, body: { kind: "Status", message: "configmaps is forbidden" } },
    };
    const { exitCode, stderr, stdout } = await inCluster();
    assert.equal(exitCode, 3);
    assert.match(stderr, /not allowed to list configmaps/);
    assert.equal(stdout, "");
  });
});

import assert from "node:assert/strict";
import { manifestFile } from "../../../../cli/check/manifest-file.ts";
import { checkManifests } from "../../../../cli/check/manifests.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { faultTest } from "../../../support/fault-test.ts";

const reading =
  (files: Readonly<Record<string, string>>) =>
  (file: string): Promise<string> => {
    const text = files[file];
    return text === undefined ? Promise.reject(new Error("ENOENT: no such file")) : Promise.resolve(text);
  };

describe("a file of manifests", () => {
  it("has several documents and Lists; empty documents do not count", () => {
    const { objects, problems } = manifestFile(
      [
        "# nothing\n---\n---",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}",
        "- {apiVersion: v1, kind: Secret, metadata: {name: c}}\n",
      ].join("\n"),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      objects.map(({ object }) => object.metadata?.name),
      ["a", "b", "c"],
    );
  });

  it("is read as kubectl reads it: yes is no text, a moment and a number with colons are", () => {
    const text = "apiVersion: v1\nkind: ConfigMap\ndata: {a: yes, b: 2026-11-21T09:30:00Z, c: 12:30:45, d: 010}\n";
    assert.deepEqual(manifestFile(text).objects[0]?.object["data"], {
      a: true,
      b: "2026-11-21T09:30:00Z",
      c: "12:30:45",
      d: 8,
    });
  });

  it("a finding has the line of its value, in a List and through an anchor, too", async () => {
    const text = [
      "apiVersion: v1",
      "kind: List",
      "items:",
      "  - apiVersion: v1",
      "    kind: ConfigMap",
      "    data: &data",
      "      USE_WALG_BACKUP: 'true'",
      "      AWS_REGION: eu-west-2",
      "      BACKUP_SCHEDULE: '@daily'",
      "  - apiVersion: v1",
      "    kind: ConfigMap",
      "    data: *data",
      "---",
      "apiVersion: acid.zalan.do/v1",
      "kind: postgresql",
      "spec:",
      "  dockerImage: ghcr.io/zalando/spilo-16:3.3-p1",
      "  patroni:",
      "    pg_hba: ['hostssl all all md5']",
      "---",
      "apiVersion: goharbor.io/v1beta1",
      "kind: HarborCluster",
      "spec: {database: {spec: {zlandoPostgreSql: {",
      "  image: ghcr.io/zalando/spilo-17:4.0-p2}}}}",
      "---",
      "apiVersion: postgres-operator.crunchydata.com/v1beta1",
      "kind: PostgresCluster",
      "metadata: {name: a}",
    ].join("\n");
    const { findings } = await checkManifests(["a.yaml"], reading({ "a.yaml": text }));
    const lines = new Map(findings.map(({ code, file, line }) => [`${file ?? ""} ${code}`, line]));
    assert.equal(lines.get("a.yaml backup-schedule-invalid"), 9);
    assert.equal(lines.get("a.yaml image-keeps-every-backup"), 17);
    assert.equal(lines.get("a.yaml pg-hba-line-invalid"), 19);
    assert.equal(lines.get("a.yaml image-without-postgres-12"), 24);
    assert.equal(lines.get("a.yaml postgres-cluster-without-repository"), 26);
    assert.equal(findings.filter(({ code }) => code === "backup-schedule-invalid").length, 2);
  });

  it("a resource is named with its namespace, where it has one", async () => {
    const text =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n---\napiVersion: v1\nkind: ConfigMap\n";
    const { resources } = await checkManifests(["-"], reading({ "-": text }));
    assert.deepEqual(resources, ["ConfigMap b/a", "ConfigMap without a name"]);
  });
});

describe("manifests that cannot be read", () => {
  const broken = {
    "tabs.yaml": "a: b\n\tc: CANARY\n",
    "values.yaml": "password: CANARY\n",
    "list.yaml": "apiVersion: v1\nkind: List\nitems:\n- CANARY\n- {apiVersion: v1, kind: ConfigMap}\n",
    "twice.yaml": "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: CANARY\n  a: CANARY\n",
  };

  faultTest(147, "are all named at once with their line, without a value, and nothing is judged", async () => {
    const error: unknown = await checkManifests([...Object.keys(broken), "gone.yaml"], reading(broken)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert(error instanceof RecoveryError);
    assert.equal(error.code, "manifest-unreadable");
    assert.doesNotMatch(error.message, /CANARY/);
    for (const place of ["tabs.yaml:2: ", "values.yaml:1: ", "list.yaml:4: ", "twice.yaml:5: ", "gone.yaml: ENOENT"])
      assert(error.message.includes(`\n${place}`), `${place}\n${error.message}`);
  });

  faultTest(147, "nothing that a rule is about is no good news", async () => {
    const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n";
    for (const text of [deployment, "", "---\n"])
      await assert.rejects(checkManifests(["a.yaml"], reading({ "a.yaml": text })), {
        code: "nothing-judged",
        kind: "undetermined",
      });
  });
});

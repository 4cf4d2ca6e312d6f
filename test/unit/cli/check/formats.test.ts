import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { junitReport } from "../../../../cli/check/junit.ts";
import { sarifReport } from "../../../../cli/check/sarif.ts";
import { checkTable } from "../../../../cli/check/table.ts";
import { findingSeverities } from "../../../../domain/catalogue/finding-codes.ts";
import { checkReportSchema, type CheckedFinding, type CheckReport } from "../../../../domain/check/report.ts";

const fixture = join(import.meta.dirname, "../../../fixtures/sarif-schema-2.1.0.json");
/** zod takes a reference to a URI, which may be relative, for a whole URL. */
const withoutReferences = (key: string, value: unknown): unknown =>
  key === "format" && value === "uri-reference" ? undefined : value;
const oasis = JSON.parse(readFileSync(fixture, "utf8"), withoutReferences) as z.core.JSONSchema.JSONSchema;
const sarifSchema = z.fromJSONSchema(oasis);
const sarif = z.object({
  runs: z.tuple([
    z.object({
      tool: z.object({ driver: z.object({ rules: z.array(z.object({ id: z.string() })) }) }),
      results: z.array(
        z.object({
          ruleId: z.string(),
          ruleIndex: z.int(),
          level: z.string(),
          message: z.object({ text: z.string() }),
          locations: z.array(z.looseObject({})).optional(),
        }),
      ),
    }),
  ]),
});

function finding(code: CheckedFinding["code"], more: Partial<CheckedFinding> = {}): CheckedFinding {
  const text = { what: 'is <wrong> & "odd"', where: "pod-config KEY", fix: "correct it" };
  return {
    code,
    severity: findingSeverities[code],
    ...text,
    resource: "ConfigMap a/b",
    file: null,
    line: null,
    ...more,
  };
}
const report: CheckReport = {
  version: 1,
  source: "manifests",
  context: null,
  resources: ["ConfigMap a/b", "PostgresCluster c/d"],
  findings: [
    finding("clone-method-wrong", { file: "a folder/pod config.yaml", line: 7 }),
    finding("clone-method-wrong"),
    finding("image-unknown"),
    finding("clone-suffix-missing"),
    finding("pod-config-sound"),
    finding("stanza-target-twice", { resource: "" }),
  ],
};

describe("a check as SARIF", () => {
  it("is valid by the schema of OASIS, with findings and without", () => {
    for (const each of [report, { ...report, findings: [] }])
      assert.deepEqual(sarifSchema.safeParse(JSON.parse(JSON.stringify(sarifReport(each)))).error, undefined);
  });

  it("the schema refuses what is wrong, so the test can fail", () => {
    const [run] = sarif.parse(sarifReport(report)).runs;
    assert(!sarifSchema.safeParse({ version: "2.1.0", runs: [{ ...run, tool: {} }] }).success);
    const results = [{ message: { text: "x" }, level: "fatal" }];
    assert(!sarifSchema.safeParse({ version: "2.1.0", runs: [{ tool: { driver: { name: "x" } }, results }] }).success);
  });

  it("has a rule for each code once, and levels; UNKNOWN is said, and passed checks are left out", () => {
    const [{ results, tool }] = sarif.parse(sarifReport(report)).runs;
    const ids = tool.driver.rules.map(({ id }) => id);
    assert.deepEqual(ids, ["clone-method-wrong", "image-unknown", "clone-suffix-missing", "stanza-target-twice"]);
    assert.deepEqual(
      results.map(({ level, ruleId, ruleIndex }) => [ruleId, ids[ruleIndex], level]),
      [
        ["clone-method-wrong", "clone-method-wrong", "error"],
        ["clone-method-wrong", "clone-method-wrong", "error"],
        ["image-unknown", "image-unknown", "warning"],
        ["clone-suffix-missing", "clone-suffix-missing", "note"],
        ["stanza-target-twice", "stanza-target-twice", "error"],
      ],
    );
    assert.match(results[2]?.message.text ?? "", /^UNKNOWN: /);
    assert.deepEqual(results[0]?.locations, [
      {
        physicalLocation: { artifactLocation: { uri: "a%20folder/pod%20config.yaml" }, region: { startLine: 7 } },
        logicalLocations: [{ fullyQualifiedName: "ConfigMap a/b", kind: "resource" }],
      },
    ]);
    assert.equal(results[4]?.locations, undefined);
  });
});

describe("a check as JUnit", () => {
  const xml = junitReport(report);

  it("counts failures and errors, and a resource without findings as a test that passed", () => {
    assert.match(xml, /<testsuite name="postgres-recovery check" tests="7" failures="3" errors="1">/);
    assert.match(xml, /<testcase name="PostgresCluster c\/d" classname="PostgresCluster c\/d"><\/testcase>/);
    assert.match(xml, /<testcase name="pod-config-sound" classname="ConfigMap a\/b"><\/testcase>/);
    assert.equal(xml.match(/<failure /g)?.length, 3);
    assert.equal(xml.match(/<error /g)?.length, 1);
    assert.match(xml, /<system-out>warning: pod-config KEY: /);
  });

  it("escapes what XML reserves", () => {
    assert.match(xml, /message="a folder\/pod config.yaml:7: pod-config KEY: is &lt;wrong&gt; &amp; &quot;odd&quot;"/);
  });
});

describe("a check as a table", () => {
  it("begins each finding of a manifest with FILE:LINE, and ends with the counts", () => {
    const text = checkTable(report, "never", Infinity);
    assert.match(text, /clone-method-wrong +a folder\/pod config\.yaml:7: ConfigMap a\/b, pod-config KEY: is <wrong>/);
    assert.match(text, /\n2 resources judged: problems 3, unknown 1, warnings 1$/);
    assert.doesNotMatch(text, /pod-config-sound/);
  });

  it("without a finding it is one line, which says how much was judged", () => {
    const clean: CheckReport = { ...report, context: "dev", source: "cluster", findings: [] };
    assert.equal(
      checkTable(clean, "never", Infinity),
      "2 resources judged in context dev: problems 0, unknown 0, warnings 0",
    );
  });
});

it("the report fits its schema", () => {
  assert.deepEqual(checkReportSchema.parse(report), report);
});

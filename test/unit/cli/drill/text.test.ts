import assert from "node:assert/strict";
import { listText } from "../../../../cli/drill/clean.ts";
import { drillTable } from "../../../../cli/drill/text.ts";
import { drillRunReportSchema } from "../../../../domain/drill/report.ts";

const base = {
  version: 1,
  context: "lab",
  cluster: "harbor-cluster/harbor-cluster",
  namespace: "postgres-recovery-drill-1",
  verdict: "proven",
  backup: null,
  checks: [{ check: "clone", status: "ok", expected: "e", found: "left recovery", seconds: 3.2, findings: [] }],
  phases: [{ phase: "drill began", at: "2026-11-29T01:00:00.000Z", seconds: null }],
  rpo: { newestCommit: "2026-11-29T00:59:00.000Z", seconds: 60, target: 3600 },
  rto: { seconds: 12.5, target: null },
  removal: "removed",
  leftovers: [],
  remembered: null,
  checkedAt: "2026-11-29T01:01:00.000Z",
} as const;
const textOf = (changes: object = {}): string =>
  drillTable(drillRunReportSchema.parse({ ...base, ...changes }), "never", 120);

describe("the report of a drill for people", () => {
  it("has each check, where the time went, both measures, and the conclusion at the end", () => {
    const text = textOf();
    assert.match(text, /^clone +ok +3.2 s +left recovery$/m);
    assert.match(text, /^would be lost, if the database were lost now: 60 s \(target 3600 s\)$/m);
    assert.match(text, /^restored and proven within: 12.5 s \(no target\)$/m);
    assert.match(text, /harbor-cluster\/harbor-cluster in context lab: the backup can be restored$/);
    assert.doesNotMatch(text, /kubectl/);
  });

  it("says how to look at a clone that is still there, and how to remove it", () => {
    for (const removal of ["kept", "left"]) {
      const text = textOf({ removal });
      assert.match(
        text,
        /kubectl --context lab --namespace postgres-recovery-drill-1 exec -it drill-0 -- psql -U postgres/,
      );
      assert.match(text, /postgres-recovery drill clean postgres-recovery-drill-1 --context lab/);
    }
    assert.doesNotMatch(textOf({ removal: "never-created", namespace: null }), /kubectl/);
  });

  it("never calls a drill proven that is not", () => {
    assert.match(textOf({ verdict: "failed" }), /the drill has failed: see the findings$/);
    assert.match(textOf({ verdict: "unknown" }), /the drill proves nothing: something could not be found out$/);
    const nothing = { rpo: { newestCommit: null, seconds: null, target: 5 }, rto: { seconds: null, target: 5 } };
    assert.match(
      textOf(nothing),
      /lost now: not known \(target 5 s\)\nrestored and proven within: not known \(target 5 s\)/,
    );
  });

  it("names what it removed of an earlier drill", () => {
    assert.match(
      textOf({ leftovers: ["postgres-recovery-drill-0"] }),
      /^removed what an earlier drill had left: .*-0$/m,
    );
  });
});

describe("the list of drills", () => {
  const drill = { namespace: "n", cluster: "a/b", source: "s3://b/p", created: "2026-11-29T01:00:00.000Z" };
  const listed = (...states: ("running" | "abandoned")[]): string =>
    listText({ version: 1, context: "lab", drills: states.map((state) => ({ ...drill, state })) }, 120);

  it("advises to remove what a killed drill has left, and says when there is nothing", () => {
    assert.equal(listed(), "no drill has a namespace in context lab");
    assert.doesNotMatch(listed("running"), /next:/);
    assert.match(listed("running", "abandoned"), /^next: postgres-recovery drill clean$/m);
  });
});

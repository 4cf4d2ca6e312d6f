import assert from "node:assert/strict";
import type { FleetCluster } from "../../../../domain/fleet/report.ts";
import { fleetVerdict } from "../../../../domain/fleet/verdict.ts";
import { stackSources, watchedClusters, type DeclaredStack } from "../../../../domain/fleet/watch.ts";
import { faultTest } from "../../../support/fault-test.ts";

const cluster = (name: string, operator: FleetCluster["operator"] = "pgo"): FleetCluster => ({
  kubernetes: "dev",
  namespace: "calendar",
  name,
  operator,
  newestBackup: { status: "none" },
  recovery: { status: "known", windows: [] },
  lossNow: { status: "everything" },
  findings: [],
});
const stack = (name: string, targets: [string, string?][], context = "dev"): DeclaredStack => ({
  stack: name,
  context,
  targets: new Map(targets.map(([target, hold]) => [target, hold])),
});
const whole = { context: "dev", isWhole: true };

const watches = (clusters: FleetCluster[], stacks: DeclaredStack[] | undefined): unknown[] =>
  watchedClusters(clusters, stacks, whole).map(({ name, watch }) => [
    name,
    watch?.status,
    watch?.status === "watched" && watch.by,
  ]);

describe("watchedClusters", () => {
  it("names every stack that declares a cluster, and says when it is on hold there", () => {
    const stacks = [stack("dev", [["calendar/a"], ["calendar/b", "investigated"]]), stack("other", [["calendar/a"]])];
    assert.deepEqual(watches([cluster("a"), cluster("b")], stacks), [
      ["a", "watched", ["stack dev", "stack other"]],
      ["b", "watched", ["stack dev (on hold)"]],
    ]);
  });

  faultTest(
    130,
    "finds a cluster that no stack declares, of any operator, and one that is declared for another context",
    () => {
      const stacks = [stack("lab", [["calendar/a"]], "lab")];
      const found = watchedClusters(
        [cluster("a"), cluster("b", "cloudnative-pg"), cluster("c", "zalando")],
        stacks,
        whole,
      );
      for (const each of found) {
        assert.deepEqual(each.watch, { status: "not-watched" });
        assert.equal(fleetVerdict(each), "finding");
      }
      // The name alone is not enough: it is another operator's cluster.
      assert.deepEqual(watches([cluster("a", "cloudnative-pg")], [stack("dev", [["calendar/a"]])])[0], [
        "a",
        "not-watched",
        false,
      ]);
    },
  );

  it("knows Harbor's database by the name that the Harbor operator gives it", () => {
    const harbor = { ...stack("harbor", []), harbor: { namespace: "calendar", name: "h" } } as DeclaredStack;
    assert.deepEqual(watches([cluster("postgresql-calendar-h", "zalando"), cluster("own", "zalando")], [harbor]), [
      ["postgresql-calendar-h", "watched", ["stack harbor"]],
      ["own", "not-watched", false],
    ]);
  });

  faultTest(130, "reports a declared cluster that does not exist, once, with a name that was perhaps meant", () => {
    const stacks = [stack("dev", [["calendar/calender-db"]]), stack("two", [["calendar/calender-db"]])];
    const [, missing, ...others] = watchedClusters([cluster("calendar-db")], stacks, whole);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [missing?.name, missing?.watch],
      ["calender-db", { status: "watched", by: ["stack dev", "stack two"] }],
    );
    assert.equal(missing?.findings[0]?.code, "cluster-declared-missing");
    assert.match(missing.findings[0].fix, /calendar\/calendar-db/);
    assert.equal(fleetVerdict(missing), "finding");
  });

  faultTest(131, "calls no declared cluster missing when the list has only a part of them", () => {
    const stacks = [stack("dev", [["shop/x"]])];
    assert.deepEqual(watchedClusters([], stacks, { context: "dev", isWhole: false }), []);
  });

  faultTest(131, "does not know what a stack that cannot be read declares, nor anything outside of a project", () => {
    const stacks: DeclaredStack[] = [
      stack("dev", [["calendar/a"]]),
      { stack: "torn", unreadable: "mistakes in its YAML" },
    ];
    const [a, b] = watchedClusters([cluster("a"), cluster("b")], stacks, whole);
    assert.equal(a?.watch?.status, "watched");
    assert.deepEqual(b?.watch, { status: "unknown", why: "it may be declared in a stack that cannot be read: torn" });
    assert.equal(fleetVerdict(b), "undetermined");
    assert.deepEqual(watches([cluster("a")], undefined)[0], ["a", "unknown", false]);
  });
});

describe("stackSources", () => {
  it("says what came out of each stack", () => {
    const stacks: DeclaredStack[] = [
      stack("dev", [["a/b"]]),
      stack("lab", [], "lab"),
      { stack: "torn", unreadable: "why" },
    ];
    assert.deepEqual(stackSources(stacks, "dev"), [
      { source: "stack dev", status: "complete", detail: "declares 1 cluster" },
      { source: "stack lab", status: "complete", detail: "is for the context lab: not compared" },
      { source: "stack torn", status: "failed", detail: "why" },
    ]);
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { verifyTable } from "../../../cli/restore/verify.ts";
import { faultTest } from "../../support/fault-test.ts";
import { findingsAt } from "../../../domain/finding.ts";
import type { ReportOf } from "../../../domain/steps/steps.ts";

const program = join(import.meta.dirname, "../../../bin/postgres-recovery");
const at = "2026-11-21T01:00:00.000Z";
const report: ReportOf<"restore verify"> = {
  version: 1,
  context: "lab",
  cluster: "harbor-cluster/harbor-cluster",
  leader: "db-0",
  verdict: "failed",
  checks: [
    {
      check: "identity",
      status: "failed",
      expected: "system identifier 7, that of backup base_1",
      found: "system identifier 9",
      seconds: 0,
      findings: [
        findingsAt("Pod n/db-0").refuse("restored-identity-different", "is another \u001b[2J", "restore again"),
      ],
    },
    {
      check: "timeline",
      status: "ok",
      expected: "a later one",
      found: "on timeline 2",
      seconds: 1.5,
      findings: [findingsAt("Pod n/db-0").ok("restored-timeline-newer", "is on timeline 2")],
    },
  ],
  registry: null,
  phases: [
    { phase: "restore began", at, seconds: null },
    { phase: "recovery ended", at, seconds: 90 },
  ],
  rpo: { newestCommit: at, lostSeconds: 30 },
  rto: { seconds: 120 },
  checkedAt: at,
};

describe("restore verify on the command line", () => {
  it("shows each check, what to do about those that are not ok, and how long it took and how much was lost", () => {
    const text = verifyTable(report, "never", 200);
    assert.match(text, /^identity +FAILED +0 s +system identifier 9$/m);
    assert.match(text, /^timeline +ok +1\.5 s +on timeline 2$/m);
    assert.match(text, /^PROBLEM +restored-identity-different +Pod n\/db-0: is another \\u\{1b\}\[2J$/m);
    assert.doesNotMatch(text, /restored-timeline-newer/);
    assert.match(text, /^recovery ended +2026-11-21T01:00:00\.000Z +\+90 s$/m);
    assert.match(text, /^newest replayed commit: 2026-11-21T01:00:00\.000Z, 30 s before the loss$/m);
    assert.match(text, /^since the restore began: 120 s$/m);
    assert.match(text, /harbor-cluster\/harbor-cluster in context lab: the restore has failed: see the findings$/);
  });

  it("says that the newest commit is not known instead of leaving it out", () => {
    const unknown = { ...report, rpo: { newestCommit: null, lostSeconds: null }, rto: { seconds: null } };
    const text = verifyTable(unknown, "never", 200);
    assert.match(text, /newest replayed commit: not known \(PostgreSQL's log does not have it\)\n/);
    assert.match(text, /since the restore began: not known\n/);
  });

  faultTest(140, "lists what cannot be pulled after a proven restore, and how it can be had back", () => {
    const at = findingsAt("s3://artifacts/docker/registry/v2/blobs");
    const warning = at.warn("restored-registry-incomplete", "does not have 1 blob of 3", "bring it back");
    const check = { check: "registry", status: "warning", expected: "all", found: "1 missing", seconds: 1 } as const;
    const moment = "2026-11-21T01:00:00.000Z";
    const counted = { named: 3, namedBytes: 9, stored: 2, unnamed: 0, unnamedBytes: 0, missing: 2, different: 0 };
    const text = verifyTable(
      {
        ...report,
        verdict: "proven",
        checks: [{ ...check, findings: [warning] }],
        registry: {
          place: "s3://artifacts/docker/registry/v2/blobs",
          counted: { ...counted, damaged: null, archived: 0 },
          blobs: [
            {
              ...{ digest: "sha256:ab", problem: "missing", size: 7, neededBy: "artifact", key: "k" },
              artifacts: [{ project: "shop", repository: "shop/app", digest: "sha256:cd", tags: ["v1"] }],
              deleteMarker: { versionId: "marker", modified: moment },
              version: { versionId: "first", modified: moment, size: 7 },
            },
          ],
        },
      },
      "never",
      200,
    );
    assert.match(text, /^registry +warning +1 s +1 missing$/m);
    assert.match(text, /^sha256:ab +missing +shop\/app:v1 +version first of .*; delete the delete marker marker$/m);
    assert.match(text, /^and 1 more; at most 200 are listed$/m);
    assert.match(text, /in context lab: the restore is proven, with warnings: see the findings$/);
  });

  it("--registry-region without its bucket is a wrong argument, before anything is asked", async () => {
    const parameters = ["restore", "verify", "a/b", "--registry-region", "eu-west-2", "--registry-problems", "fail"];
    const { exitCode, stderr } = await execa(program, parameters, { reject: false });
    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /registry\.store\.bucket/);
  });

  describe("refuses a file before it asks anything", () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "restore-verify-"));
    });
    after(() => rm(folder, { recursive: true }));

    const wrong: [what: string, option: string, content: string, problem: RegExp][] = [
      ["that is not JSON", "--check", "CANARY", /--check .*: it is not JSON/],
      ["that is another report", "--check", '{"version": 1}', /the file of --check is not a report of restore check/],
      [
        "with two expectations of one query",
        "--expect",
        expectation({ equals: "1", atLeast: 1 }),
        /exactly one of equals/,
      ],
      ["with an unknown key", "--expect", '{"tables": []}', /tables/],
    ];
    for (const [what, option, content, problem] of wrong) {
      it(`${option} with one ${what}`, async () => {
        const file = join(folder, "file.json");
        await writeFile(file, content);
        const parameters = ["restore", "verify", "a/b", option, file];
        const { exitCode, stderr } = await execa(program, parameters, { reject: false });
        assert.equal(exitCode, 2, stderr);
        assert.match(stderr, problem);
        assert.doesNotMatch(stderr, /CANARY/);
      });
    }

    it("--check that does not exist, and a target without its offset", async () => {
      const missing = ["restore", "verify", "a/b", "--check", join(folder, "none.json")];
      assert.match((await execa(program, missing, { reject: false })).stderr, /--check .*none\.json: ENOENT/);
      const target = ["restore", "verify", "a/b", "--target-time", "2026-11-21T09:30:00"];
      const { exitCode, stderr } = await execa(program, target, { reject: false });
      assert.equal(exitCode, 2);
      assert.match(stderr, /offset from UTC/);
    });
  });
});

function expectation(result: object): string {
  return JSON.stringify({ queries: [{ database: "core", sql: "select 1", ...result }] });
}

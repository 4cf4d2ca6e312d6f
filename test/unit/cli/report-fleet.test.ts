import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { writePage } from "../../../cli/report/fleet-page.ts";
import { fleetText } from "../../../cli/report/fleet-text.ts";
import { RecoveryError } from "../../../domain/errors.ts";
import { everyKind, fleetOf, goodCluster } from "../../support/fleet-sample.ts";

const program = join(import.meta.dirname, "../../../cli/main.ts");

describe("report fleet", function () {
  this.timeout("30s");
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "postgres-recovery-report-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = (...parameters: string[]) =>
    execa(process.execPath, [program, "report", ...parameters], { reject: false, cwd: folder });

  async function saved(report: unknown): Promise<void> {
    await writeFile(join(folder, "fleet.json"), JSON.stringify(report));
  }

  it("writes a page, prints the data as JSON, and exits with 1 for a problem", async () => {
    const report = fleetOf([...everyKind]);
    await saved(report);
    const { exitCode, stderr, stdout } = await run(
      "fleet",
      "--from",
      "fleet.json",
      "--html",
      "page.html",
      "-o",
      "json",
    );
    assert.equal(exitCode, 1);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(report)));
    const page = await readFile(join(folder, "page.html"), "utf8");
    assert.equal(stderr, `wrote page.html, ${(Buffer.byteLength(page) / 1000).toFixed(1)} kB`);
    assert.match(page, /^<!doctype html>/);
    assert.deepEqual((await readdir(folder)).sort(), ["fleet.json", "page.html"]);
  });

  it("lists every mistake of the data, writes nothing, and exits with 2", async () => {
    await saved({ ...fleetOf([]), gatheredAt: "canary", clusters: [{ findings: [] }] });
    const { exitCode, stderr } = await run("fleet", "--from", "fleet.json", "--html", "page.html");
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error\[fleet-report-unreadable\]: fleet\.json is no report of the fleet:/);
    for (const path of ["gatheredAt", "clusters[0].namespace", "clusters[0].name", "clusters[0].operator"])
      assert(stderr.includes(`at ${path}`), path);
    assert.doesNotMatch(stderr, /canary/);
    assert.deepEqual(await readdir(folder), ["fleet.json"]);
  });

  it("suggests the cluster that was meant", async () => {
    await saved(fleetOf([goodCluster()]));
    const { exitCode, stderr } = await run("fleet", "--from", "fleet.json", "--cluster", "calender/calendar-db");
    assert.equal(exitCode, 2);
    assert.match(stderr, /the report does not have calender\/calendar-db\nnext: did you mean calendar\/calendar-db\?/);
  });

  it("report without fleet still reads a stack, with its own options", async () => {
    await writeFile(
      join(folder, "state.json"),
      JSON.stringify({ stanzas: { held: { "a/b": "a reason" }, targets: {} } }),
    );
    const { exitCode, stdout } = await run("--state", "state.json", "-o", "json");
    assert.equal(exitCode, 0);
    assert.match(stdout, /"cluster": "a\/b",\s+"outcome": "held"/);
  });

  it("a page that cannot be written leaves nothing behind", async () => {
    await assert.rejects(
      writePage(folder, "page"),
      (error) => error instanceof RecoveryError && error.code === "report-not-written",
    );
    await assert.rejects(writePage(join(folder, "missing/page.html"), "page"), /cannot be written/);
    assert.deepEqual(await readdir(folder), []);
  });

  it("the table has the gravest first, and says when clusters may be missing", () => {
    const clusters = [goodCluster(), goodCluster({ name: "lost-db", newestBackup: { status: "none" } })];
    const sources = [{ source: "stanza list", status: "partial" as const, detail: "" }];
    const text = fleetText(fleetOf(clusters, { sources }), "never", 200);
    assert.match(
      text,
      /^CLUSTER .*\ncalendar\/lost-db +Problem +none .*there is no backup\ncalendar\/calendar-db +Okay/,
    );
    assert.match(
      text,
      /2 clusters: 1 problem, 1 okay, as of 2026-11-28T06:00:00.000Z\nUnknown: 1 source did not answer/,
    );
  });
});

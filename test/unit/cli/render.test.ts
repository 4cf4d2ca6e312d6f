import assert from "node:assert/strict";
import { faultTest } from "../../support/fault-test.ts";
import { verdictExitCode } from "../../../cli/exit-codes.ts";
import { countVerdicts, createTable, logLine, scanTable } from "../../../cli/render.ts";
import { flagCodes } from "../../../domain/stanza/flag-codes.ts";
import type { Flag } from "../../../domain/stanza/flags.ts";
import type { StanzaStatus } from "../../../domain/stanza/status.ts";
import { scanEntry } from "../../support/scan-entry.ts";

const okay: StanzaStatus = { status: "okay", backups: { count: 1, newest: "2026-11-20T21:42:17.000Z" } };
const entries = [
  scanEntry(okay, {
    namespace: "brr",
    cluster: "postgresql",
    pod: "postgresql-instance1-w6dq-0",
    operatorSaysCreated: true,
  }),
  scanEntry({ status: "no-stanza", repositories: ["repo1"] }, { pod: "calendar-db-0", operatorSaysCreated: true }),
  scanEntry(
    { status: "timeout", reason: "repo1: silent" },
    {
      namespace: "consent",
      cluster: "spicedb-psql",
      pod: "spicedb-psql-instance-hln5-0",
      operatorSaysCreated: false,
    },
  ),
  scanEntry({ status: "no-instance", reason: "no Pod" }, { namespace: "alt-authn-authz", cluster: "a3-policy-db" }),
];
const flagged = (flags: Flag[]): ReturnType<typeof scanEntry> =>
  scanEntry(okay, { pod: "calendar-db-0", operatorSaysCreated: true, flags });
const noBackup: Flag = { code: "no-backup", detail: "stanza created, no backup in repo1 yet", command: "kubectl x" };
const noSchedule: Flag = { code: "no-schedule", detail: "no schedule" };

describe("the list of stanzas", () => {
  it("as a log, consists of exactly the runbook's lines", () => {
    const restoring = { status: "no-instance", reason: "PGO is restoring", because: "restoring" } as const;
    assert.deepEqual(
      [...entries, flagged([noBackup]), scanEntry(restoring)].map(({ namespace, cluster, pod, status }) =>
        logLine(namespace, cluster, pod, status),
      ),
      [
        "INFO:root:[brr] postgresql (postgresql-instance1-w6dq-0): Okay",
        "INFO:root:[calendar] calendar-db (calendar-db-0): No stanza configuration",
        "INFO:root:[consent] spicedb-psql (spicedb-psql-instance-hln5-0): Timeout occurred",
        "INFO:root:[alt-authn-authz] a3-policy-db: No database instance pod",
        "INFO:root:[calendar] calendar-db (calendar-db-0): Okay",
        "INFO:root:[calendar] calendar-db: No database instance pod",
      ],
    );
  });

  it("as a table, has a row per cluster, names the context, says where PGO disagrees, and what to do next", () => {
    assert.equal(
      scanTable("dev", entries, "never"),
      `
NAMESPACE         CLUSTER        POD                            STATUS        PGO                   DETAIL
brr               postgresql     postgresql-instance1-w6dq-0    Okay          created               newest backup 2026-11-20T21:42:17.000Z
calendar          calendar-db    calendar-db-0                  No stanza     created (disagrees)   missing in repo1
consent           spicedb-psql   spicedb-psql-instance-hln5-0   Timeout       missing               repo1: silent
alt-authn-authz   a3-policy-db   -                              No instance   -                     no Pod

4 clusters in context dev: 1 okay, 1 to repair or to look at, 2 not determined
next: add the clusters without a stanza to the stack's targets and run \`pulumi up\` (a target that is finished already needs a higher \`attempt\`), or one by hand: postgres-recovery stanza create calendar/calendar-db
next: repair the connection from consent/spicedb-psql to its repo host, then list again: postgres-recovery stanza list
next: see why PGO runs no instance of alt-authn-authz/a3-policy-db
`.trim(),
    );
    assert.equal(scanTable("dev", [], "never"), "no PostgresCluster found in context dev");
  });

  it("shows the most important flag as the status, every detail, and the command that corrects it", () => {
    const other = { ...flagged([noBackup]), cluster: "scheduler-db" };
    const lines = scanTable("dev", [flagged([noBackup, noSchedule]), other], "never").split("\n");
    assert.match(lines[1] ?? "", /No backup +created +stanza created, no backup in repo1 yet; no schedule$/);
    assert.deepEqual(lines.slice(4), [
      "2 clusters in context dev: 0 okay, 2 to repair or to look at, 0 not determined",
      "next: take a backup of calendar/calendar-db (and 1 more): kubectl x",
      "next: declare schedules in spec.backups.pgbackrest.repos of calendar/calendar-db, or list with --allow no-schedule",
    ]);
  });

  it("shows an allowed flag, but does not count it", () => {
    const lines = scanTable("dev", [flagged([{ ...noSchedule, allowed: true }])], "never").split("\n");
    assert.match(lines[1] ?? "", /Okay +created +no schedule \(allowed\)$/);
    assert.deepEqual(lines.slice(3), ["1 cluster in context dev: 1 okay, 0 to repair or to look at, 0 not determined"]);
  });

  for (const code of flagCodes)
    it(`says what to do about ${code}`, () => {
      const lines = scanTable("dev", [flagged([{ code, detail: "" }])], "never").split("\n");
      assert.match(lines.at(-1) ?? "", /^next: .*calendar\/calendar-db/);
    });

  it("counts clusters without backups on purpose apart from okay", () => {
    const disabled = { status: "not-applicable", because: "backups-disabled", reason: "none" } as const;
    const list = [...entries, scanEntry(disabled)];
    assert.deepEqual(countVerdicts(list), { okay: 1, finding: 1, undetermined: 2, notExpected: 1 });
    assert.match(scanTable("dev", list, "never"), /2 not determined, 1 without backups on purpose$/m);
  });

  it("says that PGO creates a stanza by itself, unless it is paused or believes that there is one", () => {
    const next = (change: Parameters<typeof scanEntry>[1]): string =>
      scanTable("dev", [scanEntry({ status: "no-stanza", repositories: ["repo1"] }, change)], "never");
    assert.match(next({ operatorSaysCreated: false }), /^next: list again in a minute.*stanza create calendar/m);
    assert.match(next({ operatorSaysCreated: true }), /^next: add the clusters/m);
    assert.match(next({ operatorSaysCreated: false, paused: true }), /^next: add the clusters/m);
    assert.match(next({ operatorSaysCreated: false, paused: true }), /missing in repo1; spec\.paused is true/);
  });

  faultTest(57, "says that a missing stanza is a target of the stack already, and what to do then", () => {
    const missing: StanzaStatus = { status: "no-stanza", repositories: ["repo1"] };
    const other = { namespace: "utility", cluster: "utility-db", operatorSaysCreated: true };
    const entries = [scanEntry(missing), scanEntry(missing, other)];
    const stack = { stack: "dev", context: "dev", targets: ["calendar/calendar-db"] };
    const text = scanTable("dev", entries, "never", Infinity, stack);
    assert.match(text, /^next: calendar\/calendar-db is a target of the stack dev already: .*raise its `attempt`/m);
    assert.match(text, /^next: add the clusters .*stanza create utility\/utility-db/m);
    assert.doesNotMatch(text, /stanza create calendar/);
    assert.doesNotMatch(scanTable("dev", entries, "never"), /is a target of the stack/);
  });

  it("says what to do next about each other status", () => {
    const next = (status: StanzaStatus, change = {}): string =>
      scanTable("dev", [scanEntry(status, change)], "never")
        .split("\n")
        .at(-1) ?? "";
    assert.match(
      next({ status: "unreachable", reason: "", because: "not-allowed" }),
      /^next: log in again, or ask for/,
    );
    assert.match(next({ status: "unreachable", reason: "", because: "not-compared" }), /^next: see why Postgres does/);
    assert.match(
      next({ status: "unreachable", reason: "" }, { repositoryPlace: "bucket" }),
      /calendar-db to its bucket/,
    );
    assert.match(next({ status: "broken", reason: "" }), /^next: look at the repository of calendar\/calendar-db/);
    assert.match(next({ status: "backups-removed", reason: "" }), /^next: fill in spec\.backups of calendar/);
    assert.match(next({ status: "unreadable", reason: "" }), /^next: correct the PostgresCluster calendar/);
    assert.match(
      next({ status: "no-instance", reason: "", because: "restoring" }),
      /^next: when PGO has restored .*, list again: postgres-recovery stanza list$/,
    );
  });

  it("uses colours only on a terminal or on request", () => {
    assert.match(scanTable("dev", entries, "always"), /\u001b\[31mNo stanza\u001b/);
    assert.doesNotMatch(scanTable("dev", entries, "never"), /\u001b/);
  });

  it("gives findings precedence in the exit code, and never treats unknown as okay", () => {
    const verdicts = entries.map(({ verdict }) => verdict);
    assert.equal(verdictExitCode(verdicts), 1);
    assert.equal(verdictExitCode(verdicts.filter((verdict) => verdict !== "finding")), 3);
    assert.equal(verdictExitCode(["okay", "not-expected"]), 0);
    assert.equal(verdictExitCode([]), 0);
  });
});

describe("the result of a creation", () => {
  it("as a table, shows outcome, leader, dump and what PGO says", () => {
    const text = createTable(
      {
        version: 1,
        context: "dev",
        cluster: "calendar/calendar-db",
        outcome: "created",
        status: { status: "okay", backups: { count: 0 } },
        leader: "calendar-db-0",
        dump: { file: "dumps/x.sql.zst", size: 10, uncompressedSize: 100, sha256: "ab" },
        operator: "already-created",
        firstBackup: { state: "missing", command: "kubectl annotate …" },
        startedAt: "2026-11-21T01:00:00.000Z",
        finishedAt: "2026-11-21T01:00:09.000Z",
      },
      "never",
    );
    assert.equal(
      text,
      `
CLUSTER   calendar/calendar-db
CONTEXT   dev
OUTCOME   stanza created
STATUS    Okay, no backup yet
LEADER    calendar-db-0
DUMP      dumps/x.sql.zst (10 bytes, SHA-256 ab)
PGO       already said created before, which proves nothing
BACKUP    missing: PGO takes none before the next scheduled backup

next: order a backup: kubectl annotate …
`.trim(),
    );
  });
});

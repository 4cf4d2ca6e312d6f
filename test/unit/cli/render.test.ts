import assert from "node:assert/strict";
import { verdictExitCode } from "../../../cli/exit-codes.ts";
import { createTable, logLine, scanTable } from "../../../cli/render.ts";
import type { StanzaStatus } from "../../../domain/stanza/status.ts";
import { disagreement, verdictOf } from "../../../domain/stanza/status.ts";
import type { ScanEntry } from "../../../domain/stanza/list-report.ts";

const entry = (
  namespace: string,
  cluster: string,
  pod: string | undefined,
  status: StanzaStatus,
  created?: boolean,
): ScanEntry => {
  const contradiction = disagreement(status, created);
  return {
    namespace,
    cluster,
    uid: "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d",
    ...(pod !== undefined && { pod }),
    status,
    ...(created !== undefined && { operatorSaysCreated: created }),
    ...(contradiction !== undefined && { disagreement: contradiction }),
  };
};
const entries = [
  entry("brr", "postgresql", "postgresql-instance1-w6dq-0", { status: "okay", backups: { count: 0 } }, true),
  entry("calendar", "calendar-db", "calendar-db-0", { status: "no-stanza", repositories: ["repo1"] }, true),
  entry(
    "consent",
    "spicedb-psql",
    "spicedb-psql-instance-hln5-0",
    { status: "timeout", reason: "repo1: silent" },
    false,
  ),
  entry("alt-authn-authz", "a3-policy-db", undefined, { status: "no-instance", reason: "no Pod" }),
];

describe("the list of stanzas", () => {
  it("as a log, consists of exactly the runbook's lines", () => {
    assert.deepEqual(
      entries.map(({ namespace, cluster, pod, status }) => logLine(namespace, cluster, pod, status)),
      [
        "INFO:root:[brr] postgresql (postgresql-instance1-w6dq-0): Okay",
        "INFO:root:[calendar] calendar-db (calendar-db-0): No stanza configuration",
        "INFO:root:[consent] spicedb-psql (spicedb-psql-instance-hln5-0): Timeout occurred",
        "INFO:root:[alt-authn-authz] a3-policy-db: No database instance pod",
      ],
    );
  });

  it("as a table, has a row per cluster, says where PGO disagrees, and what to do next", () => {
    assert.equal(
      scanTable(entries, "never"),
      `
NAMESPACE         CLUSTER        POD                            STATUS        PGO                   DETAIL
brr               postgresql     postgresql-instance1-w6dq-0    Okay          created               no backup yet
calendar          calendar-db    calendar-db-0                  No stanza     created (disagrees)   missing in repo1
consent           spicedb-psql   spicedb-psql-instance-hln5-0   Timeout       missing               repo1: silent
alt-authn-authz   a3-policy-db   -                              No instance   -                     no Pod

4 clusters: 1 okay, 1 to repair or to look at, 2 not determined
next: add the clusters without a stanza to the stack's targets and run \`pulumi up\`, or one by hand: postgres-recovery stanza create calendar/calendar-db
next: repair the connection from consent/spicedb-psql to its repo host, then list again
next: see why PGO runs no instance of alt-authn-authz/a3-policy-db
`.trim(),
    );
    assert.equal(scanTable([], "never"), "no PostgresCluster found");
  });

  it("says what to do next when the repo host is not to blame", () => {
    const next = (because: "not-allowed" | "not-compared"): string =>
      scanTable([entry("brr", "postgresql", "p-0", { status: "unreachable", reason: "why", because })], "never")
        .split("\n")
        .at(-1) ?? "";
    assert.match(next("not-allowed"), /^next: log in again, or ask for the role/);
    assert.match(next("not-compared"), /^next: see why Postgres does not answer in the instance/);
  });

  it("uses colours only on a terminal or on request", () => {
    assert.match(scanTable(entries, "always"), /\u001b\[31mNo stanza\u001b/);
    assert.doesNotMatch(scanTable(entries, "never"), /\u001b/);
  });

  it("gives findings precedence in the exit code, and never treats unknown as okay", () => {
    const verdicts = entries.map(({ status }) => verdictOf(status));
    assert.equal(verdictExitCode(verdicts), 1);
    assert.equal(verdictExitCode(verdicts.filter((verdict) => verdict !== "finding")), 3);
    assert.equal(verdictExitCode(["okay"]), 0);
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
        operator: "pending",
        startedAt: "2026-11-21T01:00:00.000Z",
        finishedAt: "2026-11-21T01:00:09.000Z",
      },
      "never",
    );
    assert.equal(
      text,
      `
CLUSTER   calendar/calendar-db
OUTCOME   stanza created
STATUS    Okay, no backup yet
LEADER    calendar-db-0
DUMP      dumps/x.sql.zst (10 bytes, SHA-256 ab)
PGO       pending
`.trim(),
    );
  });
});

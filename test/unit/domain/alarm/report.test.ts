import assert from "node:assert/strict";
import { alarmResult } from "../../../../domain/alarm/report.ts";
import { webhookAddress } from "../../../../domain/alarm/webhook-address.ts";
import { findingsAt } from "../../../../domain/finding.ts";
import type { ScanEntry } from "../../../../domain/stanza/list-report.ts";
import { verdictWithFlags } from "../../../../domain/stanza/flags.ts";
import type { StanzaStatus } from "../../../../domain/stanza/status.ts";

const okay: StanzaStatus = { status: "okay", backups: { count: 1 } };

function entry(cluster: string, status: StanzaStatus, flags: ScanEntry["flags"] = []): ScanEntry {
  const verdict = verdictWithFlags(status, flags);
  return { namespace: "calendar", cluster, uid: "1", status, flags, verdict, repositoryPlace: "repo host" };
}

function stanzas(...clusters: ScanEntry[]) {
  const summary = { okay: 0, finding: 0, undetermined: 0, notExpected: 0 };
  return alarmContent(JSON.parse(JSON.stringify({ version: 1, context: "dev", clusters, summary })));
}

const alarmContent = (report: unknown) => alarmResult(report)?.content;

const codes = (content: ReturnType<typeof alarmContent>): string[] | undefined =>
  content?.findings.map(({ code, severity, where }) => `${severity} ${code} ${where}`);

describe("what an alarm says of a report", () => {
  it("stanza list: everything that is not okay, the gravest first", () => {
    const content = stanzas(
      entry("good", okay),
      entry("allowed", okay, [{ code: "no-schedule", detail: "no schedule", allowed: true }]),
      entry("silent", { status: "timeout", reason: "no answer" }),
      entry("unknown", okay, [{ code: "archiver-unknown", detail: "not known" }]),
      entry("old", okay, [{ code: "backup-old", detail: "is old", command: "take one" }]),
      entry("missing", { status: "no-stanza", repositories: ["repo1"] }),
      entry("off", { status: "not-applicable", because: "standby", reason: "a standby" }),
    );
    assert.deepEqual(codes(content), [
      "refuse backup-old calendar/old",
      "refuse no-stanza calendar/missing",
      "unknown timeout calendar/silent",
      "unknown archiver-unknown calendar/unknown",
      "warn no-schedule calendar/allowed",
    ]);
    assert.equal(content?.severity, "refuse");
    assert.equal(content.looked, 7);
    assert.equal(content.context, "dev");
    assert.equal(content.check, "stanza list");
    assert.equal(content.findings[0]?.fix, "take one");
    assert.equal(content.findings[1]?.fix, "postgres-recovery stanza create calendar/missing");
    assert.equal(content.findings[1].what, "No stanza configuration: missing in repo1");
  });

  it("all okay is ok without findings; what did not answer is unknown, not ok", () => {
    assert.deepEqual(stanzas(entry("good", okay)), {
      check: "stanza list",
      context: "dev",
      looked: 1,
      severity: "ok",
      findings: [],
    });
    assert.equal(stanzas(entry("a", okay), entry("b", { status: "timeout", reason: "x" }))?.severity, "unknown");
  });

  it("a list of nothing is unknown", () => {
    assert.equal(stanzas()?.severity, "unknown");
    assert.deepEqual(codes(stanzas()), ["unknown nothing-judged the report"]);
  });

  it("has the gravest severity of each cluster, also of those that are okay", () => {
    const clusters = [
      entry("good", okay),
      entry("silent", { status: "timeout", reason: "no answer" }),
      entry("old", okay, [
        { code: "no-schedule", detail: "no schedule", allowed: true },
        { code: "backup-old", detail: "is old" },
      ]),
    ];
    const summary = { okay: 0, finding: 0, undetermined: 0, notExpected: 0 };
    const result = alarmResult(JSON.parse(JSON.stringify({ version: 1, context: "dev", clusters, summary })));
    assert.deepEqual(result?.clusters, [
      { namespace: "calendar", cluster: "good", severity: "ok" },
      { namespace: "calendar", cluster: "silent", severity: "unknown" },
      { namespace: "calendar", cluster: "old", severity: "refuse" },
    ]);
  });

  it("harbor status: its findings, apart from those that are ok", () => {
    const at = findingsAt("the database");
    const findings = [at.ok("wal-recent", "is recent"), at.warn("postgresql-not-running", "is not", "look")];
    const content = alarmContent({
      version: 1,
      context: "lab",
      cluster: "a/b",
      verdict: "warn",
      sections: [{ title: "Database", findings }],
      pods: [],
      clone: [],
      checkedAt: "2026-11-28T12:00:00.000Z",
    });
    assert.deepEqual(codes(content), ["warn postgresql-not-running the database"]);
    assert.deepEqual([content?.check, content?.severity, content?.looked], ["harbor status", "warn", 1]);
  });

  it("a check that failed is unknown, with its error", () => {
    const error = { code: "api-unreachable", kind: "undetermined", message: "no answer", next: null };
    const failed = alarmContent({ version: 1, error: { ...error, code: "context-without-clusters", next: "look" } });
    assert.deepEqual(failed, {
      check: null,
      context: null,
      looked: 0,
      severity: "unknown",
      findings: [
        { severity: "unknown", code: "context-without-clusters", where: "the check", what: "no answer", fix: "look" },
      ],
    });
  });

  it("anything else is no report", () => {
    for (const other of [undefined, null, {}, [], { version: 2, context: "dev", clusters: [] }, "okay"])
      assert.equal(alarmContent(other), undefined);
  });
});

describe("the address of a webhook", () => {
  it("is one https URL, with white space around it", () => {
    const address = webhookAddress(" https://hooks.example/T0/abc?key=1\n");
    assert.equal("url" in address && address.url.href, "https://hooks.example/T0/abc?key=1");
  });

  for (const [content, problem] of [
    ["", "it is empty"],
    [" \n", "it is empty"],
    ["http://hooks.example/CANARY", "it does not begin with https://"],
    ["hooks.example/CANARY", "it does not begin with https://"],
    ["https://", "it is not a URL"],
    ["https://a.example/CANARY\nhttps://b.example", "it holds more than one word"],
    ["https://me:CANARY@hooks.example/", "a user or a password in the URL is not supported"],
    ["https://CANARY@hooks.example/", "a user or a password in the URL is not supported"],
  ] as const)
    it(`${JSON.stringify(content)} is refused: ${problem}`, () => {
      assert.deepEqual(webhookAddress(content), { problem });
    });
});

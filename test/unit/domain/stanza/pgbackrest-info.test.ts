import assert from "node:assert/strict";
import fc from "fast-check";
import { classifyInfo } from "../../../../domain/stanza/pgbackrest-info.ts";
import type { StanzaStatus } from "../../../../domain/stanza/status.ts";
import { sampleOutput } from "../../../support/fixtures.ts";
import { faultTest } from "../../../support/fault-test.ts";

const expected = { stanza: "db", repositories: ["repo1"], systemIdentifier: undefined };

describe("classifyInfo on captured outputs", () => {
  const cases: [sample: string, status: StanzaStatus["status"], detail: RegExp][] = [
    ["info-00-no-stanza-json", "no-stanza", /repo1/],
    ["info-00-no-stanza-named-json", "no-stanza", /repo1/],
    ["info-04-while-archive-async-hung", "no-stanza", /repo1/],
    ["info-22-no-backup-dir-json", "no-stanza", /repo1/],
    ["info-29-repo2-missing-named-json", "no-stanza", /repo2/],
    ["info-70-empty-config-json", "no-stanza", /repo1/],
    ["v259-info-no-stanza-named-json", "no-stanza", /repo1/],
    ["info-10-stanza-nobackup-named-json", "okay", /"count":0/],
    ["info-11-ok-json", "okay", /2026-11-20T21:42:17/],
    ["info-12-during-backup-json-leader", "okay", /"count":1/],
    ["info-29-both-json", "okay", /"count":0/],
    ["info-71-json-with-console-info", "okay", /7710366851552716423/],
    ["v259-info-ok-json", "okay", /7710379561686959613/],
    ["info-01k-repo-hang-io5-proto10", "timeout", /timeout after 10000ms/],
    ["v259-info-hang-io5-proto10", "timeout", /timeout after 10000ms/],
    ["info-01b-repo-refused-iotimeout5-named-json", "unreachable", /HostConnectError/],
    ["v259-info-refused-io5", "unreachable", /HostConnectError/],
    ["info-01f-repo-dns-iotimeout5", "unreachable", /Name or service not known/],
    ["info-01g-repo-ca-mismatch", "unreachable", /CryptoError/],
    ["info-01i-repo-client-cn-unauthorised", "unreachable", /access denied/],
    ["info-28-perm-json", "unreachable", /Permission denied/],
    ["info-30-repo2-perm-json", "unreachable", /repo2: .*Permission denied/],
    ["info-23-no-backup-info-json", "broken", /missing stanza data/],
    ["info-25-empty-dirs-json", "broken", /missing stanza data/],
    ["info-24-no-archive-info-json", "broken", /FileMissingError/],
    ["info-27-corrupt-json", "broken", /FormatError/],
    ["info-31-mismatch-across-repos-json", "broken", /database mismatch/],
    // pgBackRest was killed before it answered, or printed text instead of JSON: unknown, and above all not okay.
    ["info-01-repo-refused-named-json", "unreachable", /not its JSON report/],
    ["info-53-stop-file", "unreachable", /not its JSON report/],
    ["logs-259-version-mismatch-info", "unreachable", /not its JSON report/],
  ];
  for (const [sample, status, detail] of cases) {
    it(`${sample}: ${status}`, () => {
      const found = classifyInfo(sampleOutput(sample), expected);
      assert.equal(found.status, status);
      assert.match(JSON.stringify(found), detail);
    });
  }

  faultTest(17, "tells info files that are missing, and may be in creation, from those that are damaged", () => {
    const because = (sample: string): unknown =>
      (classifyInfo(sampleOutput(sample), expected) as { because?: unknown }).because;
    assert.equal(because("info-23-no-backup-info-json"), "incomplete");
    for (const sample of [
      "info-24-no-archive-info-json",
      "info-27-corrupt-json",
      "info-31-mismatch-across-repos-json",
    ]) {
      assert.equal(because(sample), undefined, sample);
    }
  });

  it("keeps all 64 bits of a system identifier", () => {
    const found = classifyInfo(sampleOutput("info-11-ok-json"), {
      ...expected,
      systemIdentifier: "7710366851552716423",
    });
    assert.equal(found.status, "okay");
  });

  faultTest(12, "calls a repository with another database broken, although its codes look normal", () => {
    const found = classifyInfo(sampleOutput("info-21-from-B-json"), {
      ...expected,
      systemIdentifier: "7710372687081207198",
    });
    assert.equal(found.status, "broken");
    assert.match(JSON.stringify(found), /belongs to another database: system identifier 7710372683303011707/);
  });

  faultTest(14, "calls a report without any repository unreachable, never okay", () => {
    const status = { code: 0, message: "ok" };
    const report = JSON.stringify([{ name: "db", status, repo: [], db: [], backup: [] }]);
    assert.deepEqual(classifyInfo(report, expected), {
      status: "unreachable",
      reason: "pgbackrest info reported no repository",
    });
  });

  it("keeps the object store's own code, and nothing else, of the answer that pgBackRest quotes", () => {
    // As pgBackRest composes it: src/common/io/http/request.c, httpRequestError (the same in 2.45 and 2.58).
    const refusal = (line: string, body: string): string =>
      `[ProtocolError] HTTP request failed with ${line}:\n*** Path/Query ***:\nGET /?list-type=2\n*** Request Headers ***:\nauthorization: <redacted>\n*** Response Content ***:\n<?xml version="1.0"?><Error>${body}</Error>`;
    const reason = (message: string): unknown => {
      const status = { code: 99, message };
      const report = [{ name: "db", status, repo: [{ key: 1, status }], db: [], backup: [] }];
      return classifyInfo(JSON.stringify(report), expected);
    };
    for (const [line, code] of [
      ["403 (Forbidden)", "AccessDenied"],
      ["404 (Not Found)", "NoSuchBucket"],
      ["400 (Bad Request)", "ExpiredToken"],
    ] as const) {
      const body = `<Code>${code}</Code><Message>CANARY</Message><AWSAccessKeyId>CANARY</AWSAccessKeyId>`;
      assert.deepEqual(reason(refusal(line, body)), {
        status: "unreachable",
        reason: `repo1: [ProtocolError] HTTP request failed with ${line}: ${code}`,
      });
    }
  });

  faultTest(49, "does not fail at a backup with an impossible time or at too many entries", () => {
    const status = { code: 0, message: "ok" };
    const whole = (backup: object[]): string =>
      JSON.stringify([{ name: "db", status, repo: [{ key: 1, status }], db: [], backup }]);
    const problem = (text: string): string => JSON.stringify(classifyInfo(text, expected));
    assert.match(problem(whole([{ timestamp: { stop: 9e15 } }])), /not its JSON report/);
    assert.match(problem(whole([{ timestamp: { stop: -1 } }])), /not its JSON report/);
    assert.match(problem(whole(Array.from({ length: 50_001 }, () => ({})))), /a list of more than 50000 entries/);
    assert.match(problem(`[{"name": "db"}, [], 3]`), /not its JSON report/);
  });

  faultTest(14, "reads past a banner and CRLF line ends", () => {
    const noisy = `[entrypoint] starting\r\nWARN: something\r\n${sampleOutput("info-11-ok-json")}\r\n`;
    assert.equal(classifyInfo(noisy, expected).status, "okay");
  });
});

const okCode = fc.constantFrom(0, 2);
const anyCode = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 99), fc.nat());

function infoWith(codes: number[], top: number): string {
  const repo = codes.map((code, index) => ({
    key: index + 1,
    cipher: "none",
    status: { code, message: `code ${code}` },
  }));
  return JSON.stringify([{ name: "db", status: { code: top, message: "" }, repo, db: [], backup: [], archive: [] }]);
}

describe("classifyInfo on any input", () => {
  faultTest(14, "never reads a truncated report or arbitrary text as okay or as a missing stanza", () => {
    const whole = sampleOutput("info-11-ok-json").trimEnd();
    const cut = fc.nat({ max: whole.length - 1 }).map((length) => whole.slice(0, length));
    fc.assert(
      fc.property(fc.oneof(cut, fc.string()), (text) => {
        fc.pre(!/^\s*\[\s*\]\s*$/m.test(text));
        const { status } = classifyInfo(text, expected);
        assert.equal(status, "unreachable");
      }),
    );
  });

  it("is okay only when every repository's code is 0 or 2", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(okCode, anyCode), { minLength: 1, maxLength: 4 }), (codes) => {
        const { status } = classifyInfo(infoWith(codes, 4), expected);
        assert.equal(
          status === "okay",
          codes.every((code) => code === 0 || code === 2),
        );
      }),
    );
  });

  it("is a missing stanza, the only repairable state, only when no repository has another problem", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(okCode, anyCode), { minLength: 1, maxLength: 4 }), (codes) => {
        const { status } = classifyInfo(infoWith(codes, 4), expected);
        assert.equal(status === "no-stanza", codes.includes(1) && codes.every((code) => [0, 1, 2].includes(code)));
      }),
    );
  });
});

import assert from "node:assert/strict";
import {
  stanzaCommandFindings,
  stanzaStackFindings,
  stanzaTextFindings,
} from "../../../../domain/stanza/stack-rules.ts";

const request = {
  version: 1,
  kubernetes: { context: "dev", kubeSystemUid: "11111111-1111-4111-8111-111111111111" },
  cluster: "calendar/calendar-db",
  dump: { directory: "s3://dumps/dev" },
  timeLimits: {},
};

describe("stanza commands of a stack", () => {
  const inText = (text: string): string[] => stanzaTextFindings(text, "at").map(({ code }) => code);
  const inRun = (change: object, timeLimit = 1): string[] =>
    stanzaCommandFindings({ request: { ...request, ...change }, timeLimit }, "at").map(({ code }) => code);

  it("pgBackRest's own commands: upgrade and delete are forbidden, create is unchecked", () => {
    assert.deepEqual(inText("kubectl exec p -- pgbackrest --stanza=db stanza-upgrade"), ["stanza-command-forbidden"]);
    assert.deepEqual(inText("true && pgbackrest stanza-delete --force"), ["stanza-command-forbidden"]);
    assert.deepEqual(inText("pgbackrest --log-level-console=info stanza-create"), ["stanza-command-unchecked"]);
  });

  it("other commands are nobody's business, such as info, or a word in another command", () => {
    for (const text of [
      "pgbackrest info",
      "pgbackrest info; echo stanza-upgrade",
      "echo stanza-delete",
      "mypgbackrestish",
    ])
      assert.deepEqual(inText(text), [], text);
  });

  it("a run has a request that fits, a time limit, and a dump in S3", () => {
    assert.deepEqual(inRun({}), []);
    assert.deepEqual(inRun({}, 0), ["stanza-without-time-limit"]);
    assert.deepEqual(inRun({ dump: { directory: "dumps" } }), ["stanza-dump-on-disk"]);
    assert.deepEqual(inRun({ dump: { skip: "a dump was taken an hour ago" } }), []);
    assert.deepEqual(inRun({ dump: { skip: "no" } }, 0), ["stanza-without-time-limit", "stanza-request-invalid"]);
    assert.deepEqual(
      stanzaCommandFindings({ request: undefined, timeLimit: 1 }, "at").map(({ code }) => code),
      ["stanza-request-invalid"],
    );
  });

  it("an invalid request is not quoted", () => {
    const findings = stanzaCommandFindings(
      { request: { ...request, cluster: "CANARY", dump: "CANARY" }, timeLimit: 1 },
      "at",
    );
    assert(findings.length > 0);
    assert(!JSON.stringify(findings).includes("CANARY"));
  });

  it("one run for each cluster, and none for a target on hold", () => {
    const other = { ...request, cluster: "calendar/scheduler-db" };
    const runs = [
      { where: "one", request },
      { where: "two", request: other },
      { where: "three", request },
      { where: "four", request: undefined },
    ];
    assert.deepEqual(
      stanzaStackFindings(runs, ["calendar/scheduler-db"]).map(({ code, where }) => [code, where]),
      [
        ["stanza-target-held", "two"],
        ["stanza-target-twice", "three"],
      ],
    );
  });
});

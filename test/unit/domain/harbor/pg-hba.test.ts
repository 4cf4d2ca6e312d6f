import assert from "node:assert/strict";
import fc from "fast-check";
import { gravest } from "../../../../domain/finding.ts";
import {
  checkPgHba,
  droppedLines,
  harborOperatorPgHba,
  isInPlace,
  pamRoles,
  parseHbaLine,
  requiredPgHba,
  runbookPgHba,
} from "../../../../domain/harbor/pg-hba.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("parseHbaLine", () => {
  it("reads the runbook's lines", () => {
    assert.deepEqual(parseHbaLine("hostssl all             all        0.0.0.0/0 md5"), {
      type: "hostssl",
      databases: ["all"],
      users: ["all"],
      address: "0.0.0.0/0",
      method: "md5",
      options: [],
    });
    assert.deepEqual(parseHbaLine("local   replication     standby    trust"), {
      type: "local",
      databases: ["replication"],
      users: ["standby"],
      address: undefined,
      method: "trust",
      options: [],
    });
  });

  it("reads lists, quotes, masks, options and comments", () => {
    assert.deepEqual(parseHbaLine(`host core,notaryserver "a user", +ops 10.0.0.0 255.0.0.0 ldap ldapserver=x # why`), {
      type: "host",
      databases: ["core", "notaryserver"],
      users: [`"a user"`, "+ops"],
      address: "10.0.0.0/255.0.0.0",
      method: "ldap",
      options: ["ldapserver=x"],
    });
  });

  it("ignores a comment and an empty line", () => {
    assert.equal(parseHbaLine("# local all all trust"), undefined);
    assert.equal(parseHbaLine("   "), undefined);
  });

  for (const line of [
    "hostsl all all all md5",
    "local all",
    "local all all",
    "host all all md5",
    "host all all all",
    `local "all all trust`,
    "host all all all md4",
  ]) {
    it(`refuses "${line}"`, () => {
      assert.match(JSON.stringify(parseHbaLine(line)), /problem/);
    });
  }

  it("parses or refuses any text", () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        parseHbaLine(line);
      }),
    );
  });
});

describe("checkPgHba", () => {
  const problemsOf = (list: readonly string[]): string[] =>
    checkPgHba(list).map(({ severity, what }) => `${severity}: ${what}`);

  it("accepts the runbook's nine lines", () => {
    assert.equal(runbookPgHba.length, 9);
    assert.deepEqual(
      checkPgHba(requiredPgHba([])).map(({ severity }) => severity),
      ["ok"],
    );
  });

  it("refuses a line that PostgreSQL would refuse, and names its number", () => {
    assert.deepEqual(problemsOf(requiredPgHba(["# ours", "host all ops 10.1.0.0/16"])), [
      "refuse: line 2 needs an address and a method",
    ]);
  });

  faultTest(27, "finds what the Harbor operator's two lines lack", () => {
    assert.deepEqual(problemsOf(harborOperatorPgHba), [
      "refuse: no line lets in Patroni and the backups (socket, user postgres)",
      "refuse: no line lets in Patroni's replication through the socket (user standby)",
      "refuse: no line lets in replication through the socket (user postgres)",
      "refuse: no line lets in replicas (TLS, user standby)",
      "refuse: no line lets in replication over TLS (user postgres)",
      "refuse: the pam line is missing, with which members of the operator's pam_role_name log in",
    ]);
  });

  const required: [missing: string, line: number, problem: RegExp][] = [
    ["the socket for all", 2, /Patroni and the backups/],
    ["the socket for postgres' replication", 3, /replication through the socket \(user postgres\)/],
    ["TLS for postgres' replication", 4, /replication over TLS \(user postgres\)/],
    ["the socket for standby's replication", 5, /through the socket \(user standby\)/],
    ["TLS for standby's replication", 6, /replicas \(TLS/],
    ["the pam line", 7, /pam line is missing/],
  ];
  for (const [missing, line, problem] of required) {
    faultTest(27, `refuses the list without ${missing}`, () => {
      assert.match(problemsOf(runbookPgHba.toSpliced(line, 1)).join(), problem);
    });
  }

  faultTest(27, "refuses the list without the line for connections without TLS, which Harbor uses", () => {
    assert.match(problemsOf(runbookPgHba.toSpliced(1, 1)).join(), /no line lets in Harbor/);
  });

  faultTest(27, "refuses a list that rejects a user before the line that allows it", () => {
    assert.match(
      problemsOf(requiredPgHba(["hostnossl all all all reject"])).join(),
      /line 1 \(reject\) keeps out Harbor/,
    );
    assert.match(problemsOf(requiredPgHba(["local all postgres peer"])).join(), /line 1 \(peer\) keeps out Patroni/);
    assert.match(
      problemsOf(requiredPgHba(["hostssl replication all all cert"])).join(),
      /line 1 \(cert\) keeps out replicas/,
    );
  });

  it("refuses a list with only SCRAM for passwords that are stored as MD5", () => {
    assert.match(problemsOf(requiredPgHba(["host core harbor all scram-sha-256"])).join(), /keeps out Harbor/);
  });

  it("warns of a line that rejects only some addresses, because Pods may have them", () => {
    const findings = checkPgHba(requiredPgHba(["host all all 192.168.5.0/24 reject"]));
    assert.equal(gravest(findings), "warn");
    assert.match(findings[0]?.what ?? "", /line 1 \(reject\) may keep out Harbor/);
  });

  it("accepts lines for the cluster's network instead of every address", () => {
    const narrow = runbookPgHba.map((line) => line.replace("0.0.0.0/0", "10.0.0.0/8"));
    assert.equal(gravest(checkPgHba(narrow)), "ok");
  });

  it("does not treat a quoted keyword as a keyword", () => {
    assert.match(
      problemsOf(
        runbookPgHba.map((line) => line.replace("local   all             all ", `local   "all"           all `)),
      ).join(),
      /Patroni and the backups/,
    );
  });

  it("loses nothing through additional lines after the runbook's, even if they reject", () => {
    const rejects = fc.constantFrom(
      "host all all all reject",
      "local all all reject",
      "hostssl replication all all reject",
      "hostnossl all all all reject",
    );
    fc.assert(
      fc.property(fc.array(rejects), (own) => {
        assert.equal(gravest(checkPgHba([...runbookPgHba, ...own])), "ok");
      }),
    );
  });

  it("accepts the runbook's lines in any order, because none rejects what another allows", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...runbookPgHba], { minLength: 9 }), (list) => {
        assert.equal(gravest(checkPgHba(list)), "ok");
      }),
    );
  });
});

describe("a live list and the required one", () => {
  faultTest(27, "are the same with different spaces and comments", () => {
    assert(
      isInPlace(
        runbookPgHba.map((line) => line.replaceAll(/ +/g, "\t")),
        ["# ours", ...runbookPgHba, ""],
      ),
    );
  });

  faultTest(27, "differ after the Harbor operator has restored its own, or in another order", () => {
    assert(!isInPlace(harborOperatorPgHba, runbookPgHba));
    assert(!isInPlace(runbookPgHba.toReversed(), runbookPgHba));
  });

  faultTest(27, "name the lines added by hand that would be dropped", () => {
    assert.deepEqual(droppedLines([...harborOperatorPgHba, "host all ops 10.1.0.0/16  md5"], runbookPgHba), [
      "host all ops 10.1.0.0/16 md5",
    ]);
    assert.deepEqual(droppedLines(harborOperatorPgHba, requiredPgHba(["host all ops 10.1.0.0/16 md5"])), []);
  });

  it("name the role of the pam line", () => {
    assert.deepEqual(pamRoles(runbookPgHba), ["zalandos"]);
  });
});

import assert from "node:assert/strict";
import { duration } from "../../../../../domain/duration.ts";
import { proofChecks, statusOf, verdictOf } from "../../../../../domain/restore/proof/checks.ts";
import { judgeData } from "../../../../../domain/restore/proof/data.ts";
import { judgeHarbor } from "../../../../../domain/restore/proof/harbor.ts";
import { judgeIdentity, judgeTimeline, timelineOfBackup } from "../../../../../domain/restore/proof/identity.ts";
import {
  indexesSql,
  judgeIndexes,
  readIndexes,
  type IndexesAnswer,
} from "../../../../../domain/restore/proof/indexes.ts";
import { judgeLogins, type LoginAnswer } from "../../../../../domain/restore/proof/logins.ts";
import { judgeMembers, type MembersFacts } from "../../../../../domain/restore/proof/members.ts";
import { judgeArchived, judgeFirstBackup, judgeOwnPlace } from "../../../../../domain/restore/proof/own-backups.ts";
import { lastReplayedCommit, measuresOf, phasesOf } from "../../../../../domain/restore/proof/phases.ts";
import { expectedQuerySchema } from "../../../../../domain/restore/proof/request.ts";
import type { Finding } from "../../../../../domain/finding.ts";
import { faultTest } from "../../../../support/fault-test.ts";

const codes = ({ findings }: { findings: readonly Finding[] }): string[] => findings.map(({ code }) => code);
const backup = { name: "base_000000020000000000000005", systemIdentifier: "7001" };

describe("the verdict of a proof", () => {
  it("is proven only when every check is there, and none failed or is unknown", () => {
    const all = proofChecks.map((check) => ({ check, status: "ok" as const }));
    assert.equal(verdictOf(all), "proven");
    assert.equal(verdictOf(all.slice(1)), "unknown");
    assert.equal(verdictOf([{ check: "identity", status: "unknown" }, ...all.slice(1)]), "unknown");
    assert.equal(verdictOf([{ check: "identity", status: "not-checked" }, ...all.slice(1)]), "proven");
    assert.equal(
      verdictOf([
        { check: "identity", status: "failed" },
        { check: "data", status: "unknown" },
      ]),
      "failed",
    );
  });

  it("is never drawn from a check that found nothing", () => {
    assert.throws(() => statusOf([]), TypeError);
  });
});

describe("the identity of a restored database", () => {
  faultTest(30, "is refused for a database that initdb has created", () => {
    assert.deepEqual(codes(judgeIdentity("Pod", "9999", { backup, declared: undefined })), [
      "restored-identity-different",
    ]);
  });

  it("is that of the backup, and a declared one counts only where the backup has none", () => {
    const old = { ...backup, systemIdentifier: null };
    assert.deepEqual(codes(judgeIdentity("Pod", "7001", { backup, declared: undefined })), ["restored-identity-same"]);
    assert.deepEqual(codes(judgeIdentity("Pod", "7001", { backup: old, declared: "7001" })), [
      "restored-identity-same",
    ]);
    assert.deepEqual(codes(judgeIdentity("Pod", "9999", { backup, declared: "9999" })), [
      "restored-identity-different",
    ]);
  });

  it("is unknown, and never okay, when nothing names the lost database", () => {
    const unknown = ["restored-identity-unknown"];
    assert.deepEqual(codes(judgeIdentity("Pod", "7001", { backup: undefined, declared: undefined })), unknown);
    const old = { ...backup, systemIdentifier: null };
    assert.deepEqual(codes(judgeIdentity("Pod", "7001", { backup: old, declared: undefined })), unknown);
  });

  it("includes a timeline after that of the backup, out of recovery", () => {
    const judged = (timeline: number, inRecovery: boolean, of?: number): string[] =>
      codes(judgeTimeline("Pod", { timeline, inRecovery }, of));
    assert.deepEqual(judged(3, false, 2), ["restored-timeline-newer"]);
    assert.deepEqual(judged(2, false, 2), ["restored-timeline-old"]);
    assert.deepEqual(judged(3, true, 2), ["restored-in-recovery"]);
    assert.deepEqual(judged(3, false), ["restored-timeline-unknown"]);
    assert.deepEqual([timelineOfBackup(backup.name), timelineOfBackup("other")], [2, undefined]);
  });
});

describe("the members of a restored database", () => {
  const member = (name: string, role = "Replica", state = "streaming", timeline = 2) => ({
    name,
    role,
    state,
    timeline,
  });
  const leader = member("db-0", "Leader", "running");
  const judged = (changes: Partial<MembersFacts>): string[] =>
    codes(
      judgeMembers("Pod", {
        leader: "db-0",
        members: [leader, member("db-1")],
        replicas: 1,
        streaming: ["db-1"],
        ...changes,
      }),
    );

  it("are a leader, and replicas that stream from it by both words", () => {
    assert.deepEqual(judged({}), ["restored-members-streaming"]);
    assert.deepEqual(judged({ members: [leader, member("db-1", "Replica", "running")] }), [
      "restored-members-streaming",
    ]);
    assert.deepEqual(judged({ members: [leader], replicas: 0, streaming: [] }), ["restored-members-streaming"]);
  });

  faultTest(29, "are refused when a replica is missing, does not stream, or is on another timeline", () => {
    assert.deepEqual(judged({ members: [leader] }), ["restored-replica-missing"]);
    assert.deepEqual(judged({ streaming: [] }), ["restored-replica-not-streaming"]);
    assert.deepEqual(judged({ members: [leader, member("db-1", "Replica", "start failed")] }), [
      "restored-replica-not-streaming",
    ]);
    assert.deepEqual(judged({ members: [leader, member("db-1", "Replica", "streaming", 1)] }), [
      "restored-replica-not-streaming",
    ]);
  });

  it("are refused without exactly one leader, and unknown during a switchover", () => {
    assert.deepEqual(judged({ members: [], replicas: 0 }), ["restored-leader-missing"]);
    const both = [leader, member("db-1", "Leader", "running")];
    assert.deepEqual(judged({ members: both, replicas: 0 }), ["restored-leader-missing"]);
    assert.deepEqual(judged({ leader: "db-1", members: [leader], replicas: 0 }), ["restored-members-unknown"]);
  });
});

describe("the rows of a restored database", () => {
  const judged = (query: object, answer: { text: string } | { failed: string }): string[] => {
    const parsed = expectedQuerySchema.parse({ database: "core", sql: "select …", ...query });
    return codes(judgeData("Pod", { databases: [], queries: [parsed] }, ["core"], [{ query: parsed, answer }]));
  };

  it("are compared as text, as a number, or with none", () => {
    assert.deepEqual(judged({ equals: "a|b" }, { text: "a|b" }), ["restored-data-as-expected"]);
    assert.deepEqual(judged({ equals: "3" }, { text: "3.0" }), ["restored-data-different"]);
    assert.deepEqual(judged({ atLeast: 3 }, { text: "3" }), ["restored-data-as-expected"]);
    assert.deepEqual(judged({ atLeast: 3 }, { text: "2" }), ["restored-data-different"]);
    assert.deepEqual(judged({ empty: true }, { text: "" }), ["restored-data-as-expected"]);
    assert.deepEqual(judged({ empty: true }, { text: "1" }), ["restored-data-different"]);
  });

  it("are not there when a number is asked for and something else comes", () => {
    for (const text of ["", "many", "5\n6", "NaN", " 5"])
      assert.deepEqual(judged({ atLeast: 0 }, { text }), ["restored-data-different"], JSON.stringify(text));
  });

  it("are unknown when the query failed, and not compared when none is named", () => {
    assert.deepEqual(judged({ atLeast: 1 }, { failed: 'relation "x" does not exist' }), ["restored-data-unread"]);
    assert.deepEqual(codes(judgeData("Pod", { databases: [], queries: [] }, [], [])), ["restored-data-not-compared"]);
  });

  faultTest(30, "are refused when a database is missing", () => {
    const judgedDatabases = judgeData("Pod", { databases: ["core", "notary"], queries: [] }, ["core", "postgres"], []);
    assert.deepEqual(codes(judgedDatabases), ["restored-database-missing"]);
    assert.match(judgedDatabases.findings[0]?.what ?? "", /notary/);
  });

  it("are asked for in exactly one way", () => {
    for (const query of [{}, { equals: "1", atLeast: 1 }, { equals: "1", empty: true }])
      assert.equal(expectedQuerySchema.safeParse({ database: "d", sql: "s", ...query }).success, false);
  });
});

describe("the indexes of a restored database", () => {
  const judged = (answer: IndexesAnswer, mode: "always" | "if-installed" | "never" = "if-installed"): string[] =>
    codes(judgeIndexes("Pod", mode, mode === "never" ? [] : [{ database: "core", answer }]));

  it("are sound, not checked, or unknown where the check was demanded", () => {
    assert.deepEqual(judged({ indexes: "sound", count: 7 }), ["restored-indexes-sound"]);
    assert.deepEqual(judged({ indexes: "not-installed" }), ["restored-indexes-not-checked"]);
    assert.deepEqual(judged({ indexes: "not-available" }), ["restored-indexes-not-checked"]);
    assert.deepEqual(judged({ indexes: "not-available" }, "always"), ["restored-indexes-unknown"]);
    assert.deepEqual(judged({ indexes: "unread", message: "canceled" }), ["restored-indexes-unknown"]);
    assert.deepEqual(judged({ indexes: "sound", count: 7 }, "never"), ["restored-indexes-not-checked"]);
  });

  faultTest(102, "are damaged only by PostgreSQL's codes for damage; any other error proves nothing", () => {
    const failed = 'item order invariant violated for index "i"';
    assert.deepEqual(readIndexes({ failed, sqlState: "XX002" }), { indexes: "damaged", message: failed });
    assert.deepEqual(readIndexes({ failed, sqlState: "XX001" }), { indexes: "damaged", message: failed });
    assert.deepEqual(readIndexes({ failed: "canceled", sqlState: "57014" }), {
      indexes: "unread",
      message: "canceled",
    });
    assert.deepEqual(readIndexes({ text: "12" }), { indexes: "sound", count: 12 });
    assert.equal(readIndexes({ text: "" }).indexes, "unread");
    assert.deepEqual(judged({ indexes: "damaged", message: failed }), ["restored-index-damaged"]);
  });

  it("are read by the extension where it is, and it is created only when it is not", () => {
    assert.doesNotMatch(indexesSql('"My schema"'), /create/);
    assert.match(indexesSql('"My schema"'), /"My schema"\.bt_index_check/);
    assert.match(indexesSql(""), /create extension amcheck/);
  });
});

describe("the passwords of a restored database", () => {
  const judged = (answer: LoginAnswer): string[] =>
    codes(judgeLogins("Pod", [{ role: "standby", secret: "standby.db.credentials", answer }]));

  faultTest(29, "are refused when the database refuses one", () => {
    assert.deepEqual(judged({ login: "refused", message: "password authentication failed" }), [
      "restored-password-refused",
    ]);
    assert.deepEqual(judged({ login: "accepted" }), ["restored-passwords-work"]);
  });

  it("prove nothing where any password is accepted", () => {
    assert.deepEqual(judged({ login: "any-accepted" }), ["restored-password-untried"]);
    assert.deepEqual(judged({ login: "unknown", message: "timeout" }), ["restored-password-untried"]);
  });
});

describe("the new backups of a restored database", () => {
  const place = { bucket: "bkt", prefix: "spilo/db/new/wal/12" };
  const limit = duration("5m");

  faultTest(103, "are refused when a segment does not arrive, and unknown when S3 cannot be read", () => {
    const judged = (answer: Parameters<typeof judgeArchived>[2]): string[] =>
      codes(judgeArchived(place, "000000020000000000000006", answer, limit));
    assert.deepEqual(judged({ archived: "there", key: "k" }), ["restored-wal-archived"]);
    assert.deepEqual(judged({ archived: "missing", archiver: "off" }), ["restored-wal-not-archived"]);
    assert.deepEqual(judged({ archived: "unknown", message: "denied" }), ["restored-store-unknown"]);
  });

  faultTest(103, "are refused without a finished base backup", () => {
    assert.deepEqual(codes(judgeFirstBackup(place, { backup: "missing", unfinished: ["base_1"] }, limit)), [
      "restored-backup-missing",
    ]);
    assert.deepEqual(codes(judgeFirstBackup(place, { backup: "unknown", message: "denied" }, limit)), [
      "restored-store-unknown",
    ]);
  });

  it("are refused in the place of the restored ones", () => {
    assert.equal(judgeOwnPlace(place, { bucket: "bkt", prefix: "spilo/db/old/wal/12" }), undefined);
    assert.equal(judgeOwnPlace(place, undefined), undefined);
    assert.deepEqual(codes(judgeOwnPlace(place, place) ?? assert.fail()), ["own-place-overlaps"]);
  });
});

describe("Harbor on a restored database", () => {
  const healthy = { status: 200, body: '{"status":"healthy","components":[{"name":"database","status":"healthy"}]}' };
  const projects = { status: 200, body: "[]" };
  const judged = (changes: Partial<Parameters<typeof judgeHarbor>[0]>): ReturnType<typeof judgeHarbor> =>
    judgeHarbor({ url: "https://harbor", health: healthy, projects, ...changes });

  it("is healthy and lists its projects", () => {
    assert.deepEqual(codes(judged({})), ["restored-harbor-answers"]);
  });

  faultTest(104, "is refused when a component is ill, or the projects cannot be read", () => {
    const ill =
      '{"status":"unhealthy","components":[{"name":"database","status":"unhealthy"},{"name":"core","status":"healthy"}]}';
    const found = judged({ health: { status: 200, body: ill } });
    assert.deepEqual(codes(found), ["restored-harbor-unhealthy"]);
    assert.match(found.findings[0]?.what ?? "", /unhealthy: database$/);
    for (const answer of [{ status: 500, body: "" }, { status: 200, body: "<html>" }, { failed: "cut" }])
      assert.deepEqual(codes(judged({ projects: answer })), ["restored-harbor-unhealthy"]);
    assert.deepEqual(codes(judged({ health: { status: 502, body: "<html>" } })), ["restored-harbor-unhealthy"]);
  });

  it("is unknown when it does not answer", () => {
    assert.deepEqual(codes(judged({ health: { failed: "ENOTFOUND" } })), ["restored-harbor-unknown"]);
  });
});

describe("the times of a restore", () => {
  it("are the moments that are known, in order", () => {
    const moments = [
      { phase: "b", at: 3000 },
      { phase: "unknown", at: undefined },
      { phase: "a", at: 1000 },
    ];
    assert.deepEqual(phasesOf(moments), [
      { phase: "a", at: "1970-01-01T00:00:01.000Z", seconds: null },
      { phase: "b", at: "1970-01-01T00:00:03.000Z", seconds: 2 },
    ]);
  });

  it("say how much was lost only when both moments are known", () => {
    const [newestCommit, lostAt, since, now] = [1_000_000, 1_030_000, 2_000_000, 2_090_000];
    assert.deepEqual(measuresOf({ newestCommit, lostAt, since, now }), {
      rpo: { newestCommit: "1970-01-01T00:16:40.000Z", lostSeconds: 30 },
      rto: { seconds: 90 },
    });
    assert.deepEqual(measuresOf({ newestCommit: undefined, lostAt, since: undefined, now }), {
      rpo: { newestCommit: null, lostSeconds: null },
      rto: { seconds: null },
    });
  });

  it("take the newest commit from the log of the recovery that chose the restored timeline", () => {
    const log = [
      "last completed transaction was at log time 2026-11-20 08:00:00.123456+00",
      "selected new timeline ID: 2",
      "last completed transaction was at log time 2026-11-21 10:30:00+01",
      "selected new timeline ID: 3",
      "selected new timeline ID: 4",
    ].join("\n");
    assert.equal(lastReplayedCommit(log, 2), Date.parse("2026-11-20T08:00:00.123Z"));
    assert.equal(lastReplayedCommit(log, 3), Date.parse("2026-11-21T09:30:00Z"));
    assert.deepEqual([lastReplayedCommit(log, 4), lastReplayedCommit(log, 9)], [undefined, undefined]);
  });
});

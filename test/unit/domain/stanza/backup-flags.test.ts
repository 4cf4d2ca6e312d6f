import assert from "node:assert/strict";
import fc from "fast-check";
import { backupFlags } from "../../../../domain/stanza/backup-flags.ts";
import { lastDue } from "../../../../domain/stanza/backup-schedule.ts";
import { readDatabaseAnswer, type DatabaseAnswer } from "../../../../domain/stanza/database-answer.ts";
import { flagCodes } from "../../../../domain/stanza/flag-codes.ts";
import { verdictWithFlags, type Flag } from "../../../../domain/stanza/flags.ts";
import { classifyInfo } from "../../../../domain/stanza/pgbackrest-info.ts";
import { postgresClusterSchema, type PostgresCluster } from "../../../../domain/stanza/postgres-cluster.ts";
import type { OkayStatus, RepositoryBackups } from "../../../../domain/stanza/status.ts";
import { healthyDatabase } from "../../../support/fake-cluster.ts";
import { sampleOutput } from "../../../support/fixtures.ts";
import { faultTest } from "../../../support/fault-test.ts";

const now = new Date("2026-11-28T14:00:00Z");
const daily = { schedules: { full: "0 1 * * *" } };

interface Situation {
  readonly repos?: object[];
  readonly spec?: object;
  readonly statusRepos?: object[];
  readonly backups?: RepositoryBackups[];
  readonly okay?: Partial<OkayStatus>;
  readonly database?: DatabaseAnswer;
}

const full = (newest: string, name = "repo1"): RepositoryBackups => ({ name, count: 1, newest: { full: newest } });
const recent = full("2026-11-28T01:20:00.000Z");

function cluster({ repos = [{ name: "repo1", ...daily }], spec = {}, statusRepos }: Situation): PostgresCluster {
  return postgresClusterSchema.parse({
    metadata: { namespace: "calendar", name: "calendar-db", uid: "1" },
    spec: { ...spec, backups: { pgbackrest: { repos, manual: { repoName: "repo1" } } } },
    ...(statusRepos && { status: { pgbackrest: { repos: statusRepos } } }),
  });
}

function flags(situation: Situation): Flag[] {
  const { backups = [recent], okay, database = readDatabaseAnswer(healthyDatabase()) } = situation;
  const count = backups.reduce((sum, repository) => sum + repository.count, 0);
  const status: OkayStatus = { status: "okay", backups: { count, repositories: backups }, ...okay };
  return backupFlags({ context: "dev", cluster: cluster(situation), status, database, now });
}

const codes = (situation: Situation): string[] => flags(situation).map(({ code }) => code);
const archiver = (change: object): Situation => ({ database: readDatabaseAnswer(healthyDatabase(change)) });

describe("backupFlags", () => {
  it("finds nothing wrong with a recent backup and an archiver that works", () => {
    assert.deepEqual(flags({}), []);
  });

  faultTest(43, "finds a stanza without a backup, with the command that orders one from PGO", () => {
    const [flag] = flags({ backups: [{ name: "repo1", count: 0, newest: {} }] });
    assert.equal(flag?.code, "no-backup");
    assert.match(flag.detail, /stanza created, no backup in repo1 yet/);
    assert.equal(
      flag.command,
      `kubectl --context dev -n calendar annotate postgresclusters.postgres-operator.crunchydata.com calendar-db postgres-operator.crunchydata.com/pgbackrest-backup="$(date -u +%FT%TZ)" --overwrite`,
    );
  });

  faultTest(43, "names the repository that has none, and makes PGO's manual backups go there", () => {
    const repos = [{ name: "repo1", ...daily }, { name: "repo2" }];
    const [flag] = flags({ repos, backups: [recent, { name: "repo2", count: 0, newest: {} }] });
    assert.match(flag?.detail ?? "", /no backup in repo2/);
    assert.match(
      flag?.command ?? "",
      /^kubectl --context dev -n calendar patch \S+ calendar-db --type merge -p '{"spec":{"backups":{"pgbackrest":{"manual":{"repoName":"repo2"}}}}}' && kubectl .* annotate /,
    );
  });

  faultTest(43, "finds a backup older than its schedule allows, after twelve hours of grace", () => {
    // Due on the 28th at 01:00, thirteen hours ago.
    const [flag] = flags({ backups: [full("2026-11-27T01:20:00.000Z")] });
    assert.equal(flag?.code, "backup-old");
    assert.match(flag.detail, /newest 2026-11-27T01:20.*full backup of repo1 was due 2026-11-28T01:00:00\.000Z \(0 1/);
    assert.match(flag.command ?? "", /annotate/);
    // Due eleven hours ago: it may still be running.
    const late = [{ name: "repo1", schedules: { full: "0 3 * * *" } }];
    assert.deepEqual(flags({ repos: late, backups: [full("2026-11-27T03:20:00.000Z")] }), []);
    assert.deepEqual(codes({ backups: [full("2020-01-01T00:00:00.000Z")] }), ["backup-old"]);
  });

  faultTest(
    43,
    "judges each type of schedule: a full backup serves for all, but no other serves for a full one",
    () => {
      const repos = [{ name: "repo1", schedules: { full: "0 1 * * 0", incremental: "0 1 * * *" } }];
      const of = (newest: RepositoryBackups["newest"]): string[] =>
        codes({ repos, backups: [{ name: "repo1", count: 9, newest }] });
      assert.deepEqual(of({ full: "2026-11-22T02:00:00.000Z", incremental: "2026-11-28T01:10:00.000Z" }), []);
      assert.deepEqual(of({ full: "2026-11-28T02:00:00.000Z" }), []);
      assert.deepEqual(of({ full: "2026-11-22T02:00:00.000Z" }), ["backup-old"]);
      assert.deepEqual(of({ full: "2026-11-15T02:00:00.000Z", incremental: "2026-11-28T01:10:00.000Z" }), [
        "backup-old",
      ]);
      const differential = [{ name: "repo1", schedules: { differential: "0 1 * * *" } }];
      const incrementalOnly = { incremental: "2026-11-28T01:10:00.000Z", differential: "2026-11-20T01:10:00.000Z" };
      assert.deepEqual(
        codes({ repos: differential, backups: [{ name: "repo1", count: 9, newest: incrementalOnly }] }),
        ["backup-old"],
      );
    },
  );

  faultTest(43, "finds a cluster without a schedule, and one whose schedule cannot be read", () => {
    assert.deepEqual(codes({ repos: [{ name: "repo1" }] }), ["no-schedule"]);
    assert.deepEqual(codes({ repos: [{ name: "repo1", schedules: {} }] }), ["no-schedule"]);
    for (const schedule of ["every night", "61 1 * * *", "0 0 31 2 *"])
      assert.deepEqual(codes({ repos: [{ name: "repo1", schedules: { full: schedule } }] }), ["schedule-unreadable"]);
  });

  faultTest(44, "finds a declared repository that pgBackRest does not know, and says when PGO is paused", () => {
    const repos = [
      { name: "repo1", ...daily },
      { name: "repo2", s3: {} },
    ];
    const [flag] = flags({ repos, spec: { paused: true } });
    assert.equal(flag?.code, "repository-missing");
    assert.match(flag.detail, /^repo2 is declared, but pgBackRest on the instance does not know it \(spec\.paused/);
  });

  faultTest(44, "finds a declared repository that PGO's status does not name", () => {
    const repos = [{ name: "repo1", ...daily }, { name: "repo2" }];
    const backups = [recent, full("2026-11-28T01:20:00.000Z", "repo2")];
    const [flag] = flags({ repos, backups, statusRepos: [{ name: "repo1" }] });
    assert.match(flag?.detail ?? "", /^repo2 is declared, but PGO's status does not name it$/);
    assert.deepEqual(flags({ repos, backups, statusRepos: [{ name: "repo1" }, { name: "repo2" }] }), []);
    assert.deepEqual(flags({ repos, backups }), [], "without a status there is nothing to compare with");
  });

  faultTest(127, "finds backups that cannot be restored, with the command that orders a new one", () => {
    const unusable = { count: 7, first: ["20261101-010000F: its WAL is missing"] };
    const [flag] = flags({ backups: [{ ...recent, unusable }] });
    assert.equal(flag?.code, "backup-unusable");
    assert.equal(flag.detail, "repo1: 20261101-010000F: its WAL is missing; and 6 more");
    assert.match(flag.command ?? "", /annotate/);
  });

  faultTest(128, "finds WAL that Postgres has archived and that one of the repositories does not hold", () => {
    const wal = (max: string | null) => ({ min: max, max });
    const backups = [
      { ...recent, wal: wal("000000010000000000000010") },
      { ...full("2026-11-28T01:20:00.000Z", "repo2"), wal: wal("00000001000000000000000A") },
      { ...full("2026-11-28T01:20:00.000Z", "repo3"), wal: wal(null) },
      full("2026-11-28T01:20:00.000Z", "repo4"),
    ];
    const repos = backups.map(({ name }) => ({ name, ...daily }));
    const [flag, ...others] = flags({ backups, repos });
    assert.deepEqual(others, []);
    assert.equal(flag?.code, "wal-missing");
    assert.equal(
      flag.detail,
      "Postgres reports that it archived 000000010000000000000010 at 2026-11-21T00:59:00Z, but repo2 holds nothing newer than 00000001000000000000000A; repo3 holds no WAL",
    );
  });

  faultTest(129, "finds a backup with damaged pages", () => {
    const [flag] = flags({ backups: [{ ...recent, damaged: { count: 1, first: ["20261128-010000F"] } }] });
    assert.deepEqual(flag, {
      code: "backup-damaged",
      detail: "repo1: pages with a wrong checksum in 20261128-010000F",
    });
  });

  faultTest(45, "finds an archiver that is off, or whose command does not run pgBackRest", () => {
    assert.deepEqual(codes(archiver({ archiveMode: "off" })), ["archiving-off"]);
    assert.deepEqual(codes(archiver({ archivesWithPgbackrest: false })), ["archiving-off"]);
    assert.deepEqual(codes(archiver({ archiveMode: "always" })), []);
  });

  faultTest(45, "finds an archiver whose last attempt failed, and forgives a failure before the last success", () => {
    const failed = { failedCount: 7, lastFailed: "2026-11-28T13:00:00Z" };
    const [flag] = flags(archiver({ ...failed, lastArchived: "2026-11-28T12:00:00Z" }));
    assert.equal(flag?.code, "archiver-failing");
    assert.equal(flag.detail, "7 failures, the last 2026-11-28T13:00:00Z; last archived 2026-11-28T12:00:00Z");
    assert.match(flags(archiver({ ...failed, lastArchived: null }))[0]?.detail ?? "", /never archived anything/);
    assert.deepEqual(flags(archiver({ ...failed, lastArchived: "2026-11-28T13:00:01Z" })), []);
  });

  faultTest(45, "finds WAL that waits for an archiver that reports no failure", () => {
    const [flag] = flags(archiver({ oldestWaitingSeconds: 3600, lastArchived: null }));
    assert.equal(flag?.code, "archiver-stalled");
    assert.match(flag.detail, /waited for the archiver for 60 min; nothing was ever archived/);
    assert.deepEqual(codes(archiver({ oldestWaitingSeconds: 1801 })), ["archiver-stalled"]);
    assert.deepEqual(flags(archiver({ oldestWaitingSeconds: 1800 })), []);
  });

  faultTest(45, "does not know the archiver when the database did not answer, or only a replica was asked", () => {
    assert.deepEqual(codes({ database: { unknown: "psql: error" } }), ["archiver-unknown"]);
    assert.deepEqual(codes(archiver({ inRecovery: true })), ["archiver-unknown"]);
  });

  faultTest(48, "finds a stanza that belonged to another database of the same version before", () => {
    const [flag] = flags({ okay: { systemIdentifier: "7002", earlierIdentifiers: ["7001"] } });
    assert.equal(flag?.code, "several-identifiers");
    assert.match(flag.detail, /belonged to system identifier 7001 before 7002/);
  });

  it("puts the most important flag first, and never reports one twice", () => {
    const found = codes({
      repos: [{ name: "repo1" }, { name: "repo2" }],
      backups: [{ name: "repo1", count: 0, newest: {} }],
      database: { unknown: "down" },
      okay: { earlierIdentifiers: ["1"], systemIdentifier: "2" },
    });
    assert.deepEqual(found, [
      "no-backup",
      "repository-missing",
      "several-identifiers",
      "no-schedule",
      "archiver-unknown",
    ]);
  });

  it("quotes a context for the shell", () => {
    const of = (context: string): string => {
      const status: OkayStatus = {
        status: "okay",
        backups: { count: 0, repositories: [{ name: "repo1", count: 0, newest: {} }] },
      };
      const database = readDatabaseAnswer(healthyDatabase());
      return backupFlags({ context, cluster: cluster({}), status, database, now })[0]?.command ?? "";
    };
    assert.match(of("it's; rm"), /--context 'it'\\''s; rm' -n/);
    assert.match(of("arn:aws:eks:eu-west-2:1:cluster/dev"), /--context arn:aws:eks:eu-west-2:1:cluster\/dev -n/);
  });
});

describe("verdictWithFlags", () => {
  const okay: OkayStatus = { status: "okay", backups: { count: 1 } };

  it("is a finding with any flag, undetermined with unknown ones only, and okay with allowed ones only", () => {
    for (const code of flagCodes) {
      const unknown = code === "archiver-unknown" || code === "schedule-unreadable";
      assert.equal(verdictWithFlags(okay, [{ code, detail: "" }]), unknown ? "undetermined" : "finding");
      assert.equal(verdictWithFlags(okay, [{ code, detail: "", allowed: true }]), "okay");
    }
    const both: Flag[] = [
      { code: "archiver-unknown", detail: "" },
      { code: "no-schedule", detail: "" },
    ];
    assert.equal(verdictWithFlags(okay, both), "finding");
  });
});

describe("lastDue", () => {
  const due = (schedule: string): string | undefined => lastDue(schedule, now)?.toISOString();

  it("reads what Kubernetes takes as a schedule, in UTC", () => {
    assert.equal(due("0 1 * * *"), "2026-11-28T01:00:00.000Z");
    assert.equal(due("@daily"), "2026-11-28T00:00:00.000Z");
    assert.equal(due("0 1 * * 0"), "2026-11-22T01:00:00.000Z");
    assert.equal(due("0 1 * * 1-5"), "2026-11-27T01:00:00.000Z");
    assert.equal(due("5/15 * * * *"), "2026-11-28T13:50:00.000Z");
    assert.equal(due("0 1 ? * MON"), "2026-11-23T01:00:00.000Z");
    assert.equal(due("* * * * * *"), undefined, "Kubernetes knows no seconds");
  });

  it("is never after the moment, for any daily schedule", () => {
    fc.assert(
      fc.property(fc.nat(59), fc.nat(23), (minute, hour) => {
        const found = lastDue(`${minute} ${hour} * * *`, now);
        assert(found !== undefined && found < now && now.getTime() - found.getTime() <= 86_400_000);
      }),
    );
  });
});

describe("the backups in pgBackRest's report", () => {
  faultTest(4, "belong to their own repository: those of one do not stand for the other", () => {
    const status = { code: 0, message: "ok" };
    const repo = [1, 2].map((key) => ({ key, status }));
    const backup = (key: number, stop: number): object => ({
      database: { id: 1, "repo-key": key },
      timestamp: { stop },
      type: "full",
    });
    const of = (...backups: object[]): unknown => {
      const report = JSON.stringify([{ name: "db", status, repo, db: [], backup: backups }]);
      const found = classifyInfo(report, { stanza: "db", repositories: [], systemIdentifier: undefined });
      assert(found.status === "okay");
      return found.backups.repositories?.map(({ name, count, newest }) => [name, count, newest.full]);
    };
    assert.deepEqual(of(backup(2, 86_400), backup(2, 0)), [
      ["repo1", 0, undefined],
      ["repo2", 2, "1970-01-02T00:00:00.000Z"],
    ]);
  });

  it("are counted and dated by repository and type", () => {
    const expected = { stanza: "db", repositories: ["repo1"], systemIdentifier: undefined };
    const found = classifyInfo(sampleOutput("info-11-ok-json"), expected);
    assert(found.status === "okay");
    const counted = found.backups.repositories?.map(({ name, count, newest }) => ({ name, count, newest }));
    assert.deepEqual(counted, [{ name: "repo1", count: 1, newest: { full: "2026-11-20T21:42:17.000Z" } }]);
  });
});

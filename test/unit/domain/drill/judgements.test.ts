import assert from "node:assert/strict";
import fc from "fast-check";
import { drillChecks, drillVerdict, inOrder } from "../../../../domain/drill/checks.ts";
import { judgeClone, startSchema, whyNotStarted } from "../../../../domain/drill/clone.ts";
import { judgeDumps, readDump } from "../../../../domain/drill/dumps.ts";
import { judgePlan, judgeRemoval } from "../../../../domain/drill/frame.ts";
import { judgeIsolation } from "../../../../domain/drill/isolation.ts";
import { sourceFromEnvironment } from "../../../../domain/drill/source.ts";
import { judgeRpo, judgeRto, rpoSeconds } from "../../../../domain/drill/targets.ts";
import { volumeSize } from "../../../../domain/drill/volume.ts";
import { duration } from "../../../../domain/duration.ts";
import { findingsAt, type Finding } from "../../../../domain/finding.ts";
import type { ContainerVariable } from "../../../../domain/kubernetes/container.ts";
import { faultTest } from "../../../support/fault-test.ts";

const codes = ({ findings }: { findings: readonly Finding[] }): string[] => findings.map(({ code }) => code);
const gibibyte = 1024 ** 3;

describe("the verdict of a drill", () => {
  const all = drillChecks.map((check) => ({ check, status: "ok" as const }));

  it("is proven only when every check was made, and none failed or is unknown", () => {
    assert.equal(drillVerdict(all), "proven");
    assert.equal(drillVerdict(all.filter(({ check }) => check !== "ledger")), "proven");
    for (const { check } of all.filter((one) => one.check !== "ledger")) {
      const others = all.filter((one) => one.check !== check);
      assert.equal(drillVerdict(others), "unknown", check);
      assert.equal(drillVerdict([...others, { check, status: "unknown" }]), "unknown", check);
      assert.equal(drillVerdict([...others, { check, status: "warning" }]), "proven", check);
      assert.equal(drillVerdict([...others.slice(1), { check, status: "failed" }]), "failed", check);
    }
    const unwritten = [
      ...all.filter(({ check }) => check !== "ledger"),
      { check: "ledger", status: "unknown" } as const,
    ];
    assert.equal(drillVerdict(unwritten), "unknown");
  });

  it("lists the checks in one order, whichever ended first", () => {
    assert.deepEqual(inOrder(all.toReversed()), all);
  });
});

describe("the isolation of a drill's clone", () => {
  const archiving = (archiveMode: string, archiveCommand: string): string =>
    JSON.stringify({ archiveMode, archiveCommand });

  faultTest(171, "is refused as soon as there is a way to write backups", () => {
    const push = 'envdir "/run/etc/wal-e.d/env" wal-g wal-push "%p"';
    const judged = (answer: string, ...writers: string[]) =>
      codes(judgeIsolation("Pod", { archiving: answer, writers }));
    assert.deepEqual(judged(archiving("off", push)), ["drill-isolated"]);
    assert.deepEqual(judged(archiving("on", "/bin/true")), ["drill-isolated"]);
    assert.deepEqual(judged(archiving("on", push)), ["drill-not-isolated"]);
    assert.deepEqual(judged(archiving("always", push)), ["drill-not-isolated"]);
    assert.deepEqual(judged(archiving("off", "/bin/true"), "WAL_S3_BUCKET"), ["drill-not-isolated"]);
    assert.deepEqual(judged("ERROR"), ["drill-isolation-unknown"]);
  });
});

describe("the dumps of a drill", () => {
  it("are whole when pg_dump ended with 0 and wrote something", () => {
    assert.deepEqual(readDump("exit 0\nbytes 4711\n", ""), { dump: "whole", bytes: 4711 });
    assert.deepEqual(readDump("bytes 4711\nexit 0\n", ""), { dump: "whole", bytes: 4711 });
  });

  faultTest(172, "fail with pg_dump's own error, and are unknown when its end was not seen", () => {
    const error =
      'pg_dump: error: Dumping the contents of table "t" failed: PQgetResult() failed.\npg_dump: detail: Error message from server: ERROR:  invalid page in block 3 of relation base/1/2\n';
    const failed = readDump("exit 1\nbytes 900\n", error);
    assert(failed.dump === "failed" && failed.message.includes('table "t" failed'));
    assert.equal(readDump("exit 124\nbytes 900\n", "").dump, "unread");
    assert.equal(readDump("exit 137\nbytes 900\n", "").dump, "unread");
    assert.equal(readDump("exit 0\nbytes 0\n", "").dump, "unread");
    assert.equal(readDump("bytes 900\n", "").dump, "unread");
    assert.equal(readDump("", "sh: not found").dump, "unread");
  });

  it("are judged together, the worst of them decides, and none is unknown", () => {
    const whole = { database: "core", answer: { dump: "whole", bytes: 10 } } as const;
    assert.deepEqual(codes(judgeDumps("Pod", [{ ...whole, database: undefined }, whole])), ["drill-dumps-whole"]);
    assert.match(judgeDumps("Pod", [{ ...whole, database: undefined }, whole]).found, /^roles, core: 20 bytes/);
    const failed = { database: "x", answer: { dump: "failed", message: "m" } } as const;
    const unread = { database: "y", answer: { dump: "unread", message: "m" } } as const;
    assert.deepEqual(codes(judgeDumps("Pod", [whole, failed, unread])), ["drill-dump-failed", "drill-dump-unknown"]);
    assert.deepEqual(codes(judgeDumps("Pod", [])), ["drill-dump-unknown"]);
  });
});

describe("the targets of a drill", () => {
  it("name the command that looks further, with the cluster", () => {
    const { findings } = judgeRpo("ns/db", measured(5), duration("1s"));
    assert.match(findings[0]?.fix ?? "", /postgres-recovery harbor status ns\/db$/);
  });

  const began = Date.parse("2026-11-29T01:00:00Z");
  const measured = (seconds: number) => ({ newestCommit: began - seconds * 1000, began, target: undefined });

  faultTest(176, "are met up to the second, and missed beyond it", () => {
    const hour = duration("1h");
    assert.deepEqual(codes(judgeRpo("drill", measured(3600), hour)), ["drill-rpo-met"]);
    assert.deepEqual(codes(judgeRpo("drill", measured(3600.2), hour)), ["drill-rpo-missed"]);
    assert.deepEqual(codes(judgeRto("drill", 3600, hour)), ["drill-rto-met"]);
    assert.deepEqual(codes(judgeRto("drill", 3600.1, hour)), ["drill-rto-missed"]);
  });

  faultTest(176, "are unknown when they are set and cannot be measured", () => {
    const unknown = { newestCommit: undefined, began, target: undefined };
    assert.deepEqual(codes(judgeRpo("drill", unknown, duration("1h"))), ["drill-rpo-unknown"]);
    assert.deepEqual(codes(judgeRpo("drill", unknown, undefined)), ["drill-rpo-not-checked"]);
    assert.deepEqual(codes(judgeRpo("drill", measured(5), undefined)), ["drill-rpo-not-checked"]);
    assert.deepEqual(codes(judgeRto("drill", undefined, undefined)), ["drill-rto-unknown"]);
    assert.deepEqual(codes(judgeRto("drill", 5, undefined)), ["drill-rto-not-checked"]);
  });

  it("do not measure the loss of a restore to a moment, and a commit during the drill loses nothing", () => {
    const toMoment = { ...measured(5), target: began };
    assert.deepEqual(codes(judgeRpo("drill", toMoment, duration("1s"))), ["drill-rpo-not-checked"]);
    assert.equal(rpoSeconds(toMoment), null);
    assert.equal(rpoSeconds(measured(-3)), 0);
    assert.equal(rpoSeconds(measured(5)), 5);
  });
});

describe("the clone of a drill", () => {
  faultTest(175, "says in Kubernetes' own words why it does not run", () => {
    const why = (status: object): string => whyNotStarted(startSchema.parse({ status }));
    const waiting = [{ name: "postgres", state: { waiting: { reason: "ImagePullBackOff", message: "m" } } }];
    assert.equal(why({ phase: "Pending", containerStatuses: waiting }), "ImagePullBackOff");
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available" },
    ];
    assert.equal(why({ phase: "Pending", conditions }), "Unschedulable: 0/3 nodes are available");
    assert.equal(why({ phase: "Failed", reason: "Evicted" }), "Evicted");
    assert.equal(why({ phase: "Pending" }), "its phase is Pending");
  });

  faultTest(175, "is refused when the restore fails, and unknown when that was not seen", () => {
    assert.deepEqual(codes(judgeClone("Pod", { end: "recovered", seconds: 4 })), ["drill-clone-recovered"]);
    assert.deepEqual(codes(judgeClone("Pod", { end: "failed", why: "w", next: "n" })), ["drill-clone-failed"]);
    assert.deepEqual(codes(judgeClone("Pod", { end: "not-started", why: "w" })), ["drill-pod-not-started"]);
    assert.deepEqual(codes(judgeClone("Pod", { end: "unfinished", why: "w" })), ["drill-clone-unfinished"]);
  });

  it("is not begun without a backup, and a warning about the backup is none of the clone", () => {
    const at = findingsAt("s3://b/p");
    const warned = judgePlan({ backup: null, findings: [at.warn("backup-place-ignored", "w", "f")] });
    assert.equal(warned.status, "warning");
    assert(!("status" in judgePlan({ backup: null, findings: [at.refuse("backup-missing", "w", "f")] })));
  });

  it("is gone at the end, or the report says what is left", () => {
    const of = (removal: Parameters<typeof judgeRemoval>[1]): string[] => codes(judgeRemoval("n", removal));
    assert.deepEqual(
      [of("removed"), of("never-created"), of("kept"), of("left")],
      [["drill-removed"], ["drill-removed"], ["drill-kept"], ["drill-left"]],
    );
  });
});

describe("the volume of a drill", () => {
  const name = "base_000000010000000000000003";
  const sizeOf = (dataBytes: number, lastSegment: string | null = null): number =>
    Number(/^(\d+)Gi$/.exec(volumeSize({ dataBytes, name, lastSegment }))?.[1]);

  it("holds the data, the WAL that is replayed, and what PostgreSQL needs besides", () => {
    assert.equal(sizeOf(0), 2);
    assert.equal(sizeOf(5 * gibibyte), 8);
    // 256 segments are 4 GiB; the timeline in a name does not count.
    assert.equal(sizeOf(5 * gibibyte, "000000020000000100000002"), 12);
    assert.equal(sizeOf(5 * gibibyte, "000000010000000000000001"), 8);
  });

  it("never is too small, whatever the size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), fc.integer({ min: 3, max: 255 }), (bytes, last) => {
        const segment = `0000000100000000000000${last.toString(16).toUpperCase().padStart(2, "0")}`;
        return sizeOf(bytes, segment) * gibibyte >= bytes * 1.2 + (last - 2) * 2 ** 24 + 2 * gibibyte - 1;
      }),
      { numRuns: 100 },
    );
  });
});

describe("the source of a drill without options", () => {
  const environment = (values: Record<string, string | undefined>): Map<string, ContainerVariable> => {
    const all = { WAL_S3_BUCKET: "bkt", AWS_REGION: "eu-west-2", PGVERSION: "12", ...values };
    const given = Object.entries<string | undefined>(all).filter(([, value]) => value !== undefined);
    return new Map(given.map(([name, value = ""]) => [name, { name, value }]));
  };
  const of = (values: Record<string, string | undefined>) => sourceFromEnvironment("ns", "db", environment(values));
  const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";

  it("is where the running database's Pods write", () => {
    const own = of({ WAL_BUCKET_SCOPE_PREFIX: "", WAL_BUCKET_SCOPE_SUFFIX: `/${uid}`, AWS_ENDPOINT: "http://s3:9000" });
    const store = { bucket: "bkt", region: "eu-west-2", scope: "db", postgresVersion: 12, versionInPath: true };
    assert.deepEqual(own, { ...store, endpoint: "http://s3:9000", source: { uid } });
    assert.deepEqual(of({}), { ...store, endpoint: undefined, source: { prefix: "ns-" } });
    assert.deepEqual(of({ WAL_BUCKET_SCOPE_PREFIX: "" })?.source, { prefix: "" });
  });

  it("is not guessed where the environment does not say it", () => {
    assert.equal(of({ WAL_S3_BUCKET: undefined }), undefined);
    assert.equal(of({ AWS_REGION: undefined }), undefined);
    assert.equal(of({ WALG_S3_PREFIX: "s3://bkt/x" }), undefined);
    assert.equal(of({ WAL_BUCKET_SCOPE_PREFIX: "a-", WAL_BUCKET_SCOPE_SUFFIX: `/${uid}` }), undefined);
    const referred = environment({});
    referred.set("WAL_S3_BUCKET", { name: "WAL_S3_BUCKET", valueFrom: {} });
    assert.equal(sourceFromEnvironment("ns", "db", referred), undefined);
  });
});

import assert from "node:assert/strict";
import type { FaultNumber } from "../../../faults.ts";
import { restoreSchema, targetTimeProblem } from "../../../../domain/restore/restore.ts";
import { faultTest } from "../../../support/fault-test.ts";

const restore = {
  id: "r1",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  source: { uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" },
  postgresVersion: 12,
  versionInPath: true,
  bucket: "harbor-db",
  region: "eu-west-2",
  credentials: "secret",
};

describe("a restore request", () => {
  it("is accepted when it is complete", () => {
    assert(restoreSchema.safeParse(restore).success);
    assert(restoreSchema.safeParse({ ...restore, source: { prefix: "" } }).success);
    assert(restoreSchema.safeParse({ ...restore, region: "garage", endpoint: "http://garage:3900" }).success);
  });

  const wrong: [fault: FaultNumber, what: string, change: object][] = [
    [19, "no scope", { scope: "" }],
    [19, "no bucket", { bucket: "" }],
    [20, "a scope with a slash", { scope: "a/b" }],
    [20, "a UID with a slash", { source: { uid: "/99e85b8a-3f92-4c86-8d42-5056348c1e7e" } }],
    [20, "a UID and a prefix", { source: { ...restore.source, prefix: "x-" } }],
    [20, "neither a UID nor a prefix", { source: {} }],
    [22, "a target time without an offset", { targetTime: "2026-11-21T09:30:00" }],
    [23, "no region", { region: "" }],
    [23, "an endpoint of AWS", { endpoint: "https://s3.eu-west-2.amazonaws.com" }],
    [24, "a newer PostgreSQL than Harbor's", { postgresVersion: 13 }],
  ];
  for (const [fault, what, change] of wrong) {
    faultTest(fault, `is refused with ${what}`, () => {
      assert(!restoreSchema.safeParse({ ...restore, ...change }).success);
    });
  }
});

describe("targetTimeProblem", () => {
  it("accepts what Spilo and PostgreSQL read in the same way", () => {
    for (const moment of [
      "2026-11-21T09:30:00Z",
      "2026-11-21 09:30:00+00:00",
      "2026-11-21T09:30:00.123456-05:30",
      "2024-02-29T00:00:00Z",
    ]) {
      assert.equal(targetTimeProblem(moment), undefined, moment);
    }
  });

  faultTest(22, "refuses everything else", () => {
    for (const wrong of [
      "",
      "now",
      "2026-11-21",
      "2026-11-21T09:30:00",
      "2026-11-21 09:30:00 CET",
      "2026-02-29T00:00:00Z",
      "2026-11-31T00:00:00Z",
      "2026-11-21T09:30:00.1234567Z",
      "1e3",
    ]) {
      assert.match(targetTimeProblem(wrong) ?? "accepted", /offset from UTC/, wrong);
    }
  });
});

import assert from "node:assert/strict";
import type { LookedAt } from "../../../../domain/stack/look.ts";
import { nextRun, type Known, type NextRun, type RunTarget } from "../../../../domain/stack/next-run.ts";
import type { LastRun } from "../../../../domain/stanza/last-run.ts";
import type { StanzaStatus } from "../../../../domain/stanza/status.ts";
import { faultTest } from "../../../support/fault-test.ts";

const here = "11111111-1111-4111-8111-111111111111";
const elsewhere = "22222222-2222-4222-8222-222222222222";
const uid = "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d";
const name = "calendar/calendar-db";
const at = "2026-11-21T01:00:00.000Z";
const target: RunTarget = {
  cluster: { namespace: "calendar", name: "calendar-db" },
  attempt: 1,
  repairAgain: false,
};
const common = { version: 1, context: "dev", cluster: name, startedAt: at, finishedAt: at } as const;
const good: LastRun = {
  ...common,
  uid,
  outcome: "created",
  status: { status: "okay", backups: { count: 0 } },
  operator: "confirmed",
  run: { number: 3, attempt: 1 },
  kubeSystemUid: here,
};
const error = { code: "stanza-timeout", kind: "undetermined", message: "silent", next: "repair it" } as const;
const failed: LastRun = { ...common, outcome: "failed", error, run: { number: 3, attempt: 1 }, kubeSystemUid: here };
const seen = (status: StanzaStatus, now = uid): LookedAt => ({ cluster: name, uid: now, status });
const okay = seen({ status: "okay", backups: { count: 1 } });
const lost = seen({ status: "no-stanza", repositories: ["repo1"] });

function next(known: Partial<Known>, change: Partial<RunTarget> = {}): NextRun {
  return nextRun({ ...target, ...change }, { last: good, kubeSystemUid: here, seen: okay, ...known });
}

describe("nextRun: whether a target of a stack runs again", () => {
  it("the first run is number 1, with the attempt of the settings", () => {
    assert.deepEqual(next({ last: undefined, seen: undefined }, { attempt: 2 }), { run: { number: 1, attempt: 2 } });
  });

  it("a finished target whose stanza exists keeps its run", () => {
    assert.deepEqual(next({}), { run: good.run });
  });

  it("a report from before runs were counted is of run 1, and does not run again", () => {
    assert.deepEqual(next({ last: { ...good, run: undefined, kubeSystemUid: undefined } }, { attempt: 4 }), {
      run: { number: 1, attempt: 4 },
    });
  });

  faultTest(58, "a failed run is followed by another one, with its reason", () => {
    assert.deepEqual(next({ last: failed, seen: undefined }), {
      run: { number: 4, attempt: 1 },
      why: "the last run failed (stanza-timeout)",
    });
  });

  it("another attempt runs again; so does another uid, but not a first one", () => {
    assert.deepEqual(next({}, { attempt: 2 }), { run: { number: 4, attempt: 2 }, why: "attempt is now 2" });
    assert.deepEqual(next({}, { uid: elsewhere }), { run: { number: 4, attempt: 1 }, why: "uid has changed" });
    assert.deepEqual(next({}, { uid }), { run: good.run });
    assert.deepEqual(next({ last: { ...good, uid: undefined } }, { uid }), { run: good.run });
  });

  faultTest(56, "another Kubernetes cluster runs everything again; an unknown one runs nothing", () => {
    assert.deepEqual(next({ kubeSystemUid: elsewhere }), {
      run: { number: 4, attempt: 1 },
      why: "it is another Kubernetes cluster",
    });
    assert.deepEqual(next({ kubeSystemUid: undefined }), { run: good.run });
    assert.deepEqual(next({ last: { ...good, kubeSystemUid: undefined } }), { run: good.run });
  });

  faultTest(57, "a lost stanza is refused with the way out, or repaired if the settings allow it", () => {
    const { refusal, run, why } = next({ seen: lost });
    assert.deepEqual([run, why], [good.run, undefined]);
    assert.match(
      refusal ?? "",
      /^\[stanza-lost-again\] calendar\/calendar-db: .*2026-11-21T01:00:00\.000Z[^]*\nnext: .*attempt: 2.*repairAgain: true.*pulumi up/,
    );
    assert.doesNotMatch(refusal ?? "", /recreated/);
    assert.deepEqual(next({ seen: lost }, { repairAgain: true }), {
      run: { number: 4, attempt: 1 },
      why: "its stanza was lost again",
    });
    assert.deepEqual(next({ seen: lost }, { attempt: 2 }).why, "attempt is now 2");
  });

  faultTest([11, 57], "says that the cluster was recreated when its stanza is missing", () => {
    assert.match(
      next({ seen: seen({ status: "no-stanza", repositories: ["repo1"] }, elsewhere) }).refusal ?? "",
      /the PostgresCluster was recreated since/,
    );
  });

  faultTest(59, "what could not be looked at is neither okay nor lost: the run stays, with a warning", () => {
    const unknown: LookedAt[] = [
      seen({ status: "timeout", reason: "30 s" }),
      seen({ status: "unreachable", reason: "refused" }),
      seen({ status: "no-instance", reason: "no Pod" }),
      { cluster: name, error },
    ];
    for (const each of unknown) {
      const { warning, ...rest } = next({ seen: each }, { repairAgain: true });
      assert.deepEqual(rest, { run: good.run });
      assert.match(warning ?? "", /^calendar\/calendar-db: whether its stanza still exists is unknown: /);
    }
    assert.match(next({ seen: { cluster: name, error } }).warning ?? "", /\[stanza-timeout\] silent\nnext: repair it$/);
  });

  it("a broken stanza is a warning that asks for a person", () => {
    const { warning, ...rest } = next({ seen: seen({ status: "broken", reason: "another database" }) });
    assert.deepEqual(rest, { run: good.run });
    assert.match(warning ?? "", /Broken: another database; .*a person must look/);
  });

  it("a cluster that should have no stanza now is left alone", () => {
    const status = { status: "not-applicable", because: "shut-down", reason: "spec.shutdown is true" } as const;
    assert.deepEqual(next({ seen: seen(status) }, { repairAgain: true }), { run: good.run });
  });
});

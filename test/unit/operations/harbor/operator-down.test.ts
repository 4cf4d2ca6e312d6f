import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { failureExitCode } from "../../../../cli/exit-codes.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import { steps } from "../../../../domain/steps/steps.ts";
import { lookAtPgHba } from "../../../../operations/harbor/pg-hba-fingerprint.ts";
import { applyPgHba } from "../../../../operations/harbor/pg-hba.ts";
import { rollPods } from "../../../../operations/harbor/roll.ts";
import { fingerprintSecrets } from "../../../../operations/secrets/fingerprint.ts";
import type { Surroundings } from "../../../../operations/surroundings.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeHarbor, harbor, podOf, statefulSetOf } from "../../../support/fake-harbor.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const wire = { version: 1, kubernetes: { context: "test" }, cluster: "harbor-cluster/harbor-cluster" };
const secretName = "standby.postgresql-harbor-cluster-harbor-cluster.credentials";

/** A wait of the restore, for something that an operator does. */
interface OperatorWait {
  /** What is left out while the operator is down. */
  readonly without: (database: FakeHarbor) => void;
  readonly run: (database: FakeHarbor, surroundings: Surroundings) => Promise<unknown>;
  /** The line of progress. */
  readonly says: RegExp;
  readonly code: string;
  readonly next: RegExp;
}

const roll: OperatorWait["run"] = (database, surroundings) =>
  rollPods(
    database,
    steps["harbor roll"].request.parse({ ...wire, timeLimits: { operator: "1m", pod: "1m" } }),
    surroundings,
  );

const waits: Readonly<Record<string, OperatorWait>> = {
  "the Harbor operator, before pg_hba is read": {
    without: (database) => (database.postgresql = undefined),
    run: (database, surroundings) =>
      lookAtPgHba(
        database,
        steps["harbor fingerprint"].request.parse({ ...wire, pgHba: runbookPgHba, wait: "1m" }),
        surroundings,
      ),
    says: /^waiting for the Harbor operator to create postgresql /,
    code: "postgresql-not-made",
    next: /check that the Harbor operator runs.*run this again/,
  },
  "the Harbor operator, before pg_hba is written": {
    without: (database) => (database.postgresql = undefined),
    run: (database, surroundings) =>
      applyPgHba(
        database,
        steps["harbor pg-hba"].request.parse({ ...wire, pgHba: runbookPgHba, timeLimit: "1m" }),
        surroundings,
      ),
    says: /^waiting for the Harbor operator to create postgresql /,
    code: "postgresql-not-made",
    next: /check that the Harbor operator runs.*run this again/,
  },
  "the Zalando operator, before the StatefulSet exists": {
    without: (database) => (database.statefulSet = undefined),
    run: roll,
    says: /^waiting for the Zalando operator to create the StatefulSet$/,
    code: "operator-sync-timeout",
    next: /check that it runs.*run this again/,
  },
  "the Zalando operator, while the StatefulSet has an older list": {
    without: (database) => (database.statefulSet = statefulSetOf({ hba: harborOperatorPgHba })),
    run: roll,
    says: /^waiting for the Zalando operator to copy pg_hba into the StatefulSet$/,
    code: "operator-sync-timeout",
    next: /check that it runs.*run this again/,
  },
  "the Zalando operator, in the middle of an update": {
    without: (database) => {
      if (database.postgresql !== undefined) database.postgresql.status.PostgresClusterStatus = "Updating";
    },
    run: roll,
    says: /^waiting for the Zalando operator to end its update$/,
    code: "operator-sync-timeout",
    next: /check that the Zalando operator runs.*run this again/,
  },
  "both operators, before the Secrets exist": {
    without: (database) => (database.secrets = {}),
    run: (database, surroundings) => fingerprintSecrets(database, harbor, [secretName], duration("1m"), surroundings),
    says: /^waiting for: Secret standby\./,
    code: "secrets-not-made",
    next: /check that both operators run.*run this again/,
  },
};

/** A database that is as it should be. */
function whole(): FakeHarbor {
  const database = new FakeHarbor();
  database.make(runbookPgHba);
  database.statefulSet = statefulSetOf();
  database.systemIdentifier = "7710366851552716423";
  database.pods = [podOf(0, { role: "master" })];
  database.secrets = { [`${harbor.namespace}/${secretName}`]: { type: "Opaque", data: { password: "eA==" } } };
  database.onExec = (_pod, command) => (command.includes("pg_roles") ? "1\n" : "");
  return database;
}

faultSuite(92, "an operator that is down", () => {
  for (const [which, { code, next, run, says, without }] of Object.entries(waits)) {
    it(`${which}: the step says what it waits for, and ends in time with exit code 4 and what to look at`, async () => {
      const database = whole();
      without(database);
      const surroundings = new FakeSurroundings();
      const error: unknown = await run(database, surroundings).catch((thrown: unknown) => thrown);
      assert(error instanceof RecoveryError, String(error));
      assert.equal(error.code, code);
      assert.equal(failureExitCode(error.kind), 4);
      assert.match(error.next ?? "", next);
      assert(
        surroundings.lines.some((line) => says.test(line)),
        surroundings.lines.join("\n"),
      );
      assert(surroundings.elapsed >= 60 && surroundings.elapsed < 90, `${surroundings.elapsed} s`);
    });

    it(`${which}: the step goes on when it is back`, async () => {
      const database = whole();
      const { postgresql, secrets, statefulSet } = structuredClone({
        postgresql: database.postgresql,
        secrets: database.secrets,
        statefulSet: database.statefulSet,
      });
      without(database);
      const surroundings = new FakeSurroundings();
      const sleep = async (seconds: number): Promise<void> => {
        await surroundings.sleep(seconds);
        if (surroundings.elapsed > 30) Object.assign(database, { postgresql, secrets, statefulSet });
      };
      const { now, progress, signal } = surroundings;
      await run(database, { now, progress, signal, sleep });
      assert(surroundings.lines.some((line) => says.test(line)));
      assert(surroundings.elapsed > 30);
    });
  }
});

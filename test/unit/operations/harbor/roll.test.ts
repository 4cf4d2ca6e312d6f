import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import type { ExecResult } from "../../../../clients/kubernetes/exec.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import { rollPods } from "../../../../operations/harbor/roll.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { databaseName, FakeHarbor, podOf, statefulSetOf } from "../../../support/fake-harbor.ts";
import { faultTest } from "../../../support/fault-test.ts";

const wire = { version: 1, kubernetes: { context: "test" }, cluster: "harbor-cluster/harbor-cluster" };
const clone = { CLONE_METHOD: "CLONE_WITH_WALE" };
const inRecovery =
  "pg_control version number:            1201\nDatabase cluster state:               in archive recovery\n";

interface Member {
  readonly role: "leader" | "replica" | "";
  readonly revision?: string;
  readonly env?: Record<string, string>;
}

/** A database whose deleted Pods come back from the newest template as replicas, or as the leader if alone. */
class Database extends FakeHarbor {
  readonly events: string[] = [];
  readonly surroundings = new FakeSurroundings();
  /** The answer about the control file. */
  control: () => string | ExecResult = () => "no control file\n";
  /** The answer about data that were set aside. */
  setAside: () => string | ExecResult = () => "";
  /** The answer of the leader's Postgres about who streams. */
  streaming: () => string | ExecResult = () => this.pods.map(({ metadata }) => `${metadata.name}\n`).join("");

  constructor(members: readonly Member[], bootstrapped = true) {
    super();
    this.make(runbookPgHba);
    this.statefulSet = statefulSetOf({ replicas: members.length });
    this.systemIdentifier = bootstrapped ? "7710366851552716423" : undefined;
    this.pods = members.map(({ role, revision = "old", env = {} }, number) =>
      podOf(number, { role: roleLabel(role), revision, env, ready: role !== "" }),
    );
    this.onDelete = ({ metadata }) => {
      this.events.push(`delete ${metadata.name.slice(databaseName.length + 1)}`);
      this.systemIdentifier = "7710366851552716423";
      this.pods = this.pods.map((pod, number) =>
        pod.metadata.uid === metadata.uid
          ? podOf(number, { uid: `${metadata.uid}-anew`, role: members.length === 1 ? "master" : "replica" })
          : pod,
      );
    };
    this.onExec = (_pod, command) => {
      if (command.includes("pg_roles")) return "1\n";
      if (command.includes("pg_stat_replication")) return this.streaming();
      if (command.includes("pg_control")) return this.control();
      if (command.includes("data.failed")) return this.setAside();
      const candidate = new RegExp(`switchover --candidate ${databaseName}-(\\d)`).exec(command)?.[1];
      if (candidate === undefined) throw new Error(`no answer to: ${command}`);
      this.events.push(`switchover to ${candidate}`);
      this.pods = this.pods.map((pod, number) => ({
        ...pod,
        metadata: {
          ...pod.metadata,
          labels: { ...pod.metadata.labels, "spilo-role": number === Number(candidate) ? "master" : "replica" },
        },
      }));
      return "";
    };
  }

  roll(timeLimits: { readonly operator?: string; readonly pod?: string } = {}): Promise<ReportOf<"harbor roll">> {
    return rollPods(this, steps["harbor roll"].request.parse({ ...wire, timeLimits }), this.surroundings);
  }
}

function roleLabel(role: Member["role"]): string {
  return role === "leader" ? "master" : role;
}

function recoveryError(error: unknown): RecoveryError {
  assert(error instanceof RecoveryError);
  return error;
}

describe("rollPods", () => {
  it("does nothing when every Pod is made from the newest template", async () => {
    const database = new Database([
      { role: "leader", revision: "new" },
      { role: "replica", revision: "new" },
    ]);
    const { outcome, pods, leader } = await database.roll();
    assert.deepEqual({ outcome, pods, leader }, { outcome: "already-current", pods: [], leader: `${databaseName}-0` });
    assert.deepEqual(database.events, []);
  });

  faultTest(27, "does not end before the operator has carried out a change that it noticed late", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { surroundings } = database;
    const start = surroundings.now().getTime();
    database.onRead = () => {
      const seconds = (surroundings.now().getTime() - start) / 1000;
      const resource = database.postgresql;
      if (resource) resource.status.PostgresClusterStatus = seconds > 3 && seconds < 20 ? "Updating" : "Running";
      if (seconds > 10 && seconds < 20)
        database.pods = [podOf(0, { uid: "rolled-by-the-operator", role: "master", revision: "new" })];
    };
    await database.roll();
    assert((surroundings.now().getTime() - start) / 1000 >= 28);
    assert(surroundings.lines.includes("waiting for the Zalando operator to end its update"));
  });

  it("says rolled when only one Pod was older", async () => {
    const database = new Database([{ role: "leader", revision: "new" }, { role: "replica" }]);
    assert.deepEqual(await database.roll().then(({ outcome, pods }) => [outcome, pods]), [
      "rolled",
      [`${databaseName}-1`],
    ]);
  });

  faultTest(28, "ends when the bootstrap of a current Pod fails at its end, and says why", async () => {
    const database = new Database([{ role: "", revision: "new" }], false);
    let looks = 0;
    database.setAside = () => {
      looks += 1;
      return looks < 4 ? "" : '12-1764370000\nERROR,3F000,"schema ""public"" does not exist"\n';
    };
    const error = await database.roll({ pod: "10m" }).catch(recoveryError);
    assert(error instanceof RecoveryError);
    assert.equal(error.code, "bootstrap-set-aside");
    assert.match(error.message, /-0 failed at its end.*data\.failed.*schema "public" does not exist/);
    assert.match(error.next ?? "", /restore to a time before/);
    assert.deepEqual(database.events, []);
    assert(database.surroundings.elapsed < 30, "it did not wait for the limit");
  });

  faultTest(
    28,
    "goes on waiting while the data that were set aside are those of an attempt before this Pod",
    async () => {
      const database = new Database([{ role: "", revision: "new" }], false);
      database.setAside = () => '12-1764370000\nERROR,3F000,"schema ""public"" does not exist"\n';
      const error = await database.roll({ pod: "1m" }).catch(recoveryError);
      assert(error instanceof RecoveryError);
      assert.equal(error.code, "pods-not-ready-in-time");
    },
  );

  faultTest(28, "goes on waiting while the Pod does not say whether data were set aside", async () => {
    const database = new Database([{ role: "", revision: "new" }], false);
    database.setAside = () => ({ end: "exited", code: 1, stdout: "12-1\n", stderr: "no stat" });
    const error = await database.roll({ pod: "1m" }).catch(recoveryError);
    assert(error instanceof RecoveryError);
    assert.equal(error.code, "pods-not-ready-in-time");
  });

  it("waits until the controller has seen the newest template, before which no Pod counts as current", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const template = statefulSetOf();
    const unseen = { ...template, metadata: { ...template.metadata, generation: 2 } };
    let looks = 0;
    database.getStatefulSet = () => {
      looks += 1;
      const seen = { ...unseen, status: { updateRevision: "new", observedGeneration: 2 } };
      return Promise.resolve(
        looks <= 3 ? { ...unseen, status: { updateRevision: "new", observedGeneration: 1 } } : seen,
      );
    };
    await database.roll();
    assert(
      database.surroundings.lines.includes("waiting for the Zalando operator to copy pg_hba into the StatefulSet"),
    );
    assert(looks > 4);
  });

  faultTest(27, "is not done while the template has another list than the resource", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { surroundings } = database;
    database.onRead = () => {
      const { elapsed } = surroundings;
      database.statefulSet = statefulSetOf({ hba: elapsed > 3 && elapsed < 60 ? harborOperatorPgHba : runbookPgHba });
    };
    await database.roll();
    assert(surroundings.elapsed >= 60 + 8);
  });

  it("counts the calm anew after each thing that happened in it", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { surroundings } = database;
    const { listPods } = database;
    database.listPods = () => {
      const { elapsed } = surroundings;
      database.pods = [podOf(0, { role: "master", ready: elapsed < 4 || elapsed > 7 })];
      return listPods();
    };
    await database.roll();
    assert(surroundings.elapsed >= 8 + 8, String(surroundings.elapsed));
  });

  it("takes replicas one by one, switches over, then takes the former leader", async () => {
    const database = new Database([{ role: "replica" }, { role: "leader" }, { role: "replica" }]);
    const report = await database.roll();
    assert.deepEqual(database.events, ["delete 0", "delete 2", "switchover to 0", "delete 1"]);
    assert.equal(report.leader, `${databaseName}-0`);
  });

  it("deletes no Pod while another is not ready", async () => {
    const database = new Database([{ role: "leader" }, { role: "replica" }, { role: "replica", revision: "new" }]);
    database.pods = database.pods.map((pod, number) =>
      number === 2 ? podOf(2, { role: "replica", ready: false }) : pod,
    );
    await assert.rejects(
      database.roll(),
      /timed out after 10m waiting for postgresql-harbor-cluster-harbor-cluster-2 to be ready/,
    );
    assert.deepEqual(database.events, []);
  });

  it("recreates a single Pod without a switchover", async () => {
    const database = new Database([{ role: "leader" }]);
    assert.equal((await database.roll()).outcome, "rolled");
    assert.deepEqual(database.events, ["delete 0"]);
  });

  it("recreates a single Pod that lost its leader role because pg_hba was reverted", async () => {
    const database = new Database([{ role: "replica" }]);
    await database.roll();
    assert.deepEqual(database.events, ["delete 0"]);
  });

  it("recreates a single Pod whose bootstrap just failed or whose clone is still being fetched", async () => {
    const database = new Database([{ role: "" }], false);
    database.control = () => "no control file\n";
    await database.roll();
    assert.deepEqual(database.events, ["delete 0"]);
  });

  it("recreates a single Pod whose container does not run, without running anything in it", async () => {
    const database = new Database([{ role: "" }], false);
    database.pods = [podOf(0, { revision: "old", ready: false, running: false })];
    await database.roll();
    assert.deepEqual(
      [database.events, database.commands.filter((command) => command.includes("pg_control"))],
      [["delete 0"], []],
    );
  });

  it("waits while a clone is being recovered, says so, and ends in time", async () => {
    const database = new Database([{ role: "", env: clone }], false);
    database.control = () => inRecovery;
    await assert.rejects(
      database.roll(),
      /timed out after 10m waiting for the bootstrap or clone recovery in .*-0 to end \(in archive recovery\); it is never interrupted/,
    );
    assert.deepEqual(database.events, []);
    assert.equal(database.surroundings.elapsed, 600);
  });

  it("waits between initdb and Patroni's last step, which creates the replication role", async () => {
    const database = new Database([{ role: "" }], false);
    database.control = () => inRecovery.replace("in archive recovery", "in production");
    await assert.rejects(database.roll(), /to end \(in production\)/);
    assert.deepEqual(database.events, []);
  });

  it("continues by itself after the clone's recovery", async () => {
    const database = new Database([{ role: "", env: clone }], false);
    let asked = 0;
    database.control = () => {
      asked += 1;
      if (asked === 3) database.systemIdentifier = "7710366851552716423";
      return inRecovery;
    };
    await database.roll();
    assert.deepEqual(database.events, ["delete 0"]);
  });

  it("does not read an unclear answer as no bootstrap", async () => {
    const database = new Database([{ role: "", env: clone }], false);
    database.control = () => ({ end: "exited", code: 1, stdout: "", stderr: "pg_controldata: could not read file" });
    await assert.rejects(
      database.roll(),
      /waiting for .*-0 to report the state of its bootstrap \(exit code 1: pg_controldata/,
    );
    assert.deepEqual(database.events, []);
  });

  faultTest(
    29,
    "does not report success when the replication role is missing after an interrupted bootstrap",
    async () => {
      const database = new Database([{ role: "leader", revision: "new" }]);
      database.onExec = () => "";
      await assert.rejects(database.roll(), /the replication role is missing in the database/);
      database.onExec = () => ({ end: "exited", code: 2, stdout: "", stderr: "psql: error: connection refused" });
      await assert.rejects(database.roll(), {
        code: "postgres-not-answering",
        message:
          /timed out after .* waiting for the Postgres of .*-0 to answer \(exit code 2: psql: error: connection refused\)/,
      });
    },
  );

  it("waits while the leader's Postgres restarts", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { onExec } = database;
    let restarts = 2;
    database.onExec = (pod, command) => {
      if (!command.includes("rolreplication") || restarts === 0) return onExec(pod, command);
      restarts -= 1;
      return { end: "exited", code: 2, stdout: "", stderr: "FATAL:  the database system is shutting down" };
    };
    assert.equal((await database.roll()).outcome, "already-current");
    assert.equal(restarts, 0);
  });

  it("retries a refused switchover a few times and leaves the leader as it is", async () => {
    const database = new Database([{ role: "leader" }, { role: "replica", revision: "new" }]);
    const { onExec } = database;
    database.onExec = (pod, command) =>
      command.includes("switchover")
        ? { end: "exited", code: 1, stdout: "", stderr: "Error: candidate is not healthy" }
        : onExec(pod, command);
    await assert.rejects(database.roll(), /refused 3 switchovers: exit code 1: Error: candidate is not healthy/);
    assert.deepEqual(database.deleted, []);
  });

  faultTest(85, "does not hand the lead to a replica that does not stream, and ends in time with advice", async () => {
    const database = new Database([{ role: "leader" }, { role: "replica", revision: "new" }]);
    database.pods = [podOf(0, { role: "master", revision: "old" }), podOf(1, { patroni: { state: "starting" } })];
    database.streaming = () => "pg_basebackup\n";
    const error = await database.roll().then(() => assert.fail("it was done"), recoveryError);
    assert.equal(error.code, "replica-not-streaming");
    assert.match(
      error.message,
      /: timed out after 10m waiting for postgresql-\S+-1 to stream from postgresql-\S+-0 \(Patroni says: starting\)$/,
    );
    assert.match(
      error.next ?? "",
      /`kubectl --context test -n harbor-cluster logs POD -c postgres`; .* `kubectl --context test -n harbor-cluster delete pod POD`$/,
    );
    assert.equal(database.surroundings.elapsed, 600);
    assert.deepEqual(database.events, []);
  });

  faultTest(85, "is not done while a replica does not stream, and continues when it does", async () => {
    const database = new Database([
      { role: "leader", revision: "new" },
      { role: "replica", revision: "new" },
    ]);
    database.streaming = () => (database.surroundings.elapsed < 60 ? "" : `${databaseName}-1\n`);
    await database.roll();
    assert(database.surroundings.elapsed >= 60);
    assert(database.surroundings.lines.some((line) => /waiting for \S+-1 to stream from \S+-0$/.test(line)));
  });

  faultTest(85, "asks the leader who streams, and does not take a missing answer for streaming", async () => {
    const database = new Database([{ role: "replica", revision: "new" }, { role: "leader" }]);
    database.streaming = () => ({ end: "exited", code: 2, stdout: "", stderr: "psql: error: connection refused" });
    await assert.rejects(
      database.roll(),
      /waiting for the Postgres of \S+-1 to say which replicas stream \(exit code 2: psql: error: connection refused\)/,
    );
    const asked = database.commands.filter((command) => command.includes("pg_stat_replication"));
    assert(asked.length > 0 && asked.every((command) => command.startsWith(`${databaseName}-1: sh -c `)));
    database.streaming = () => ({ end: "broken", message: "the connection was cut" });
    await assert.rejects(database.roll(), /which replicas stream \(the connection was cut\)/);
    assert.deepEqual(database.events, []);
  });

  for (const [what, members, bootstrapped] of [
    ["asked who streams", [{ role: "leader" }, { role: "replica" }], true],
    ["asked how far its bootstrap is", [{ role: "" }], false],
    ["asked for the role of replicas", [{ role: "leader", revision: "new" }], true],
  ] as const)
    faultTest(15, `ends at once when a Pod may not be ${what}`, async () => {
      const database = new Database(members, bootstrapped);
      database.onExec = () => ({ end: "refused", httpStatus: 403, message: "not allowed to create pods/exec" });
      const error = await database.roll().then(() => assert.fail("it was done"), recoveryError);
      assert.equal(error.code, "exec-forbidden");
      assert.match(error.message, /^harbor-cluster\/postgresql-\S+-0: not allowed to create pods\/exec$/);
      assert(database.surroundings.elapsed < 20);
      assert.deepEqual(database.events, []);
    });

  faultTest(86, "ends in time although its reasons to wait alternate", async () => {
    const database = new Database([
      { role: "leader", revision: "new" },
      { role: "replica", revision: "new" },
    ]);
    const { listPods } = database;
    let looks = 0;
    database.listPods = () => {
      looks += 1;
      database.pods = [
        podOf(0, { role: "master", ready: looks % 2 === 0 }),
        podOf(1, { role: "replica", ready: looks % 2 === 1 }),
      ];
      return listPods();
    };
    const error = await database.roll().then(() => assert.fail("it was done"), recoveryError);
    assert.match(error.message, /timed out after 10m waiting for \S+-[01] to be ready/);
    assert.equal(error.next, "see the Pods' logs; run this again to continue");
    assert.equal(database.surroundings.elapsed, 600);
  });

  faultTest(86, "ends in time although somebody keeps replacing a Pod that was about to be waited for", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { listPods } = database;
    database.listPods = () => {
      const uid = `uid-${Math.floor(database.surroundings.elapsed / 4)}`;
      database.pods = [podOf(0, { role: "master", uid })];
      return listPods();
    };
    await assert.rejects(database.roll(), /not done after 10 times 10m, because something keeps changing/);
    assert.equal(database.surroundings.elapsed, 6000);
  });

  faultTest(86, "ends in time although each Pod that it deletes comes back with an older template", async () => {
    const database = new Database([{ role: "leader" }]);
    let made = 0;
    database.onDelete = () => {
      made += 1;
      database.pods = [podOf(0, { role: "master", revision: "old", uid: `uid-${made}` })];
    };
    await assert.rejects(database.roll({ pod: "1m" }), /not done after 10 times 1m/);
    assert.equal(database.surroundings.elapsed, 600);
  });

  it("gives each thing that it waits for a limit of its own", async () => {
    const database = new Database([{ role: "", env: clone }], false);
    database.control = () => inRecovery;
    const { listPods } = database;
    database.listPods = () => {
      const { elapsed } = database.surroundings;
      if (elapsed > 500) database.systemIdentifier = "7710366851552716423";
      database.pods = [podOf(0, { role: elapsed > 500 ? "master" : "", ready: elapsed > 1000 })];
      if (elapsed <= 500) database.pods = [podOf(0, { revision: "old", ready: false })];
      return listPods();
    };
    await database.roll();
    assert(database.surroundings.elapsed > 1000);
  });

  faultTest(112, "recreates the Pods that have old keys, and asks every Pod by a digest with a new salt", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { onExec } = database;
    const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    const data = { AWS_ACCESS_KEY_ID: btoa("CANARY-id"), AWS_SECRET_ACCESS_KEY: btoa("CANARY-new") };
    database.secrets["harbor-cluster/pod-secret"] = { type: "Opaque", data };
    database.pods = [podOf(0, { role: "master", keys: names })];
    database.onDelete = () => {
      database.pods = [podOf(0, { role: "master", keys: names, uid: "recreated" })];
    };
    const salts = new Set<string>();
    database.onExec = (pod, command) => {
      if (!command.includes("sha256sum")) return onExec(pod, command);
      const [salt = "", ...asked] = command.split(" sh ").at(-1)?.split(" ") ?? [];
      salts.add(salt);
      assert.deepEqual(asked, names);
      const has = database.deleted.length === 0 ? "CANARY-old" : "CANARY-new";
      const text = `${salt}\nCANARY-id\n${has}\n`;
      return `${createHash("sha256").update(text).digest("hex")}\n`;
    };
    const { outcome, pods } = await database.roll();
    assert.deepEqual([outcome, pods], ["rolled", [`${databaseName}-0`]]);
    assert.deepEqual(database.surroundings.lines, [
      `deleting ${databaseName}-0: the only Pod, from before a change of its keys`,
    ]);
    assert.equal(salts.size, database.commands.filter((command) => command.includes("sha256sum")).length);
    assert.doesNotMatch(database.commands.join(), /CANARY/);
    assert.equal((await database.roll()).outcome, "already-current");
  });

  faultTest(112, "says which Pod did not show its keys, and does not delete it", async () => {
    const database = new Database([{ role: "leader", revision: "new" }]);
    const { onExec } = database;
    database.secrets["harbor-cluster/pod-secret"] = { type: "Opaque", data: { AWS_ACCESS_KEY_ID: btoa("id") } };
    database.pods = [podOf(0, { role: "master", keys: ["AWS_ACCESS_KEY_ID"] })];
    database.onExec = (pod, command) =>
      command.includes("sha256sum")
        ? { end: "exited", code: 127, stdout: "", stderr: "sh: sha256sum: not found" }
        : onExec(pod, command);
    await assert.rejects(
      database.roll({ pod: "30s" }),
      /waiting for .*-0 to show whether it has the keys of the pod Secret \(exit code 127: sh: sha256sum: not found\)/,
    );
    assert.deepEqual(database.deleted, []);
  });

  it("asks again for a switchover that Patroni refused twice, and goes on when it succeeds", async () => {
    const database = new Database([{ role: "leader" }, { role: "replica", revision: "new" }]);
    const { onExec } = database;
    let tries = 0;
    database.onExec = (pod, command) => {
      if (!command.includes("switchover")) return onExec(pod, command);
      tries += 1;
      if (tries < 3) return { end: "exited", code: 1, stdout: "", stderr: "Error: not yet" };
      return onExec(pod, command);
    };
    await database.roll();
    assert.deepEqual([tries, database.events], [3, ["switchover to 1", "delete 0"]]);
    const handing = `handing the lead from ${databaseName}-0 to ${databaseName}-1`;
    const refused = "the switchover did not succeed: exit code 1: Error: not yet";
    assert.deepEqual(database.surroundings.lines, [
      handing,
      refused,
      handing,
      refused,
      handing,
      `deleting ${databaseName}-0: a replica from an older template`,
    ]);
  });

  it("says that it gives up a switchover only after three tries", async () => {
    const database = new Database([{ role: "leader" }, { role: "replica", revision: "new" }]);
    const { onExec } = database;
    let tries = 0;
    database.onExec = (pod, command) => {
      if (!command.includes("switchover")) return onExec(pod, command);
      tries += 1;
      return { end: "exited", code: 1, stdout: "", stderr: "Error: never" };
    };
    await assert.rejects(database.roll(), /refused 3 switchovers: exit code 1: Error: never/);
    assert.equal(tries, 3);
  });

  it("names a Pod once that it deleted twice in a row", async () => {
    const database = new Database([{ role: "leader" }]);
    const { onDelete } = database;
    let deletions = 0;
    database.onDelete = (pod) => {
      deletions += 1;
      if (deletions > 1) onDelete(pod);
      else database.pods = [podOf(0, { role: "master", revision: "old", uid: "second" })];
    };
    const { pods } = await database.roll();
    assert.deepEqual([deletions, pods], [2, [`${databaseName}-0`]]);
  });

  for (const [what, lose] of [
    ["resource", (database: Database) => (database.postgresql = undefined)],
    ["StatefulSet", (database: Database) => (database.statefulSet = undefined)],
  ] as const)
    it(`is not done when the ${what} disappears meanwhile`, async () => {
      const database = new Database([{ role: "leader", revision: "new" }]);
      const { surroundings } = database;
      database.onRead = () => {
        if (surroundings.elapsed > 3) lose(database);
      };
      await assert.rejects(database.roll(), RecoveryError);
      assert(surroundings.elapsed >= 600);
    });

  it("says at once that there is no such database", async () => {
    const database = new Database([{ role: "leader" }]);
    database.postgresql = undefined;
    const error = await database.roll().then(() => assert.fail("it was done"), recoveryError);
    assert.equal(error.code, "postgresql-not-found");
    assert.equal(database.surroundings.elapsed, 0);
  });

  it("first waits until the Zalando operator has applied pg_hba, and ends in time", async () => {
    const database = new Database([{ role: "leader" }]);
    database.statefulSet = statefulSetOf({ hba: harborOperatorPgHba });
    await assert.rejects(
      database.roll(),
      /timed out after 5m waiting for the Zalando operator to copy pg_hba into the StatefulSet/,
    );
    assert.deepEqual(database.events, []);
    database.statefulSet = undefined;
    await assert.rejects(database.roll(), /waiting for the Zalando operator to create the StatefulSet/);
  });

  it("waits as long as the time limit says, also for more than a day", async () => {
    const database = new Database([{ role: "leader", env: clone }], false);
    database.control = () => inRecovery;
    await assert.rejects(database.roll({ pod: "36h" }), /timed out after 36h waiting for the bootstrap/);
    assert(database.surroundings.elapsed > 35 * 3600, `waited only ${database.surroundings.elapsed} s`);
  });

  it("deletes nothing while the operator replaces the StatefulSet, because the old Pods are unknown then", async () => {
    const database = new Database([
      { role: "leader", revision: "new" },
      { role: "replica", revision: "new" },
    ]);
    const { statefulSet, getStatefulSet } = database;
    let looks = 0;
    database.getStatefulSet = () => {
      looks += 1;
      database.statefulSet = looks === 2 || looks === 3 ? undefined : statefulSet;
      return getStatefulSet();
    };
    await database.roll();
    assert.deepEqual(database.events, []);
    assert(database.surroundings.lines.includes("waiting for the Zalando operator to recreate the StatefulSet"));
  });

  it("waits for a Pod that the operator is deleting instead of deleting a second one", async () => {
    const database = new Database([{ role: "leader" }, { role: "replica" }, { role: "replica" }]);
    const [leader, , second] = database.pods;
    const ending = podOf(1, { role: "replica", revision: "old" });
    assert(leader !== undefined && second !== undefined);
    database.pods = [
      leader,
      { ...ending, metadata: { ...ending.metadata, deletionTimestamp: "2026-11-21T01:00:00Z" } },
      second,
    ];
    let looks = 0;
    const { listPods } = database;
    database.listPods = () => {
      looks += 1;
      if (looks === 3)
        database.pods = database.pods.map((pod, number) => (number === 1 ? podOf(1, { role: "replica" }) : pod));
      return listPods();
    };
    await database.roll();
    assert.deepEqual(database.events, ["delete 2", "switchover to 1", "delete 0"]);
  });
});

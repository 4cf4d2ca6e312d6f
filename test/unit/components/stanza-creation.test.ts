import assert from "node:assert/strict";
import { duration } from "../../../domain/duration.ts";
import { StanzaCreation, type StanzaCreationTarget } from "../../../components/stanza/stanza-creation.ts";
import type { ObjectName } from "../../../domain/kubernetes/object-name.ts";
import { steps, type RequestOf } from "../../../domain/steps/steps.ts";
import type { LastRun } from "../../../domain/stanza/last-run.ts";
import { optionsOf, registered, valueOf, type Registered } from "../../support/pulumi-mocks.ts";
import { faultTest } from "../../support/fault-test.ts";

const timeLimits = {
  info: duration("30s"),
  dump: duration("1h"),
  create: duration("10m"),
  operator: duration("2m"),
  backup: duration("2h"),
};
const target = (cluster: ObjectName, change: Partial<StanzaCreationTarget> = {}): StanzaCreationTarget => ({
  cluster,
  dump: true,
  attempt: 1,
  repairAgain: false,
  timeLimits,
  ...change,
});
const uid = "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d";
const here = "11111111-1111-4111-8111-111111111111";
const report: LastRun = {
  version: 1,
  context: "dev",
  cluster: "calendar/calendar-db",
  outcome: "created",
  status: { status: "okay", backups: { count: 0 } },
  leader: "calendar-db-0",
  operator: "confirmed",
  startedAt: "2026-11-21T01:00:00.000Z",
  finishedAt: "2026-11-21T01:00:09.000Z",
  run: { number: 3, attempt: 2 },
  kubeSystemUid: here,
};
const targets = [
  target({ namespace: "calendar", name: "calendar-db" }),
  target({ namespace: "utility", name: "utility-db" }, { attempt: 2, uid, dump: { skip: "dumped an hour ago" } }),
  target({ namespace: "alt-authn-authz", name: "a3-policy-db" }, { hold: "needs an investigation of its own" }),
];

describe("StanzaCreation", () => {
  let component: StanzaCreation;
  let resources: Registered[];
  const commands = (): Registered[] => resources.filter(({ type }) => type === "command:local:Command");
  const requests = (): RequestOf<"stanza create">[] =>
    commands().map(({ inputs }) => steps["stanza create"].request.parse(JSON.parse(String(inputs["stdin"]))));

  before(async () => {
    resources = await registered(
      () => {
        component = new StanzaCreation("stanza", {
          kubernetes: { context: "dev", kubeSystemUid: here },
          dumpDirectory: "dumps",
          dumpMaxAge: duration("1h"),
          targets,
          last: { "utility/utility-db": { ...report, cluster: "utility/utility-db", kubeSystemUid: uid } },
          seen: new Map(),
        });
      },
      () => JSON.stringify(report),
    );
  });

  it("declares one command per target under a name that says what it does, and none for a target on hold", () => {
    assert.deepEqual(
      commands().map(({ name }) => name),
      ["create stanza calendar/calendar-db", "create stanza utility/utility-db"],
    );
    const held = resources.filter(({ type }) => type === "postgres-recovery:index:HeldTarget");
    assert.deepEqual(
      held.map(({ name }) => name),
      ["alt-authn-authz/a3-policy-db"],
    );
  });

  it("runs the CLI command with one valid request on stdin", () => {
    const [first, second] = requests();
    assert.deepEqual(first, {
      version: 1,
      kubernetes: { context: "dev", kubeSystemUid: here },
      cluster: { namespace: "calendar", name: "calendar-db" },
      dump: { directory: "dumps", maxAge: 3600 },
      timeLimits,
      run: { number: 1, attempt: 1 },
    });
    assert.deepEqual([second?.uid, second?.dump], [uid, { skip: "dumped an hour ago" }]);
  });

  faultTest(56, "counts another run when the last one was in another Kubernetes cluster", () => {
    assert.deepEqual(requests()[1]?.run, { number: 4, attempt: 2 });
  });

  it("has a constant command text without a local path, for the first run and every other", () => {
    const texts = new Set(commands().flatMap(({ inputs }) => [inputs["create"], inputs["update"]]));
    assert.deepEqual([...texts], ["exec bin/postgres-recovery stanza create --request - --output json"]);
  });

  it("never deletes anything, and resources of older versions go on without another run", () => {
    for (const { inputs, name } of commands()) {
      assert.equal(inputs["delete"], undefined);
      assert.equal(inputs["triggers"], undefined);
      assert.deepEqual(optionsOf.get(name)?.ignoreChanges, ["triggers"]);
      assert.deepEqual(optionsOf.get(name)?.aliases, [name.replace("create stanza ", "")]);
      assert.equal(optionsOf.get(name)?.retainOnDelete, true);
    }
  });

  it("lets Pulumi's engine wait longer than all time limits of the command together", () => {
    const { create, info, operator, dump } = timeLimits;
    const rounds = 3 * (dump + create + 600);
    const { timeouts } = optionsOf.get("create stanza calendar/calendar-db") ?? {};
    const expected = `${rounds + operator + 10 * info + 600}s`;
    assert.deepEqual(timeouts, { create: expected, update: expected });
  });

  it("passes the reports on, and the reasons of targets on hold", async () => {
    const { "calendar/calendar-db": run } = component.runs;
    const { "alt-authn-authz/a3-policy-db": reason } = component.held;
    assert(run && reason);
    assert.deepEqual(await valueOf(run), report);
    assert.equal(await valueOf(reason), "needs an investigation of its own");
  });
});

describe("StanzaCreation, with a first backup and dumps in S3", () => {
  const dumpBucket = { owner: "123456789012", endpointUrl: "https://vpce.example.com" };
  let resources: Registered[];

  before(async () => {
    resources = await registered(
      () => {
        const ordered = target({ namespace: "calendar", name: "calendar-db" }, { firstBackup: true });
        new StanzaCreation("stanza", {
          kubernetes: { context: "dev", kubeSystemUid: here },
          dumpBucket,
          dumpDirectory: "s3://dumps",
          dumpMaxAge: duration("1h"),
          targets: [ordered],
          last: {},
          seen: new Map(),
        });
      },
      () => JSON.stringify(report),
    );
  });

  it("asks for both", () => {
    const command = resources.find(({ type }) => type === "command:local:Command");
    const request = steps["stanza create"].request.parse(JSON.parse(String(command?.inputs["stdin"])));
    assert.equal(request.firstBackup, true);
    assert.deepEqual(request.dump, { directory: "s3://dumps", maxAge: 3600, bucket: dumpBucket });
  });

  it("lets Pulumi's engine wait for the backup, too", () => {
    const { backup, create, info, operator, dump } = timeLimits;
    const expected = `${3 * (dump + create + 600) + operator + backup + 10 * info + 600}s`;
    assert.equal(optionsOf.get("create stanza calendar/calendar-db")?.timeouts.create, expected);
  });
});

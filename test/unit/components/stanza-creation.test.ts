import assert from "node:assert/strict";
import { duration } from "../../../domain/duration.ts";
import { StanzaCreation, type StanzaCreationTarget } from "../../../components/stanza/stanza-creation.ts";
import type { ObjectName } from "../../../domain/kubernetes/object-name.ts";
import { steps, type ReportOf } from "../../../domain/steps/steps.ts";
import { registered, valueOf, type Registered } from "../../support/pulumi-mocks.ts";
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
  timeLimits,
  ...change,
});
const uid = "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d";
const report: ReportOf<"stanza create"> = {
  version: 1,
  context: "dev",
  cluster: "calendar/calendar-db",
  outcome: "created",
  status: { status: "okay", backups: { count: 0 } },
  leader: "calendar-db-0",
  operator: "confirmed",
  startedAt: "2026-11-21T01:00:00.000Z",
  finishedAt: "2026-11-21T01:00:09.000Z",
};

describe("StanzaCreation", () => {
  let component: StanzaCreation;
  let resources: Registered[];
  const commands = (): Registered[] => resources.filter(({ type }) => type === "command:local:Command");

  before(async () => {
    resources = await registered(
      () => {
        component = new StanzaCreation("stanza", {
          kubernetes: { context: "dev" },
          dumpDirectory: "dumps",
          dumpMaxAge: duration("1h"),
          targets: [
            target({ namespace: "calendar", name: "calendar-db" }),
            target(
              { namespace: "utility", name: "utility-db" },
              { attempt: 2, uid, dump: { skip: "dumped an hour ago" } },
            ),
            target(
              { namespace: "alt-authn-authz", name: "a3-policy-db" },
              { hold: "needs an investigation of its own" },
            ),
          ],
        });
      },
      () => JSON.stringify(report),
    );
  });

  it("declares one command per target, and none for a target on hold", () => {
    assert.deepEqual(
      commands().map(({ name }) => name),
      ["calendar/calendar-db", "utility/utility-db"],
    );
    const held = resources.filter(({ type }) => type === "postgres-recovery:index:HeldTarget");
    assert.deepEqual(
      held.map(({ name }) => name),
      ["alt-authn-authz/a3-policy-db"],
    );
  });

  it("runs the CLI command with one valid request on stdin", () => {
    const requests = commands().map(({ inputs }) =>
      steps["stanza create"].request.parse(JSON.parse(String(inputs["stdin"]))),
    );
    assert.deepEqual(requests[0], {
      version: 1,
      kubernetes: { context: "dev" },
      cluster: { namespace: "calendar", name: "calendar-db" },
      dump: { directory: "dumps", maxAge: 3600 },
      timeLimits,
    });
    assert.equal(requests[1]?.uid, uid);
    assert.deepEqual(requests[1].dump, { skip: "dumped an hour ago" });
  });

  it("has a constant command text without a local path", () => {
    const texts = new Set(commands().map(({ inputs }) => inputs["create"]));
    assert.deepEqual([...texts], ["exec bin/postgres-recovery stanza create --request - --output json"]);
  });

  faultTest(11, "runs again only for a higher attempt or another uid, and never deletes anything", () => {
    for (const { inputs } of commands()) {
      assert.equal(inputs["update"], 'printf %s "$PULUMI_COMMAND_STDOUT"');
      assert.equal(inputs["delete"], undefined);
    }
    assert.deepEqual(
      commands().map(({ inputs }) => inputs["triggers"]),
      [
        ["calendar/calendar-db", 1],
        ["utility/utility-db", 2, uid],
      ],
    );
  });

  it("passes the reports on, and the reasons of targets on hold", async () => {
    assert.deepEqual((await valueOf(component.created))["calendar/calendar-db"], report);
    assert.deepEqual(await valueOf(component.held), {
      "alt-authn-authz/a3-policy-db": "needs an investigation of its own",
    });
  });
});

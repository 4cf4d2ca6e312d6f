import assert from "node:assert/strict";
import { steps, type ReportOf } from "../../../domain/steps/steps.ts";
import { duration } from "../../../domain/duration.ts";
import { PgHba } from "../../../components/harbor/pg-hba.ts";
import { requiredPgHba } from "../../../domain/harbor/pg-hba.ts";
import { optionsOf, registered, valueOf, type Registered } from "../../support/pulumi-mocks.ts";
import { faultTest } from "../../support/fault-test.ts";

const list = requiredPgHba(["host all ops 10.1.0.0/16 md5"]);
const harbor = { image: "ghcr.io/zalando/spilo-16:3.3-p3", externalUrl: "https://harbor.example.com" };
const cluster = { namespace: "harbor-cluster", name: "harbor-cluster" };
const report: ReportOf<"harbor pg-hba"> = {
  version: 1,
  context: "lab",
  cluster: "harbor-cluster/harbor-cluster",
  outcome: "applied",
  uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e",
  generation: "1",
  pgHba: list,
  dropped: [],
  finishedAt: "2026-11-21T01:00:00.000Z",
};

describe("PgHba", () => {
  let component: PgHba;
  let warnings: string[];
  let ready: Registered | undefined;
  let written: Registered | undefined;

  async function create(dropped?: readonly string[]): Promise<Registered[]> {
    const { warn } = console;
    warnings = [];
    // Without an engine, pulumi.log.warn writes to the console.
    console.warn = (line: string) => warnings.push(line);
    try {
      return await registered(
        () => {
          component = new PgHba("pg-hba", {
            kubernetes: { context: "lab" },
            cluster,
            pgHba: list,
            ...harbor,
            timeLimit: duration("15m"),
          });
        },
        ({ command, create: creation }) =>
          JSON.stringify(
            String(command ?? creation).includes("fingerprint")
              ? { version: 1, fingerprint: "generation 1", dropped }
              : report,
          ),
      );
    } finally {
      console.warn = warn;
    }
  }

  before(async () => {
    const resources = await create();
    await valueOf(component.report);
    const command = (wanted: string): Registered | undefined =>
      resources.find(({ name, type }) => type === "command:local:Command" && name === wanted);
    ready = command("pg-hba-ready");
    written = command("pg-hba");
  });

  const requestOf = (resource: Registered | undefined): unknown => JSON.parse(String(resource?.inputs["stdin"]));

  it("waits for the resource, then writes the whole list, with one valid request each", () => {
    const what = { version: 1, kubernetes: { context: "lab" }, cluster, pgHba: list };
    assert.deepEqual(steps["harbor fingerprint"].request.parse(requestOf(ready)), { ...what, wait: duration("15m") });
    assert.deepEqual(steps["harbor pg-hba"].request.parse(requestOf(written)), {
      ...what,
      ...harbor,
      timeLimit: duration("15m"),
    });
    assert.deepEqual(optionsOf.get("pg-hba")?.dependencies, ["pg-hba-ready"]);
  });

  faultTest(27, "runs again when the list in the settings or the live resource's fingerprint changes", () => {
    assert.deepEqual(written?.inputs["triggers"], [
      report.cluster,
      list,
      harbor.image,
      harbor.externalUrl,
      "generation 1",
    ]);
  });

  it("leaves the list as it is when the stack is destroyed", () => {
    for (const resource of [ready, written]) assert.equal(resource?.inputs["delete"], undefined);
  });

  it("passes the report on", async () => {
    assert.deepEqual(await valueOf(component.report), report);
  });

  faultTest(87, "warns in each preview of lines that were added by hand and would be removed", async () => {
    assert.deepEqual(warnings, []);
    await create(["host all ops 10.2.0.0/16 md5", "host all dev 10.3.0.0/16 md5"]);
    assert.deepEqual(warnings, [
      [
        `warning: [runtime] ${report.cluster}: somebody else wrote these lines of pg_hba, and this update removes them and recreates the Pods:`,
        "  host all ops 10.2.0.0/16 md5",
        "  host all dev 10.3.0.0/16 md5",
        "To keep them, add them to harbor.pgHba in the stack's settings.",
      ].join("\n"),
    ]);
  });
});

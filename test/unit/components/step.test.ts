import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { look, step } from "../../../components/step.ts";
import { duration } from "../../../domain/duration.ts";
import type { RequestOf } from "../../../domain/steps/steps.ts";
import { registered } from "../../support/pulumi-mocks.ts";

const request: RequestOf<"harbor roll"> = {
  version: 1,
  kubernetes: { context: "lab" },
  cluster: { namespace: "harbor-cluster", name: "harbor-cluster" },
  podSecret: "pod-secret",
  timeLimits: { operator: duration("5m"), pod: duration("36h") },
};

async function stdinOf(declare: () => void): Promise<unknown> {
  const resources = await registered(declare, () => "{}");
  return JSON.parse(String(resources.find(({ type }) => type === "command:local:Command")?.inputs["stdin"]));
}

describe("a step as a command resource", () => {
  it("writes durations and the cluster's name as text into its request", async () => {
    const stdin = await stdinOf(() => {
      step("harbor roll", "roll", { request, triggers: [], seconds: 1 }, {});
    });
    assert.deepEqual(stdin, {
      ...request,
      cluster: "harbor-cluster/harbor-cluster",
      timeLimits: { operator: "5m", pod: "36h" },
    });
  });

  it("refuses in the preview what the step would refuse, and names the field", async () => {
    const wrong = { ...request, kubernetes: { context: "" } };
    await assert.rejects(
      stdinOf(() => {
        step("harbor roll", "roll", { request: wrong, triggers: [], seconds: 1 }, {});
      }),
      /postgres-recovery harbor roll would refuse this request:[^]*kubernetes\.context/,
    );
  });

  it("takes no request of another step: the compiler says so", () => {
    const wrong = (): void => {
      // @ts-expect-error -- a roll has time limits
      step("harbor roll", "roll", { request: { ...request, timeLimits: undefined }, triggers: [], seconds: 1 }, {});
      // @ts-expect-error -- a text is no duration
      look("secrets fingerprint", { ...request, also: [], wait: "15m" }, {});
      // @ts-expect-error -- a list takes no request
      look("stanza list", pulumi.output(request), {});
    };
    assert.equal(typeof wrong, "function");
  });
});

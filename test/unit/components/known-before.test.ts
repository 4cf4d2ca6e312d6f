import assert from "node:assert/strict";
import { knownBefore, type KnownBefore, type KnownTarget } from "../../../components/stack/known-before.ts";
import { duration } from "../../../domain/duration.ts";
import type { StackLookReport } from "../../../domain/stack/look.ts";
import { steps, type RequestOf } from "../../../domain/steps/steps.ts";
import { faultTest } from "../../support/fault-test.ts";
import { registered } from "../../support/pulumi-mocks.ts";

const here = "11111111-1111-4111-8111-111111111111";
const before = "22222222-2222-4222-8222-222222222222";
const at = "2026-11-21T01:00:00.000Z";
const common = { version: 1, context: "dev", startedAt: at, finishedAt: at } as const;
const okay = { status: "okay", backups: { count: 0 } } as const;
const error = { code: "kubernetes-unreachable", kind: "undetermined", message: "no answer", next: null } as const;
const last = {
  kubernetes: { context: "dev", kubeSystemUid: before },
  stanzas: {
    targets: {
      "a/good": { ...common, cluster: "a/good", outcome: "created", status: okay, operator: "confirmed" },
      "a/too": { ...common, cluster: "a/too", outcome: "created", status: okay, operator: "confirmed" },
      "a/held": { ...common, cluster: "a/held", outcome: "created", status: okay, operator: "confirmed" },
      "a/failed": { ...common, cluster: "a/failed", outcome: "failed", error, run: { number: 1, attempt: 1 } },
    },
    held: {},
  },
};
const target = (name: string, info: "5s" | "40s", hold?: string): KnownTarget => ({
  cluster: { namespace: "a", name },
  timeLimits: { info: duration(info) },
  hold,
});
const targets = [
  target("good", "40s"),
  target("too", "5s"),
  target("failed", "5s"),
  target("new", "5s"),
  target("held", "5s", "see TICKET-1"),
];

async function known(
  answer: Partial<StackLookReport>,
  lastOutputs: object = last,
): Promise<{ found: KnownBefore | undefined; asked: RequestOf<"stack look"> | undefined }> {
  let found: KnownBefore | undefined;
  let asked: RequestOf<"stack look"> | undefined;
  await registered(
    async () => {
      found = await knownBefore({ context: "dev" }, targets);
    },
    ({ stdin }) => {
      asked = steps["stack look"].request.parse(JSON.parse(String(stdin)));
      return JSON.stringify({ version: 1, context: "dev", clusters: [], ...answer });
    },
    lastOutputs,
  );
  return { found, asked };
}

describe("what a stack knows before it declares anything", () => {
  it("asks for the stanzas of finished targets, and of no others, with the longest of their time limits", async () => {
    const { asked } = await known({ kubeSystemUid: here });
    assert.deepEqual(asked?.clusters, [
      { namespace: "a", name: "good" },
      { namespace: "a", name: "too" },
    ]);
    assert.equal(asked.timeLimit, 40);
  });

  it("in a new stack asks only which Kubernetes cluster it is", async () => {
    const { asked, found } = await known({ kubeSystemUid: here }, {});
    assert.deepEqual(asked?.clusters, []);
    assert.deepEqual(found?.last.stanzas.targets, {});
  });

  faultTest(56, "takes the Kubernetes cluster for the one that it says it is", async () => {
    const { found } = await known({ kubeSystemUid: here });
    assert.deepEqual(found?.kubernetes, { context: "dev", kubeSystemUid: here });
  });

  faultTest(
    [56, 59],
    "takes one that does not say so for the one of the last update, which every step checks",
    async () => {
      const { found } = await known({ error });
      assert.deepEqual(found?.kubernetes, { context: "dev", kubeSystemUid: before });
      assert.deepEqual((await known({ error }, {})).found?.kubernetes, { context: "dev" });
    },
  );

  faultTest(56, "refuses a context that cannot be used", async () => {
    const unknown = {
      code: "context-unknown",
      kind: "usage",
      message: "no context no",
      next: "one of: dev, lab",
    } as const;
    await assert.rejects(known({ error: unknown }), /\[context-unknown\] no context no\nnext: one of: dev, lab/);
  });

  it("hands on how the stanzas are", async () => {
    const entry = { cluster: "a/good", uid: "u", status: okay };
    const { found } = await known({ kubeSystemUid: here, clusters: [entry] });
    assert.deepEqual([...(found?.seen ?? [])], [["a/good", entry]]);
  });
});

import assert from "node:assert/strict";
import { duration } from "../../../domain/duration.ts";
import { alarmSchema } from "../../../settings/alarm.ts";

const least = { name: "dev-postgres", region: "eu-west-2", clusterName: "dev", kmsKey: "alias/alarms" };

describe("the settings of an alarm", () => {
  it("fill in the defaults", () => {
    assert.deepEqual(alarmSchema.parse(least), {
      ...least,
      checks: ["stanza list"],
      every: duration("1h"),
      proofMaxAge: duration("2d"),
      emails: [],
      webhooks: [],
    });
  });

  for (const [what, given, problem] of [
    ["a key of AWS", { kmsKey: "alias/aws/sns" }, /^must be a key of your own: CloudWatch cannot publish/],
    [
      "a key of AWS, by its ARN",
      { kmsKey: "arn:aws:kms:eu-west-2:123456789012:alias/aws/sns" },
      /^must be a key of your own/,
    ],
    ["no check", { checks: [] }, /^name at least one check$/],
    ["half a minute", { every: "30s" }, /^must be whole minutes, at most 3d/],
    ["more than CloudWatch looks back", { every: "4d" }, /^must be whole minutes, at most 3d/],
    ["a proof every 90 minutes", { proofMaxAge: "90m" }, /^must be whole hours$/],
    ["a webhook with a token", { webhooks: ["https://hooks.example/a?token=CANARY"] }, /^must be without user, query/],
    ["a webhook with a password", { webhooks: ["https://me:CANARY@hooks.example/"] }, /^must be without user, query/],
    ["a webhook without TLS", { webhooks: ["http://hooks.example/CANARY"] }, /^must be an https address$/],
    ["an e-mail that is none", { emails: ["team"] }, /^must be an e-mail address$/],
    ["a second topic that is none", { secondTopic: "on-call" }, /^expected the ARN of a standard SNS topic/],
  ] as const)
    it(`refuse ${what}, and do not quote it`, () => {
      const { error } = alarmSchema.safeParse({ ...least, ...given });
      assert.deepEqual(error?.issues.length, 1);
      assert.match(error.issues[0]?.message ?? "", problem);
      assert.doesNotMatch(error.issues[0]?.message ?? "", /CANARY/);
    });
});

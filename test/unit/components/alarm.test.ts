import assert from "node:assert/strict";
import { Alarm } from "../../../components/alarm/alarm.ts";
import { duration } from "../../../domain/duration.ts";
import { alarms } from "../../../domain/check/stack-judges.ts";
import { optionsOf, registered, type Registered } from "../../support/pulumi-mocks.ts";

const args = {
  name: "dev-postgres",
  region: "eu-west-2",
  clusterName: "dev",
  kmsKey: "alias/alarms",
  checks: ["stanza list"] as const,
  every: duration("1h"),
  proofMaxAge: duration("2d"),
  emails: ["team@example.com"],
  webhooks: ["https://hooks.example/a"],
};

describe("the declared alarm", () => {
  let resources: Registered[];
  before(async () => {
    resources = await registered(
      () => {
        new Alarm("alarm", args);
      },
      () => "",
    );
  });
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);

  it("has everything in its region", () => {
    for (const { inputs, name, type } of resources.filter((each) => each.type.startsWith("aws:")))
      assert.equal(inputs["region"], "eu-west-2", `${type} ${name}`);
  });

  it("subscribes the queue, each e-mail address and each webhook, the queue after its policy", () => {
    const subscriptions = ofType("aws:sns/topicSubscription:TopicSubscription");
    assert.deepEqual(subscriptions.map(({ inputs }) => inputs["protocol"]).sort(), ["email", "https", "sqs"]);
    assert(optionsOf.get("alarm-proof-subscription")?.dependencies.includes("alarm-proof-policy"));
  });

  it("has alarms with an action that go off without data", () => {
    const declared = ofType("aws:cloudwatch/metricAlarm:MetricAlarm");
    assert.equal(declared.length, 4);
    for (const { inputs } of declared) {
      assert.equal(inputs["treatMissingData"], "breaching");
      assert.equal((inputs["alarmActions"] as unknown[]).length, 1);
      assert.equal(inputs["namespace"], "postgres-recovery");
    }
  });

  it("tells a second topic, too, if there is one", async () => {
    const secondTopic = "arn:aws:sns:eu-west-2:123456789012:platform";
    const declared = await registered(
      () => {
        new Alarm("alarm", { ...args, secondTopic });
      },
      () => "",
    );
    const actions = declared.flatMap(({ inputs }) => (inputs["alarmActions"] as unknown[] | undefined) ?? []);
    assert.equal(actions.filter((action) => action === secondTopic).length, 4);
  });

  it("is what the policy backup-without-alarm asks for", () => {
    const related = (resource: Registered) => ({
      type: resource.type,
      name: resource.name,
      urn: `urn:pulumi:dev::p::${resource.type}::${resource.name}`,
      props: resource.inputs,
      opts: { customTimeouts: { createSeconds: 0 } },
      dependencies: [],
      propertyDependencies: {},
    });
    const podConfig = {
      type: "kubernetes:core/v1:ConfigMap",
      name: "pod-config",
      inputs: { data: { BACKUP_SCHEDULE: "0 1 * * *", WAL_S3_BUCKET: "b" } },
    };
    const stack = { type: "pulumi:pulumi:Stack", name: "dev", inputs: {} };
    const findings = (alarm: readonly Registered[]) => alarms([stack, podConfig, ...alarm].map(related)).length;
    assert.deepEqual([findings([]), findings(resources)], [1, 0]);
  });
});

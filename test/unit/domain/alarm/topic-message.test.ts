import assert from "node:assert/strict";
import { z } from "zod";
import { alarmMessageSchema, type AlarmFinding, type AlarmMessage } from "../../../../domain/alarm/message.ts";
import { topicMessage, type TopicMessage } from "../../../../domain/alarm/topic-message.ts";
import { parseTopicArn } from "../../../../domain/aws/topic-arn.ts";

const finding: AlarmFinding = {
  severity: "refuse",
  code: "no-stanza",
  where: "calendar/calendar-db",
  what: "No stanza configuration",
  fix: "postgres-recovery stanza create calendar/calendar-db",
};
const message: AlarmMessage = {
  version: 1,
  id: "7c4de98b-da14-42f0-a785-1d799a263258",
  check: "stanza list",
  context: "dev",
  severity: "refuse",
  looked: 2,
  findings: [finding],
  leftOut: 0,
  test: false,
  sentAt: "2026-11-28T23:22:11.447Z",
};
const bodySchema = z.object({ default: z.string(), email: z.string() });

function bodyOf({ body }: TopicMessage) {
  const { email, ...rest } = bodySchema.parse(JSON.parse(body));
  return { email, message: alarmMessageSchema.parse(JSON.parse(rest.default)) };
}

describe("a message as SNS takes it", () => {
  it("has the message for machines, a text for e-mails, and attributes to filter by", () => {
    const { attributes, ...sent } = topicMessage(message);
    assert.equal(sent.subject, "[refuse] stanza list of dev: 1 finding");
    assert.deepEqual(attributes, { severity: "refuse", test: "false" });
    const { email, message: arrived } = bodyOf({ attributes, ...sent });
    assert.deepEqual(arrived, message);
    assert.equal(
      email,
      `stanza list: severity refuse, 2 clusters looked at.

refuse [no-stanza] calendar/calendar-db: No stanza configuration
  -> postgres-recovery stanza create calendar/calendar-db

Kubernetes: dev
sent 2026-11-28T23:22:11.447Z, id 7c4de98b-da14-42f0-a785-1d799a263258`,
    );
  });

  it("marks a test in the subject, in the text and in an attribute", () => {
    const sent = topicMessage({ ...message, test: true });
    assert.match(sent.subject, /^\[test\] /);
    assert.equal(sent.attributes["test"], "true");
    assert.match(bodyOf(sent).email, /^This is a test of the alarm\. Nothing is wrong\./);
  });

  for (const context of ["dév\n-x", "d".repeat(300)])
    it(`has a subject that SNS accepts for the context ${JSON.stringify(context.slice(0, 9))}`, () => {
      assert.match(topicMessage({ ...message, context }).subject, /^[\x21-\x7e][\x20-\x7e]{0,99}$/);
    });

  it("leaves out the least grave findings when it would be larger than 256 KiB, and says how many", () => {
    const findings = Array.from({ length: 3000 }, (_, index) => ({ ...finding, where: `calendar/db-${index}"é` }));
    const sent = topicMessage({ ...message, findings });
    const { email, message: arrived } = bodyOf(sent);
    assert.deepEqual(arrived.findings, findings.slice(0, arrived.findings.length));
    assert.equal(arrived.leftOut, 3000 - arrived.findings.length);
    assert(email.includes(`${arrived.leftOut} more findings are left out`));
    const bytes = Buffer.byteLength(sent.body);
    assert(bytes <= 256 * 1024 - 100 && bytes > 255 * 1024, String(bytes));
  });

  it("keeps its severity when not even one finding fits", () => {
    const { message: arrived } = bodyOf(
      topicMessage({ ...message, findings: [{ ...finding, what: "x".repeat(300_000) }] }),
    );
    assert.deepEqual([arrived.severity, arrived.findings, arrived.leftOut], ["refuse", [], 1]);
  });
});

describe("the ARN of a topic", () => {
  it("names its region", () => {
    const arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alerts";
    assert.deepEqual(parseTopicArn(arn), { arn, region: "us-gov-west-1", name: "alerts" });
  });

  for (const text of [
    "",
    "alerts",
    "arn:aws:sns:eu-west-2:123456789012:alerts.fifo",
    "arn:aws:sns:eu-west-2:12345:alerts",
    "arn:aws:sns:eu-west-2:123456789012:alerts:970a1da7",
    "arn:aws:sqs:eu-west-2:123456789012:alerts",
    " arn:aws:sns:eu-west-2:123456789012:alerts",
  ])
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.equal(parseTopicArn(text), undefined);
    });
});

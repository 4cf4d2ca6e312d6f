import { z } from "zod";
import type { AlarmFinding, AlarmMessage } from "./message.ts";

/** What SNS gets: a subject for e-mails, one text for each kind of receiver, and attributes for filter policies. */
export interface TopicMessage {
  readonly subject: string;
  /** JSON with the text for e-mails, and the message itself for every other receiver. */
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** SNS counts the body, the subject and the attributes together. */
const mostBytes = 256 * 1024;
const longestSubject = 100;

/**
 * A message as SNS takes it. The least grave findings are left out when it would be too large, and the message says how
 * many.
 */
export function topicMessage(message: AlarmMessage): TopicMessage {
  let [fitting, tooMany] = [0, message.findings.length + 1];
  while (tooMany - fitting > 1) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (bytesOf(withFindings(message, middle)) <= mostBytes) fitting = middle;
    else tooMany = middle;
  }
  return withFindings(message, fitting);
}

/** What every receiver but an e-mail gets of a message. */
export function sentText({ body }: TopicMessage): string {
  return bodySchema.parse(JSON.parse(body)).default;
}

const bodySchema = z.object({ default: z.string() });

function withFindings(message: AlarmMessage, count: number): TopicMessage {
  const findings = message.findings.slice(0, count);
  const leftOut = message.leftOut + message.findings.length - count;
  const shown = { ...message, findings, leftOut };
  return {
    subject: subjectOf(message),
    body: JSON.stringify({ default: JSON.stringify(shown), email: emailText(shown) }),
    attributes: { severity: message.severity, test: String(message.test) },
  };
}

function bytesOf({ attributes, body, subject }: TopicMessage): number {
  const attributeTexts = Object.entries(attributes).flatMap(([name, value]) => [name, value, "String"]);
  return [body, subject, ...attributeTexts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** SNS refuses a subject with line breaks, or with other characters than those of ASCII. */
function subjectOf({ check, context, findings, severity, test }: AlarmMessage): string {
  const where = context === null ? "" : ` of ${context}`;
  const count = findings.length === 1 ? "1 finding" : `${findings.length} findings`;
  const found = `[${severity}] ${check ?? "the check failed"}${where}: ${count}`;
  const subject = test ? "[test] the alarm works, nothing is wrong" : found;
  return subject.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, longestSubject);
}

/** The message for a person. */
function emailText({ check, context, findings, id, leftOut, looked, sentAt, severity, test }: AlarmMessage): string {
  const head = test
    ? "This is a test of the alarm. Nothing is wrong."
    : `${check ?? "The check failed"}: severity ${severity}, ${looked} clusters looked at.`;
  const more = leftOut === 0 ? [] : [`${leftOut} more findings are left out. Run the check to see them.`, ""];
  const kubernetes = context === null ? [] : [`Kubernetes: ${context}`];
  return [head, "", ...findings.flatMap(findingLines), ...more, ...kubernetes, `sent ${sentAt}, id ${id}`].join("\n");
}

function findingLines({ code, fix, severity, what, where }: AlarmFinding): string[] {
  return [`${severity} [${code}] ${where}: ${what}`, ...(fix === "" ? [] : [`  -> ${fix}`]), ""];
}

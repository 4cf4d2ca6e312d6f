/** An SNS topic, by its ARN. */
export interface Topic {
  readonly arn: string;
  readonly region: string;
  readonly name: string;
}

/** What is wrong with a text that is not the ARN of a standard topic. */
export const topicArnProblem =
  "expected the ARN of a standard SNS topic, such as arn:aws:sns:eu-west-2:123456789012:alerts";

/**
 * Reads the ARN of a standard SNS topic; undefined for anything else. FIFO topics cannot send to people.
 *
 * @example parseTopicArn("arn:aws:sns:eu-west-2:123456789012:alerts")?.region // → "eu-west-2"
 * @example parseTopicArn("arn:aws:sns:eu-west-2:123456789012:alerts.fifo") // → undefined
 */
export function parseTopicArn(arn: string): Topic | undefined {
  const [, region, name] = /^arn:aws[-a-z]*:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:([\w-]{1,256})$/.exec(arn) ?? [];
  return region === undefined || name === undefined ? undefined : { arn, region, name };
}

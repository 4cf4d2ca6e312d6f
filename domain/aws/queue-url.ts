import { endpointUrlProblem } from "./endpoint-url-problem.ts";

/** An SQS queue, by its URL. */
export interface Queue {
  readonly url: string;
  /** Undefined when the URL does not name it, such as that of an emulator. */
  readonly region: string | undefined;
}

/** What is wrong with a text that is not the URL of a standard queue. */
export const queueUrlProblem =
  "expected the URL of a standard SQS queue, such as https://sqs.eu-west-2.amazonaws.com/123456789012/alerts-proof";

/**
 * Reads the URL of a standard SQS queue; undefined for anything else.
 *
 * @example parseQueueUrl("https://sqs.eu-west-2.amazonaws.com/123456789012/proof")?.region // → "eu-west-2"
 */
export function parseQueueUrl(url: string): Queue | undefined {
  const [, origin] = /^(https?:\/\/[^/?#@\s]+)\/\d{12}\/[\w-]{1,80}$/.exec(url) ?? [];
  if (origin === undefined || endpointUrlProblem(origin) !== undefined) return undefined;
  const [, region] = /^https:\/\/sqs\.([-a-z0-9]+)\.amazonaws\.com/.exec(origin) ?? [];
  return { url, region };
}

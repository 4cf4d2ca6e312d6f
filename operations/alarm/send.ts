import type { PostWebhook, WebhookAnswer } from "../../clients/webhook.ts";
import type { AlarmMessage, AlarmSendReport } from "../../domain/alarm/message.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Surroundings } from "../surroundings.ts";

/** Seconds to wait before the second and the third attempt. */
const pauses = [2, 5];

/**
 * Posts a message, three times at most, always with the same id.
 *
 * @throws RecoveryError `webhook-refused` or `webhook-silent`, without the webhook's address.
 */
export async function sendAlarm(
  post: PostWebhook,
  url: URL,
  message: AlarmMessage,
  { progress, signal, sleep }: Surroundings,
): Promise<AlarmSendReport> {
  const body = JSON.stringify(message);
  for (let attempts = 1; ; attempts += 1) {
    const answer = await post(url, body, signal);
    if ("status" in answer && isAccepted(answer.status)) {
      const { findings, id, severity } = message;
      return { version: 1, id, severity, findings: findings.length, attempts, status: answer.status };
    }
    const pause = pauses[attempts - 1];
    if (!mayPass(answer) || pause === undefined) throw failure(answer, attempts);
    progress(`the webhook did not accept the message (${answerText(answer)}); again in ${pause} s`);
    await sleep(pause);
  }
}

function isAccepted(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether another attempt may help: no answer, too many requests, or an error of the server. */
function mayPass(answer: WebhookAnswer): boolean {
  return "failed" in answer || answer.status === 408 || answer.status === 429 || answer.status >= 500;
}

function answerText(answer: WebhookAnswer): string {
  return "failed" in answer ? answer.failed : `HTTP ${answer.status}`;
}

function failure(answer: WebhookAnswer, attempts: number): RecoveryError {
  const code = "failed" in answer ? "webhook-silent" : "webhook-refused";
  const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
  return new RecoveryError(code, `the message was not delivered: ${answerText(answer)}, after ${tries}`, {
    next: "check the URL in the file of --webhook-file, and the receiver's log",
  });
}

import type { PostWebhook, WebhookAnswer } from "../../clients/webhook.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Sink } from "./sink.ts";

/** Seconds to wait before the second and the third attempt. */
const pauses = [2, 5];

/**
 * Posts messages to a webhook, each three times at most, always with the same id. It fails with `webhook-refused` or
 * `webhook-silent`, without the webhook's address.
 *
 * @param file where the address comes from, for people.
 */
export function webhookSink(
  post: PostWebhook,
  { file, url }: { readonly file: string; readonly url: URL },
  { progress, signal, sleep }: Surroundings,
): Sink {
  return {
    name: `the webhook in ${file}`,
    async deliver(message) {
      const body = JSON.stringify(message);
      for (let attempts = 1; ; attempts += 1) {
        const answer = await post(url, body, signal);
        if ("status" in answer && isAccepted(answer.status))
          return { sink: "webhook", to: file, attempts, answer: answerText(answer) };
        const pause = pauses[attempts - 1];
        if (!mayPass(answer) || pause === undefined) throw failure(answer, attempts);
        progress(`the webhook did not accept the message (${answerText(answer)}); again in ${pause} s`);
        await sleep(pause);
      }
    },
  };
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

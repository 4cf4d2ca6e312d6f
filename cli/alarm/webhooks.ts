import { readFile } from "node:fs/promises";
import { postWebhook } from "../../clients/webhook.ts";
import { webhookAddress } from "../../domain/alarm/webhook-address.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import type { Sink } from "../../operations/alarm/sink.ts";
import { webhookSink } from "../../operations/alarm/webhook-sink.ts";
import type { Surroundings } from "../../operations/surroundings.ts";

/**
 * The sinks of `--webhook-file`.
 *
 * @throws RecoveryError `webhook-unusable` that names every file that cannot be used, without what it holds.
 */
export async function webhookSinks(files: readonly string[], surroundings: Surroundings): Promise<Sink[]> {
  const found = await Promise.all(files.map(async (file) => ({ file, ...(await webhookIn(file)) })));
  const problems = found.flatMap((each) => ("problem" in each ? [each.problem] : []));
  if (problems.length > 0) throw new RecoveryError("webhook-unusable", problems.join("; "));
  return found.flatMap((each) => ("url" in each ? [webhookSink(postWebhook, each, surroundings)] : []));
}

async function webhookIn(file: string): Promise<{ readonly url: URL } | { readonly problem: string }> {
  try {
    const address = webhookAddress(await readFile(file, "utf8"));
    return "url" in address ? address : { problem: `${file} holds no URL of a webhook: ${address.problem}` };
  } catch (error) {
    return { problem: `the file of --webhook-file cannot be read: ${messageOf(error)}` };
  }
}

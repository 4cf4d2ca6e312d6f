import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { postWebhook } from "../../clients/webhook.ts";
import type { AlarmSendReport } from "../../domain/alarm/message.ts";
import { alarmContent, type AlarmContent } from "../../domain/alarm/report.ts";
import { webhookAddress } from "../../domain/alarm/webhook-address.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { sendAlarm } from "../../operations/alarm/send.ts";
import { printText } from "../output.ts";
import { surroundingsOfProcess } from "../session.ts";

export interface AlarmSendOptions {
  readonly output: "table" | "json";
  readonly webhookFile: string;
}

/** `postgres-recovery alarm send`; the result is the exit code. */
export async function alarmSend(file: string, { output, webhookFile }: AlarmSendOptions): Promise<number> {
  const surroundings = surroundingsOfProcess();
  const url = await webhookUrl(webhookFile);
  const content = await contentOf(file);
  const message = { version: 1, id: randomUUID(), ...content, sentAt: surroundings.now().toISOString() } as const;
  const report = await sendAlarm(postWebhook, url, message, surroundings);
  printText(output === "json" ? visibleJson(report, 2) : sentText(report));
  return 0;
}

async function webhookUrl(file: string): Promise<URL> {
  const content = await readFile(file, "utf8").catch((error: unknown) => {
    throw new RecoveryError("webhook-unusable", `the file of --webhook-file cannot be read: ${messageOf(error)}`);
  });
  const address = webhookAddress(content);
  if ("url" in address) return address.url;
  throw new RecoveryError("webhook-unusable", `${file} holds no URL of a webhook: ${address.problem}`);
}

async function contentOf(file: string): Promise<AlarmContent> {
  const from = file === "-" ? "stdin" : file;
  const json = await (file === "-" ? text(process.stdin) : readFile(file, "utf8")).catch((error: unknown) => {
    throw new RecoveryError("alarm-report-unreadable", `${from} cannot be read: ${messageOf(error)}`);
  });
  const content = alarmContent(parsed(json));
  if (content !== undefined) return content;
  const what = json.trim() === "" ? "is empty" : "is not the JSON of `stanza list` or `harbor status`";
  throw new RecoveryError("alarm-report-unreadable", `${from} ${what}`, {
    next: "give the check `-o json`, and see its stderr",
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function sentText({ attempts, findings, id, severity, status }: AlarmSendReport): string {
  const count = findings === 1 ? "1 finding" : `${findings} findings`;
  const tries = attempts === 1 ? "" : ` after ${attempts} attempts`;
  return `delivered${tries}: ${count}, severity ${severity}, id ${id} (HTTP ${status})`;
}

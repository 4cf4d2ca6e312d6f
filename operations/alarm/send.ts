import type { AlarmMessage, AlarmSendReport } from "../../domain/alarm/message.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import type { Sink } from "./sink.ts";

/**
 * Sends one message to every sink at the same time. A sink that fails does not keep the message from the others.
 *
 * @throws RecoveryError of the sink that failed, or `alarm-not-delivered` when several did; its message names them all.
 */
export async function sendAlarm(
  sinks: readonly Sink[],
  message: AlarmMessage,
  signal: AbortSignal,
): Promise<AlarmSendReport> {
  const outcomes = await Promise.allSettled(sinks.map(({ deliver }) => deliver(message)));
  signal.throwIfAborted();
  const failed = outcomes.flatMap((outcome, index) => {
    const error: unknown = outcome.status === "rejected" ? outcome.reason : undefined;
    return error === undefined ? [] : [{ name: sinks[index]?.name ?? "", error }];
  });
  if (failed.length > 0) throw failure(failed, sinks.length);
  const { findings, id, severity } = message;
  const deliveries = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  return { version: 1, id, severity, findings: findings.length, deliveries };
}

function failure(failed: readonly { readonly name: string; readonly error: unknown }[], sinks: number): unknown {
  const [only] = failed;
  if (sinks === 1) return only?.error;
  const what = failed.map(({ error, name }) => `${name}: ${messageOf(error)}`).join("; ");
  const message = `${failed.length} of ${sinks} sinks did not get the message: ${what}`;
  const known = failed.length === 1 && only?.error instanceof RecoveryError ? only.error : undefined;
  return new RecoveryError(known?.code ?? "alarm-not-delivered", message, {
    next: known?.next,
    cause: failed.length === 1 ? only?.error : new AggregateError(failed.map(({ error }) => error)),
  });
}

import { errorKinds } from "../domain/catalogue/error-codes.ts";
import type { ErrorReport } from "../domain/error-report.ts";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import { pasteable, type Place } from "./hints.ts";
import { visibleJson } from "../domain/visible-text.ts";

type Failure = ErrorReport["error"];

/** An error as the caller sees it, its hint with the Kubernetes cluster. Anything but a RecoveryError is `unexpected`. */
export function failureOf(error: unknown, place: Place = {}): Failure {
  if (error instanceof RecoveryError) {
    const { code, kind, message, next } = error;
    return { code, kind, message, next: next === undefined ? null : pasteable(next, place) };
  }
  return { code: "unexpected", kind: errorKinds.unexpected, message: messageOf(error), next: null };
}

/** A mistake in the arguments that Commander found. */
export function argumentsFailure(message: string): Failure {
  const code = "arguments-invalid";
  return { code, kind: errorKinds[code], message: message.replace(/^error: /, ""), next: null };
}

/**
 * An error for a person, on stderr.
 *
 * @example failureText({ code: "leader-moved", kind: "failed", message: "a/b: the leader moved", next: "run again" })
 * // → "error[leader-moved]: a/b: the leader moved\nnext: run again\n"
 */
export function failureText({ code, message, next }: Failure): string {
  return `error[${code}]: ${message}\n${next === null ? "" : `next: ${next}\n`}`;
}

/** An error for a machine, on stdout. */
export function failureJson(error: Failure): string {
  return visibleJson({ version: 1, error } satisfies ErrorReport);
}

/**
 * Whether a failure is also printed on stdout. It is not with `--request`: Pulumi's engine shows both stdout and stderr of
 * a failed step, so the person would read the same twice.
 *
 * @example wantsFailureJson(["stanza", "list", "-o", "json"]) // → true
 * @example wantsFailureJson(["stanza", "create", "--request", "-", "--output=json"]) // → false
 */
export function wantsFailureJson(parameters: readonly string[]): boolean {
  const isRequest = parameters.some((text) => text === "--request" || text.startsWith("--request="));
  if (isRequest) return false;
  return parameters.some(
    (text, index) =>
      text === "-ojson" ||
      text === "--output=json" ||
      (text === "json" && ["-o", "--output"].includes(parameters[index - 1] ?? "")),
  );
}

/** Deeper causes are left out. A longer chain is a circle. */
const deepest = 10;

/**
 * The stack of an error and of everything that caused it, for `--debug`. Only names, messages and stack frames are shown:
 * other properties of errors hold requests, answers and headers.
 */
export function stackText(error: unknown): string {
  return stackLines(error, "debug: ", 0).join("\n");
}

function stackLines(error: unknown, label: string, depth: number): string[] {
  if (depth > deepest) return [`${label}…`];
  if (!(error instanceof Error)) return [`${label}${String(error)}`];
  const code = error instanceof RecoveryError ? ` [${error.code}]` : "";
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const lines = [`${label}${error.name}${code}: ${error.message}`, ...frames];
  if (error.cause !== undefined) lines.push(...stackLines(error.cause, "caused by: ", depth + 1));
  if (error instanceof AggregateError)
    for (const one of error.errors) lines.push(...stackLines(one, "one of them: ", depth + 1));
  return lines;
}

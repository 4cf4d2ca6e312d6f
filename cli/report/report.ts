import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { askPulumi } from "../../clients/pulumi.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { outputsIn, stackReport, type ReportedTarget, type StackReport } from "../../domain/stack/report.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { verdictExitCode } from "../exit-codes.ts";
import type { ColorChoice } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { fittedTable, painted } from "../table.ts";

export interface ReportOptions {
  readonly stack?: string | undefined;
  readonly state?: string | undefined;
  readonly output: "table" | "json";
  readonly color: ColorChoice;
}

/** `postgres-recovery report`; the result is the exit code. */
export async function report(options: ReportOptions): Promise<number> {
  const found = stackReport(outputsIn(await storedOutputs(options)));
  printText(options.output === "json" ? visibleJson(found, 2) : reportTable(found, options.color), options.color);
  return verdictExitCode(found.targets.map(verdictOf));
}

/**
 * The outputs of a stack, as Pulumi or a file has them.
 *
 * @throws RecoveryError `usage` when they cannot be read, or when neither a stack nor a file is named.
 */
export async function storedOutputs({ stack, state }: Pick<ReportOptions, "stack" | "state">): Promise<unknown> {
  if (state !== undefined) return fromFile(state);
  if (stack !== undefined) return askPulumi(["stack", "output", "--json", "--stack", stack]);
  throw new RecoveryError("stack-unreadable", "name a stack with --stack, or an exported state with --state", {
    next: "see the stacks of this project: pulumi stack ls",
  });
}

async function fromFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"));
  } catch (error) {
    // Node's message of a SyntaxError quotes the text, and a state may hold secrets.
    const isJson = !(error instanceof SyntaxError);
    const why = isJson ? messageOf(error) : "it is not JSON";
    throw new RecoveryError("stack-unreadable", `${file} cannot be read: ${why}`, isJson ? { cause: error } : {});
  }
}

function verdictOf({ outcome }: ReportedTarget): Verdict {
  if (outcome === "failed") return "finding";
  return outcome === "unreadable" ? "undetermined" : "okay";
}

/** The last run of each target for a person. */
export function reportTable({ kubernetes, targets }: StackReport, color: ColorChoice, width = outputWidth()): string {
  const where = kubernetes === undefined ? "" : `context ${kubernetes.context}\n\n`;
  if (targets.length === 0) return `${where}the stack has no target`;
  const rows = targets.map((target) => [
    target.cluster,
    painted(target.outcome, verdictOf(target), color),
    target.finishedAt ?? "-",
    target.error === undefined ? target.what : `[${target.error.code}] ${target.what}`,
  ]);
  const hints = targets.flatMap(({ cluster, next }) => (next === null ? [] : [`next: ${cluster}: ${next}`]));
  return [
    `${where}${fittedTable(["TARGET", "OUTCOME", "FINISHED", "DETAIL"], rows, { width })}`,
    ...(hints.length === 0 ? [] : ["", ...hints]),
  ].join("\n");
}

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { askPulumi } from "../../clients/pulumi.ts";
import { connectJudgedObjects } from "../../clients/kubernetes/judged-objects.ts";
import { checkReport } from "../../domain/check/check.ts";
import { resourcesOfState } from "../../domain/check/state.ts";
import type { CheckReport } from "../../domain/check/report.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { parsedJson } from "../../domain/text.ts";
import { stackTargets } from "../../domain/stack/config.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { checkCluster } from "../../operations/check/live.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingVerdict, withPlace } from "../findings.ts";
import { rememberPlace } from "../hints.ts";
import type { CommonOptions } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { kubernetesTarget, surroundingsOfProcess } from "../session.ts";
import { junitReport } from "./junit.ts";
import { checkManifests } from "./manifests.ts";
import { sarifReport } from "./sarif.ts";
import { checkTable } from "./table.ts";

export interface CheckOptions extends Omit<CommonOptions, "output"> {
  readonly output: "table" | "json" | "sarif" | "junit";
  readonly file?: readonly string[] | undefined;
  readonly state?: string | undefined;
  readonly stack?: string | undefined;
  readonly namespace?: string | undefined;
}

/** `postgres-recovery check`; the result is the exit code. */
export async function check(options: CheckOptions): Promise<number> {
  const found = await checked(options);
  const report = { ...found, findings: withPlace(found.findings) };
  printText(rendered(report, options), options.output === "table" ? options.color : "never");
  return verdictExitCode(report.findings.map(({ severity }) => findingVerdict(severity)));
}

async function checked(options: CheckOptions): Promise<CheckReport> {
  const { file, namespace, state } = options;
  if (file !== undefined) return checkManifests(file, read);
  if (state !== undefined) return checkState(state);
  const target = kubernetesTarget(await withStack(options));
  rememberPlace(target);
  const { progress, signal } = surroundingsOfProcess();
  return checkCluster(await connectJudgedObjects(target, signal, progress), namespace);
}

async function checkState(file: string): Promise<CheckReport> {
  const content = await read(file).catch((error: unknown) => {
    throw new RecoveryError("stack-unreadable", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return checkReport({ source: "state", context: null, resources: resourcesOfState(parsedJson(content)) });
}

/** A file, or stdin for `-`. */
async function read(file: string): Promise<string> {
  return file === "-" ? text(process.stdin) : readFile(file, "utf8");
}

/** With `--stack`, the stack's context and kubeconfig are those that were not given. */
async function withStack(options: CheckOptions): Promise<CheckOptions> {
  const { context, kubeconfig, stack } = options;
  if (stack === undefined) return options;
  const targets = stackTargets(stack, await askPulumi(["config", "--json", "--stack", stack]));
  return {
    ...options,
    context: context ?? targets.context,
    kubeconfig: kubeconfig ?? (context === undefined ? targets.kubeconfig : undefined),
  };
}

function rendered(report: CheckReport, { color, output }: CheckOptions): string {
  switch (output) {
    case "table":
      return checkTable(report, color, outputWidth());
    case "json":
      return visibleJson(report, 2);
    case "sarif":
      return visibleJson(sarifReport(report), 2);
    case "junit":
      return junitReport(report);
  }
}

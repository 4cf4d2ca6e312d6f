import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import type { CheckedFile, ConfigCheckReport } from "../../domain/stack/config-check.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { checkSettings } from "../../settings/settings.ts";
import { readStackFile, type StackFile } from "../../settings/stack-file.ts";
import { verdictExitCode } from "../exit-codes.ts";
import type { ColorChoice } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { fittedTable, painted } from "../table.ts";
import { filesOf, projectAt, shownPath, type PulumiProject } from "./project.ts";

export interface ConfigCheckOptions {
  readonly stack?: string | undefined;
  readonly output: "table" | "json";
  readonly color: ColorChoice;
}

type CheckedProblem = CheckedFile["problems"][number];

/** `postgres-recovery config check`; the result is the exit code. */
export async function configCheck({ color, output, stack }: ConfigCheckOptions): Promise<number> {
  const project = await projectAt(process.cwd());
  const files = await Promise.all(filesOf(project, stack).map(([name, file]) => checkedFile(project, name, file)));
  const report: ConfigCheckReport = { version: 1, files };
  printText(output === "json" ? visibleJson(report, 2) : checkTable(report, color), color);
  return verdictExitCode(files.flatMap(({ problems }) => problems.map(verdictOf)));
}

async function checkedFile(project: PulumiProject, stack: string, path: string): Promise<CheckedFile> {
  const file = shownPath(path);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new RecoveryError("stack-unreadable", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return {
    stack,
    file,
    ...checkStackFile(readStackFile(text, project.name), { stack, hasDefaults: project.hasConfig }),
  };
}

/**
 * Everything that is wrong in a stack file.
 *
 * @param hasDefaults whether the project file has values for every stack.
 */
export function checkStackFile(
  file: StackFile,
  { stack, hasDefaults }: { readonly stack: string; readonly hasDefaults: boolean },
): Pick<CheckedFile, "problems" | "notJudged"> {
  if (file.syntaxProblems.length > 0) {
    const problems = file.syntaxProblems.map(
      (problem) => ({ ...problem, status: "wrong", setting: "", cluster: null }) as const,
    );
    return { problems, notJudged: [] };
  }
  const { encrypted, otherKeys, values } = file;
  const secretKeys = new Set(encrypted.map(([key]) => String(key)));
  const { problems } = checkSettings({ stack, values, secretKeys, otherKeys, encrypted });
  const mayComeFromElsewhere = file.hasEnvironments || hasDefaults;
  const found = problems.map((problem): CheckedProblem => {
    const isUnknown = problem.isMissing && mayComeFromElsewhere;
    return {
      status: isUnknown ? "unknown" : "wrong",
      ...file.positionOf(problem),
      setting: z.core.toDotPath([...problem.path]),
      cluster: problem.cluster ?? null,
      message: isUnknown
        ? `${problem.message}, unless it comes from elsewhere: pulumi config --stack ${stack}`
        : problem.message,
    };
  });
  return {
    problems: found.toSorted((a, b) => a.line - b.line || a.column - b.column),
    notJudged: encrypted.map((path) => ({ ...file.positionOf({ path }), setting: z.core.toDotPath([...path]) })),
  };
}

function verdictOf({ status }: CheckedProblem): Verdict {
  return status === "wrong" ? "finding" : "undetermined";
}

const statusWords = { wrong: "PROBLEM", unknown: "UNKNOWN" } as const;

/** What was found, for a person. Each place can be opened by an editor or a terminal that knows FILE:LINE:COLUMN. */
export function checkTable({ files }: ConfigCheckReport, color: ColorChoice, width = outputWidth()): string {
  return files.map((file) => fileText(file, color, width)).join("\n\n");
}

function fileText({ file, problems, notJudged }: CheckedFile, color: ColorChoice, width: number): string {
  const wrong = problems.map((problem) => [
    `${file}:${problem.line}:${problem.column}`,
    painted(statusWords[problem.status], verdictOf(problem), color),
    `${settingText(problem)}${problem.message}`,
  ]);
  const hidden = notJudged.map(({ column, line, setting }) => [
    `${file}:${line}:${column}`,
    painted("not judged", "not-expected", color),
    `${setting}: is encrypted; \`pulumi preview\` judges it`,
  ]);
  const rows = [...wrong, ...hidden];
  const verdict = problems.length === 0 ? `${file}: nothing is wrong` : `${file}: ${countText(problems.length)}`;
  if (rows.length === 0) return verdict;
  return `${verdict}\n\n${fittedTable(["PLACE", "STATUS", "DETAIL"], rows, { width })}`;
}

function settingText({ cluster, setting }: CheckedProblem): string {
  if (setting === "") return "";
  return `${setting}${cluster === null ? "" : ` (${cluster})`}: `;
}

function countText(count: number): string {
  return count === 1 ? "1 problem" : `${count} problems`;
}

import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { endProcess, printText } from "../output.ts";
import { commandWords, expectedAt, type Candidate, type Expected } from "./candidates.ts";

/** `postgres-recovery complete`: prints what may come at the end of a command line, one a line. It never fails. */
export async function complete(root: CommandUnknownOpts, line: string): Promise<void> {
  const words = commandWords(line).slice(1);
  const expected = expectedAt(root, words);
  const typed = words.at(-1) ?? "";
  const candidates = (await candidatesOf(expected))
    .map(({ value, description }) => ({ value: `${expected.prefix}${value}`, description }))
    .filter(({ value }) => value.startsWith(typed));
  const lines = expected.kind === "files" ? [":files"] : candidates.map(lineOf);
  if (lines.length > 0) printText(lines.join("\n"));
  // A login helper that hangs must not keep the shell waiting.
  endProcess();
}

function lineOf({ value, description }: Candidate): string {
  return description === "" ? value : `${value}\t${description}`;
}

async function candidatesOf(expected: Expected): Promise<readonly Candidate[]> {
  switch (expected.kind) {
    case "files":
      return [];
    case "words":
      return expected.words;
    case "stacks":
      return (await stackNames()).map((value) => ({ value, description: "" }));
    case "contexts":
    case "namespaces":
    case "PostgresCluster":
    case "HarborCluster":
      return (await namesOf(expected)).map((value) => ({ value, description: "" }));
  }
}

/** The stacks that have a file; none outside of a project. */
async function stackNames(): Promise<string[]> {
  const { projectAt } = await import("../config/project.ts");
  const project = await projectAt(process.cwd()).catch(() => undefined);
  return [...(project?.stackFiles.keys() ?? [])];
}

/** The Kubernetes client is loaded only now: most words need none. */
async function namesOf(
  expected: Exclude<Expected, { readonly kind: "files" | "stacks" | "words" }>,
): Promise<string[]> {
  const { clusterNames, contextNames, namespaces } = await import("./live.ts");
  switch (expected.kind) {
    case "contexts":
      return contextNames(expected.target);
    case "namespaces":
      return namespaces(expected.target);
    case "PostgresCluster":
    case "HarborCluster":
      return clusterNames(expected.kind, expected.target);
  }
}

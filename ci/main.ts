// The steps of CI, as plain commands: `npm run ci:preview -- STACK`. docs/ci.md describes them.
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { messageOf } from "../domain/errors.ts";
import { writeComment } from "./comment.ts";
import { exitCodeOf, judgedRun, print, type JudgedRun } from "./engine.ts";
import { summary } from "./summary.ts";

const project = process.cwd();
const cli = join(import.meta.dirname, "../bin/postgres-recovery");

/** Runs the CLI; the result is its exit code, and what it printed on stderr. */
async function run(...parameters: string[]): Promise<{ readonly exitCode: number; readonly stderr: string }> {
  const running = spawn(cli, parameters, { cwd: project, stdio: ["ignore", "inherit", "pipe"] });
  let stderr = "";
  running.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    process.stderr.write(chunk);
  });
  return { exitCode: await exitCodeOf(running), stderr };
}

/** Prints why a step is red; the result is the exit code. */
function verdict(what: string, problems: readonly string[]): number {
  for (const problem of problems) print(`${what}: ${problem}`);
  if (problems.length === 0) print(`${what}: fine`);
  return problems.length === 0 ? 0 : 1;
}

async function preview(stack: string, file: string | undefined): Promise<number> {
  const { exitCode } = await run("config", "check", "--stack", stack);
  if (exitCode !== 0) return exitCode;
  const judged = await judgedRun(["preview"], stack, project);
  if (file !== undefined) await writeFile(file, summary(stack, judged, judged.problems));
  return verdict(`preview of ${stack}`, judged.problems);
}

/** Policies about several resources judge at the end of an update, so a preview comes first. */
async function up(stack: string): Promise<number> {
  const exitCode = await preview(stack, undefined);
  if (exitCode !== 0) return exitCode;
  const { problems } = await judgedRun(["up", "--yes", "--skip-preview"], stack, project);
  return verdict(`up of ${stack}`, problems);
}

async function drift(stack: string): Promise<number> {
  const judged = await judgedRun(["preview", "--refresh"], stack, project);
  return verdict(`drift of ${stack}`, [...judged.problems, ...driftIn(judged)]);
}

function driftIn({ changes }: JudgedRun): string[] {
  return changes.length === 0 ? [] : [`${changes.length} resources are not as they are declared`];
}

/** Both run, whatever the first one finds. A cluster without PGO is checked all the same; one without any database is red. */
async function check(stack: string): Promise<number> {
  const stanzas = await run("stanza", "list", "--stack", stack);
  const hasNone = /^error\[(context-without-clusters|kubernetes-resource-unknown)\]/m.test(stanzas.stderr);
  const rules = await run("check", "--stack", stack);
  return (hasNone ? 0 : stanzas.exitCode) || rules.exitCode;
}

async function comment(pullRequest: number, { file, marker }: { file: string; marker: string }): Promise<number> {
  const place = {
    api: needed("GITHUB_API_URL"),
    repository: needed("GITHUB_REPOSITORY"),
    token: needed("GITHUB_TOKEN"),
  };
  const done = await writeComment({ ...place, pullRequest }, marker, await readFile(file, "utf8"));
  print(`comment ${done}`);
  return 0;
}

function needed(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === "") throw new Error(`the variable ${variable} is not set`);
  return value;
}

function pullRequestArgument(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("expected the number of a pull request");
  return Number(text);
}

function program(end: (exitCode: number) => void): Command {
  const root = new Command("ci").description("the steps of CI for one stack; each ends with 0 only when all is fine");
  root
    .command("preview <stack>")
    .description("check the stack file, preview it, and judge it by the policies")
    .option("--summary <file>", "also write what was found, as Markdown")
    .action(async (stack, options) => {
      end(await preview(stack, options.summary));
    });
  root
    .command("up <stack>")
    .description("preview, and update only if the preview is fine")
    .action(async (stack) => {
      end(await up(stack));
    });
  root
    .command("drift <stack>")
    .description("preview against what is really there; any change is red")
    .action(async (stack) => {
      end(await drift(stack));
    });
  root
    .command("check <stack>")
    .description("list the stanzas of the stack's cluster, and judge its databases by the policies; only reads")
    .action(async (stack) => {
      end(await check(stack));
    });
  root
    .command("comment")
    .description("write a file as the one comment of a pull request that has this marker")
    .argument("<pull-request>", "its number", pullRequestArgument)
    .requiredOption("--file <file>", "the comment, as Markdown")
    .requiredOption("--marker <name>", "names the comment, so that the next run updates it")
    .action(async (pullRequest, options) => {
      end(await comment(pullRequest, options));
    });
  return root;
}

try {
  await program((exitCode) => {
    process.exitCode = exitCode;
  }).parseAsync();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`error: ${messageOf(error)}\n`);
}

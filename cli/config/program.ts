import { Option, type Command } from "@commander-js/extra-typings";
import { exitCodeHelp } from "../exit-codes.ts";

const examples = [
  "postgres-recovery config check",
  "postgres-recovery config check --stack dev",
  "postgres-recovery config check -o json | jq -r '.files[].problems[] | \"\\(.line): \\(.message)\"'",
];

/** Adds `postgres-recovery config …`. */
export function addConfigCommands(root: Command, setExitCode: (code: number) => void): void {
  root
    .command("config")
    .description("the stack files, Pulumi.<stack>.yaml")
    .command("check")
    .description("everything that is wrong in stack files, with line and column; needs neither Pulumi nor a cluster")
    .option("--stack <name>", "check Pulumi.<name>.yaml (default: every stack file of the project)")
    .addOption(
      new Option("-o, --output <format>", "table for people, json for machines")
        .choices(["table", "json"] as const)
        .default("table" as const),
    )
    .addOption(
      new Option("--color <when>", "colours in the output")
        .choices(["auto", "always", "never"] as const)
        .default("auto" as const),
    )
    .option("--debug", "print the stack of an error with its causes, on stderr")
    .addHelpText(
      "after",
      () => `\nExamples:\n${examples.map((example) => `  ${example}`).join("\n")}\n\n${exitCodeHelp}`,
    )
    .action(async (options) => {
      setExitCode(await (await import("./check.ts")).configCheck(options));
    });
}

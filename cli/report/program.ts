import { Option, type Command } from "@commander-js/extra-typings";
import { exitCodeHelp } from "../exit-codes.ts";

const examples = [
  "postgres-recovery report --stack dev",
  "postgres-recovery report --stack dev -o json | jq '.targets[] | select(.outcome == \"failed\")'",
  "postgres-recovery report --state exported.json",
];

/** Adds `postgres-recovery report`. */
export function addReportCommand(root: Command, setExitCode: (code: number) => void): void {
  root
    .command("report")
    .description("the last run of each target of a Pulumi stack: when, what came out, what to do; needs no cluster")
    .addOption(new Option("--stack <name>", "read the outputs with `pulumi stack output`").conflicts("state"))
    .option(
      "--state <file>",
      "read a file that `pulumi stack export` or `pulumi stack output --json` has written; - is stdin",
    )
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
      setExitCode(await (await import("./report.ts")).report(options));
    });
}

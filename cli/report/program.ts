import { Option, type Command } from "@commander-js/extra-typings";
import { localCommand } from "../options.ts";

const examples = [
  "postgres-recovery report --stack dev",
  "postgres-recovery report --stack dev -o json | jq '.targets[] | select(.outcome == \"failed\")'",
  "postgres-recovery report --state exported.json",
];

/** Adds `postgres-recovery report`. */
export function addReportCommand(root: Command, setExitCode: (code: number) => void): void {
  localCommand(root, "report", examples)
    .description("the last run of each target of a Pulumi stack: when, what came out, what to do; needs no cluster")
    .addOption(new Option("--stack <name>", "read the outputs with `pulumi stack output`").conflicts("state"))
    .option(
      "--state <file>",
      "read a file that `pulumi stack export` or `pulumi stack output --json` has written; - is stdin",
    )
    .action(async (options) => {
      setExitCode(await (await import("./report.ts")).report(options));
    });
}

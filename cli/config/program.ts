import type { Command } from "@commander-js/extra-typings";
import { localCommand } from "../options.ts";

const examples = [
  "postgres-recovery config check",
  "postgres-recovery config check --stack dev",
  "postgres-recovery config check -o json | jq -r '.files[].problems[] | \"\\(.line): \\(.message)\"'",
];

/** Adds `postgres-recovery config …`. */
export function addConfigCommands(root: Command, setExitCode: (code: number) => void): void {
  const config = root.command("config").description("the stack files, Pulumi.<stack>.yaml");
  localCommand(config, "check", examples)
    .description("everything that is wrong in stack files, with line and column; needs neither Pulumi nor a cluster")
    .option("--stack <name>", "check Pulumi.<name>.yaml (default: every stack file of the project)")
    .action(async (options) => {
      setExitCode(await (await import("./check.ts")).configCheck(options));
    });
}

import { InvalidArgumentError, Option, type Command } from "commander";
import { duration, durationProblem, parseDuration, type Duration } from "../domain/duration.ts";
import type { Permission } from "../domain/kubernetes/permissions.ts";
import { exitCodeHelp } from "./exit-codes.ts";

export type OutputFormat = "table" | "json" | "log";
export type ColorChoice = "auto" | "always" | "never";

/** Options that every command has. */
export interface CommonOptions {
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly kubeSystemUid?: string | undefined;
  readonly output: OutputFormat;
  readonly color: ColorChoice;
  readonly timeout: Duration;
  readonly debug?: true;
}

/** Reads a duration such as `30s`. */
export function durationArgument(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new InvalidArgumentError(durationProblem);
  return parsed;
}

/** An option that takes a duration. */
export function durationOption(flags: string, description: string, standard: Parameters<typeof duration>[0]): Option {
  return new Option(flags, description).argParser(durationArgument).default(duration(standard), standard);
}

/** A whole number from 1 to 100. */
export function concurrencyArgument(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 100) throw new InvalidArgumentError("expected a whole number from 1 to 100");
  return count;
}

/** Adds the options, examples, permissions and exit codes that every command shows; `--timeout` where it has a meaning. */
export function withCommonOptions(
  command: Command,
  help: {
    readonly examples: readonly string[];
    readonly permissions: readonly Permission[];
    readonly timeout?: string;
  },
): Command {
  if (help.timeout !== undefined) {
    command.addOption(durationOption("--timeout <duration>", help.timeout, "30s"));
  }
  return command
    .option("--context <name>", "context of the kubeconfig (default: its current context)")
    .option("--kubeconfig <file>", "kubeconfig (default: the variable KUBECONFIG, else ~/.kube/config)")
    .option("--kube-system-uid <uid>", "do nothing unless the kube-system namespace has this UID")
    .addOption(
      new Option("-o, --output <format>", "table for people, json for machines, log for the runbook's lines")
        .choices(["table", "json", "log"])
        .default("table"),
    )
    .addOption(
      new Option("--color <when>", "colours in the output").choices(["auto", "always", "never"]).default("auto"),
    )
    .option(
      "--debug",
      "show every remote command and how long it took, and the stack of an error with its causes, on stderr",
    )
    .addHelpText(
      "after",
      () => `\n${examplesHelp(help.examples)}\n\n${permissionsHelp(help.permissions)}\n\n${exitCodeHelp}`,
    );
}

function examplesHelp(examples: readonly string[]): string {
  return ["Examples:", ...examples.map((example) => `  ${example}`)].join("\n");
}

function permissionsHelp(permissions: readonly Permission[]): string {
  const rows = permissions.map(({ apiGroup, resource, verbs, why }) => {
    const name = apiGroup === "" ? resource : `${resource}.${apiGroup}`;
    return `  ${name.padEnd(52)} ${verbs.join(",").padEnd(12)} ${why}`;
  });
  return ["Kubernetes permissions:", ...rows].join("\n");
}

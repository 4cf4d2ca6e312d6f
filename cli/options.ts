import { Command, InvalidArgumentError, Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { duration, durationProblem, parseDuration, type Duration } from "../domain/duration.ts";
import type { Permission } from "../domain/kubernetes/permissions.ts";
import { optionPermissions, stepPermissions, type StepName } from "../domain/steps/permissions.ts";
import { flagCodes, type FlagCode } from "../domain/stanza/flag-codes.ts";
import { clusterArgument } from "./cluster-argument.ts";
import { exitCodeHelp } from "./exit-codes.ts";

export type OutputFormat = "table" | "json" | "log";
/** The format that Prometheus reads. */
export type MetricsFormat = "openmetrics";
/** The formats of a step, with those that other programs read. */
type AnyFormat = OutputFormat | MetricsFormat | "sarif" | "junit";
export type ColorChoice = "auto" | "always" | "never";

/** The options of every command. */
export interface CommonOptions {
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly kubeSystemUid?: string | undefined;
  readonly output: OutputFormat;
  readonly color: ColorChoice;
  readonly debug?: true | undefined;
}

/** Parses a duration such as `30s`. */
function durationArgument(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new InvalidArgumentError(durationProblem);
  return parsed;
}

/** An option that takes a duration. */
export function durationOption<Usage extends string>(
  usage: Usage,
  description: string,
  standard: Parameters<typeof duration>[0],
) {
  return new Option(usage, description).default(duration(standard), standard).argParser(durationArgument);
}

/** An option that takes a duration and has no default. */
export function optionalDurationOption<Usage extends string>(usage: Usage, description: string) {
  return new Option(usage, description).argParser(durationArgument);
}

/** The default of an option that takes several values. */
export function noTexts(): string[] {
  return [];
}

/** A whole number from 1 to 100. */
export function concurrencyArgument(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 100) throw new InvalidArgumentError("expected a whole number from 1 to 100");
  return count;
}

/** A major version of PostgreSQL. */
export function majorArgument(text: string): number {
  if (!/^\d{2}$/.test(text)) throw new InvalidArgumentError("expected a major version such as 12");
  return Number(text);
}

const formatHelp: Readonly<Record<AnyFormat, string>> = {
  table: "table for people",
  json: "json for machines",
  log: "log for one line per result",
  sarif: "sarif for code scanning",
  junit: "junit for CI systems",
  openmetrics: "openmetrics for Prometheus",
};

/** The formats of a step whose result is a list. */
export const listFormats = ["table", "json", "log"] as const;
/** The formats of a check that runs on a schedule. */
export const watchedFormats = [...listFormats, "openmetrics"] as const;
/** The formats of a step whose result is one thing. */
export const resultFormats = ["table", "json"] as const;

/** The commands that `pulumi up` runs and a person has no use for. They work, but `--help` does not list them. */
const plumbing: readonly StepName[] = ["harbor environment", "harbor fingerprint", "secrets fingerprint", "stack look"];

/** Flags of `stanza list`, separated by commas. */
export function flagsArgument(text: string): FlagCode[] {
  const wanted = text.split(",").map((word) => word.trim());
  const unknown = wanted.filter((word) => !flagCodes.some((code) => code === word));
  if (unknown.length === 0) return flagCodes.filter((code) => wanted.includes(code));
  throw new InvalidArgumentError(`no such flag: ${unknown.join(", ")}. The flags are ${flagCodes.join(", ")}`);
}

function outputOption<Formats extends readonly [AnyFormat, ...AnyFormat[]]>(formats: Formats) {
  const description = formats.map((format) => formatHelp[format]).join(", ");
  return new Option("-o, --output <format>", description).choices(formats).default("table" as const);
}

function colorOption() {
  return new Option("--color <when>", "colours in the output")
    .choices(["auto", "always", "never"] as const)
    .default("auto" as const);
}

/** A command that asks no cluster, with the options that it has besides its own, and with examples and exit codes in its help. */
export function localCommand(parent: CommandUnknownOpts, name: string, examples: readonly string[]) {
  const command = new Command(name).copyInheritedSettings(parent);
  parent.addCommand(command);
  return command
    .addOption(outputOption(resultFormats))
    .addOption(colorOption())
    .option("--debug", "print the stack of an error with its causes, on stderr")
    .addHelpText("after", () => `\n${examplesHelp(examples)}\n\n${exitCodeHelp}`);
}

/** The command of a step, with the common options, and with examples, permissions and exit codes in its help. */
export function stepCommand<const Formats extends readonly [AnyFormat, ...AnyFormat[]]>(
  parent: CommandUnknownOpts,
  step: StepName,
  formats: Formats,
  examples: readonly string[],
) {
  const command = new Command(step.slice(step.lastIndexOf(" ") + 1)).copyInheritedSettings(parent);
  parent.addCommand(command, { hidden: plumbing.includes(step) });
  return command
    .option("--context <name>", "context of the kubeconfig (default: its current context)")
    .option("--kubeconfig <file>", "kubeconfig (default: the variable KUBECONFIG, else ~/.kube/config)")
    .option("--kube-system-uid <uid>", "do nothing unless the kube-system namespace has this UID")
    .addOption(outputOption(formats))
    .addOption(colorOption())
    .option(
      "--debug",
      "print every remote command with its duration, and the stack of an error with its causes, on stderr",
    )
    .addHelpText("after", () => `\n${examplesHelp(examples)}\n\n${permissionsHelp(step)}\n\n${exitCodeHelp}`);
}

/** The command of a step that takes one cluster as an argument, or a whole request from stdin. */
export function requestedStepCommand<const Formats extends readonly [AnyFormat, ...AnyFormat[]]>(
  parent: CommandUnknownOpts,
  step: StepName,
  cluster: Parameters<typeof clusterArgument>[0],
  formats: Formats,
  examples: readonly string[],
) {
  const description = { PostgresCluster: "NAMESPACE/CLUSTER", HarborCluster: "the HarborCluster, as NAMESPACE/NAME" };
  return stepCommand(parent, step, formats, examples)
    .argument("[cluster]", description[cluster], clusterArgument(cluster))
    .addOption(
      // For `pulumi up`, so `--help` does not list it. docs/schema describes the requests.
      new Option("--request <source>", "read one JSON request from stdin instead of the arguments")
        .choices(["-"] as const)
        .hideHelp(),
    );
}

function examplesHelp(examples: readonly string[]): string {
  return ["Examples:", ...examples.map((example) => `  ${example}`)].join("\n");
}

function permissionsHelp(step: StepName): string {
  const row = ({ apiGroup, resource, verbs, why }: Permission): string => {
    const name = apiGroup === "" ? resource : `${resource}.${apiGroup}`;
    return `  ${name.padEnd(52)} ${verbs.join(",").padEnd(12)} ${why}`;
  };
  const options = optionPermissions.filter((optional) => optional.step === step);
  const optionRows = options.flatMap(({ option, permissions }) =>
    permissions.map((permission) => row({ ...permission, why: `only with ${option}: ${permission.why}` })),
  );
  const rows: readonly Permission[] = stepPermissions[step];
  return ["Kubernetes permissions:", ...rows.map(row), ...optionRows].join("\n");
}

import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

/** A step of a runbook: a command of the CLI, with everything that it is told. */
export interface StepArgs {
  /** The CLI's command, such as `harbor roll`: the same text for every stack and machine, for it goes into the state. */
  readonly command: string;
  /** The one JSON request that it reads from stdin. */
  readonly request: pulumi.Input<object>;
  /** The step runs again when one of these is another, and only then. */
  readonly triggers: readonly pulumi.Input<unknown>[];
  /** Seconds that the step allows itself; the engine ends it ten minutes later. */
  readonly seconds: number;
}

const graceSeconds = 600;

/** Runs a step once for its triggers. It has no `delete`: nothing is undone when it leaves the stack. */
export function step(
  name: string,
  { command, request, seconds, triggers }: StepArgs,
  options: pulumi.CustomResourceOptions,
): local.Command {
  return new local.Command(
    name,
    {
      create: commandLine(command),
      // Keeps the report of before when an input is edited.
      update: `printf %s "$PULUMI_COMMAND_STDOUT"`,
      stdin: pulumi.jsonStringify(request),
      triggers: [...triggers],
      logging: local.Logging.Stderr,
    },
    { ...options, customTimeouts: { create: `${seconds + graceSeconds}s` } },
  );
}

/** Runs a step that only reads, in every preview and `up`. It waits for nothing that `dependsOn` still has to do in a preview. */
export function look(command: string, request: object, options: pulumi.InvokeOutputOptions): pulumi.Output<string> {
  return local.runOutput(
    { command: commandLine(command), stdin: JSON.stringify(request), logging: local.Logging.None },
    options,
  ).stdout;
}

/** What a step printed. */
export function reportOf<Report>(schema: z.ZodType<Report>, stdout: pulumi.Output<string>): pulumi.Output<Report> {
  return stdout.apply((text) => schema.parse(JSON.parse(text)));
}

function commandLine(command: string): string {
  return `exec bin/postgres-recovery ${command} --request - --output json`;
}

import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { StepName } from "../domain/steps/permissions.ts";
import {
  reportSchema,
  requestSchema,
  type ReportOf,
  type RequestedStep,
  type RequestOf,
} from "../domain/steps/steps.ts";

/** A request, or one that depends on a secret or on another resource. */
type KnownRequest<Name extends RequestedStep> = RequestOf<Name> | pulumi.Output<RequestOf<Name>>;

/** How a step is run. */
export interface StepArgs<Name extends RequestedStep> {
  /** Passed to the step as one JSON object on stdin. */
  readonly request: KnownRequest<Name>;
  /** The step runs again when one of these changes, and only then. */
  readonly triggers: readonly pulumi.Input<unknown>[];
  /** The step's own time limit in seconds. Pulumi's engine ends the step ten minutes later. */
  readonly seconds: number;
}

/** A step as a resource of the stack. */
export interface DeclaredStep<Name extends RequestedStep> {
  readonly resource: local.Command;
  /** What the step printed. */
  readonly report: pulumi.Output<ReportOf<Name>>;
}

const graceSeconds = 600;

/**
 * Runs a step once, and again when one of its triggers changes. It has no `delete`: nothing is undone when the step is
 * removed from the stack. A request that the step would refuse already fails in the preview.
 */
export function step<Name extends RequestedStep>(
  command: Name,
  resourceName: string,
  { request, seconds, triggers }: StepArgs<Name>,
  options: pulumi.CustomResourceOptions,
): DeclaredStep<Name> {
  const resource = new local.Command(
    resourceName,
    {
      create: commandLine(command),
      // Keeps the previous report when only an input was edited.
      update: `printf %s "$PULUMI_COMMAND_STDOUT"`,
      stdin: stdinOf(command, request),
      triggers: [...triggers],
      logging: local.Logging.Stderr,
    },
    { ...options, customTimeouts: { create: `${seconds + graceSeconds}s` } },
  );
  return {
    resource,
    // Parsed only when it is used: an older version may have left a report of another form in the state.
    get report() {
      return reportOf(command, resource.stdout);
    },
  };
}

/**
 * Runs a step of which the request says which run it is, and again when that changes. A failed run is a report as well: the
 * step then succeeds, and the program has to fail the update. Everything happens in an update of the same resource, so
 * Pulumi never shows a replacement, whose second half looks like a deletion.
 */
export function countedStep<Name extends RequestedStep>(
  command: Name,
  resourceName: string,
  { request, seconds }: Omit<StepArgs<Name>, "triggers">,
  options: pulumi.CustomResourceOptions,
): local.Command {
  const timeout = `${seconds + graceSeconds}s`;
  return new local.Command(
    resourceName,
    {
      create: commandLine(command),
      // The step itself prints the previous report when nothing but an input was edited.
      update: commandLine(command),
      stdin: stdinOf(command, request),
      logging: local.Logging.Stderr,
    },
    {
      ...options,
      customTimeouts: { create: timeout, update: timeout },
      // Older versions had them. Without this, Pulumi would replace their resources, and everything would run again.
      ignoreChanges: ["triggers"],
    },
  );
}

/**
 * Runs a step that only reads, in every preview and `up`. In a preview it does not wait for changes to the resources in
 * `dependsOn`, because a preview does not make them.
 */
export function look<Name extends RequestedStep>(
  command: Name,
  request: KnownRequest<Name>,
  options: pulumi.InvokeOutputOptions,
): pulumi.Output<ReportOf<Name>> {
  const { stdout } = local.runOutput(
    { command: commandLine(command), stdin: stdinOf(command, request), logging: local.Logging.None },
    options,
  );
  return reportOf(command, stdout);
}

/**
 * The same before anything is declared: the program can decide by the answer what it declares.
 *
 * @throws when the command fails.
 */
export async function lookNow<Name extends RequestedStep>(
  command: Name,
  request: RequestOf<Name>,
): Promise<ReportOf<Name>> {
  const stdin = encoded(command, request);
  const { stdout } = await local.run({ command: commandLine(command), stdin, logging: local.Logging.None });
  return reportSchema(command).parse(JSON.parse(stdout));
}

function commandLine(command: StepName): string {
  // The text is stored in the state, so it must be the same on every machine.
  return `exec bin/postgres-recovery ${command} --request - --output json`;
}

function stdinOf<Name extends RequestedStep>(command: Name, request: KnownRequest<Name>): pulumi.Output<string> {
  if (!pulumi.Output.isInstance(request)) return pulumi.output(encoded(command, request));
  const later: pulumi.Output<object> = request;
  return later.apply((known) => encoded(command, known));
}

/**
 * The request as JSON.
 *
 * @throws pulumi.RunError that lists everything that is wrong with it.
 */
function encoded(command: RequestedStep, request: object): string {
  const schema: z.ZodType = requestSchema(command);
  const { data, error } = z.safeEncode(schema, request);
  if (error === undefined) return JSON.stringify(data);
  throw new pulumi.RunError(`postgres-recovery ${command} would refuse this request:\n${z.prettifyError(error)}`);
}

/** The report in what a step printed. */
export function reportOf<Name extends StepName>(
  command: Name,
  stdout: pulumi.Output<string>,
): pulumi.Output<ReportOf<Name>> {
  return stdout.apply((text) => reportSchema(command).parse(JSON.parse(text)));
}

import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { z } from "zod";

/** A resource as it would be registered with the engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Options of every resource since the last {@link registered}, by name. Mocks do not receive them. */
export const optionsOf = new Map<
  string,
  {
    readonly retainOnDelete: boolean;
    readonly protect: boolean;
    /** Another value replaces the resource; undefined where there is none. */
    readonly replacementTrigger: unknown;
    readonly dependencies: readonly string[];
    readonly ignoreChanges: readonly string[];
    /** Earlier names. */
    readonly aliases: readonly string[];
    /** The engine's time limits, such as `90s`; empty where there is none. */
    readonly timeouts: { readonly create: string; readonly update: string };
  }
>();
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this` below
const register = MockMonitor.prototype.registerResource;
MockMonitor.prototype.registerResource = function (request: RegisterResourceRequest, callback): Promise<void> {
  const dependencies = request.getDependenciesList().map((urn) => urn.slice(urn.lastIndexOf("::") + 2));
  optionsOf.set(request.getName(), {
    retainOnDelete: request.getRetainondelete() === true,
    protect: request.getProtect() === true,
    replacementTrigger: request.getReplacementTrigger()?.toJavaScript(),
    dependencies,
    ignoreChanges: request.getIgnorechangesList(),
    aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getName() ?? ""),
    timeouts: {
      create: request.getCustomtimeouts()?.getCreate() ?? "",
      update: request.getCustomtimeouts()?.getUpdate() ?? "",
    },
  });
  return register.call(this, request, callback);
};

/**
 * Runs a piece of a Pulumi program without an engine.
 * `stdoutOf` stands in for the command provider. Its text becomes the stdout of a command resource or of `run`.
 * Undefined is a command that `--target` leaves out before its first run.
 * `lastOutputs` are the stack's outputs of the last update.
 */
export async function registered(
  program: () => void | Promise<void>,
  stdoutOf: (inputs: Record<string, unknown>) => string | undefined,
  lastOutputs: object = {},
): Promise<Registered[]> {
  const resources: Registered[] = [];
  optionsOf.clear();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        const plain = z.record(z.string(), z.unknown()).parse(inputs);
        resources.push({ type, name, inputs: plain });
        return { id: `${name}-id`, state: { ...plain, stdout: stdoutOf(plain) } };
      },
      call: ({ inputs, token }) =>
        token === "pulumi:pulumi:readStackOutputs"
          ? { outputs: lastOutputs }
          : { stdout: stdoutOf(z.record(z.string(), z.unknown()).parse(inputs)) },
    },
    "postgres-recovery",
    "test",
    false,
    "organization",
  );
  await pulumi.runtime.runInPulumiStack(async () => {
    await program();
  });
  // A provider's inputs need a few more turns of the event loop than the program itself.
  await pulumi.runtime.disconnect();
  return resources;
}

/** The value of an output under mocks. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
}

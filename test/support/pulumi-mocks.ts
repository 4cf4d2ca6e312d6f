import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { z } from "zod";

/** A resource as the engine would have been asked for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Options of every resource since the last {@link registered}, by its name; mocks do not see them. */
export const optionsOf = new Map<
  string,
  { readonly retainOnDelete: boolean; readonly protect: boolean; readonly dependencies: readonly string[] }
>();
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own `this` below
const register = MockMonitor.prototype.registerResource;
MockMonitor.prototype.registerResource = function (request: RegisterResourceRequest, callback): Promise<void> {
  const dependencies = request.getDependenciesList().map((urn) => urn.slice(urn.lastIndexOf("::") + 2));
  optionsOf.set(request.getName(), {
    retainOnDelete: request.getRetainondelete() === true,
    protect: request.getProtect() === true,
    dependencies,
  });
  return register.call(this, request, callback);
};

/**
 * Runs a piece of a Pulumi program without an engine.
 * `stdoutOf` plays the command provider; its text becomes the stdout of a command, and of one that only looks.
 */
export async function registered(
  program: () => void,
  stdoutOf: (inputs: Record<string, unknown>) => string,
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
      call: ({ inputs }) => ({ stdout: stdoutOf(z.record(z.string(), z.unknown()).parse(inputs)) }),
    },
    "postgres-recovery",
    "test",
    false,
  );
  await pulumi.runtime.runInPulumiStack(() => {
    program();
    return Promise.resolve();
  });
  // A provider's inputs take a few more turns than the program itself.
  await pulumi.runtime.disconnect();
  return resources;
}

/** The value of an output, under mocks. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
}

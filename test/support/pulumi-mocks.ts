import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** A resource as the engine would have been asked for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/**
 * Runs a piece of a Pulumi program without an engine.
 * `stdoutOf` plays the command provider; its text becomes a command's stdout.
 */
export async function registered(
  program: () => void,
  stdoutOf: (inputs: Record<string, unknown>) => string,
): Promise<Registered[]> {
  const resources: Registered[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      const plain = z.record(z.string(), z.unknown()).parse(inputs);
      resources.push({ type, name, inputs: plain });
      return { id: `${name}-id`, state: { ...plain, stdout: stdoutOf(plain) } };
    },
    call: () => ({}),
  }, "postgres-recovery", "test", false);
  await pulumi.runtime.runInPulumiStack(() => {
    program();
    return Promise.resolve();
  });
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

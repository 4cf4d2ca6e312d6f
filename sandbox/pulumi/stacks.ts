import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";

const stackList = z.array(z.object({ name: z.string() }));

export interface StacksOptions {
  /** The folder with Pulumi.yaml and the stack files. */
  project: string;
  /** Names, such as lab: Pulumi.lab.yaml must exist. */
  stacks: string[];
  /** The engine, or a program that runs it. */
  pulumi: string;
  /** What {@link layPulumiHome} returned, and PATH. */
  environment: Record<string, string>;
}

/**
 * Creates the stacks that the state does not contain yet, and leaves their checked-in files as they are.
 *
 * With a file backend, the engine adds an `encryptionsalt` to a stack file that has none, and then rewrites the whole file.
 * No setting keeps the salt only in the state. So the files must contain a salt that fits the passphrase.
 *
 * @throws if a stack file has no salt, or one for another passphrase.
 */
export async function initStacks(options: StacksOptions): Promise<void> {
  const { project, stacks, pulumi, environment } = options;
  for (const stack of stacks) {
    const file = `Pulumi.${stack}.yaml`;
    const text = await readFile(join(project, file), "utf8");
    if (!/^encryptionsalt:/m.test(text)) {
      throw new Error(
        `${file} has no encryptionsalt, so the engine would rewrite it: add a salt for the sandbox's passphrase`,
      );
    }
  }
  const run = (...args: string[]) => execa(pulumi, args, { cwd: project, env: environment, extendEnv: false });
  const { stdout } = await run("stack", "ls", "--json");
  const present = new Set(stackList.parse(JSON.parse(stdout)).map(({ name }) => name));
  for (const stack of stacks) {
    if (!present.has(stack)) await run("stack", "init", stack, "--no-select", "--non-interactive");
  }
}

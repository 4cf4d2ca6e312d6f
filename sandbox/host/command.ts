import { execa } from "execa";

/** Runs a command to its end. If it fails, rejects with the last lines of its output. */
export async function runCommand(
  program: string,
  parameters: string[],
  options: { cwd?: string; env?: Record<string, string> },
): Promise<void> {
  const result = await execa(program, parameters, { ...options, reject: false, stdin: "ignore", all: true });
  if (!result.failed) return;
  const output = result.all.trimEnd().split("\n").slice(-20);
  throw new Error([result.shortMessage, ...output].join("\n"), { cause: result });
}

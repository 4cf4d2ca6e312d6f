import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { runCommand } from "../host/command.ts";
import { installPackages } from "../host/packages.ts";
import { installOnce } from "./install-once.ts";

/** A program from PyPI. */
export interface PythonProgram {
  /** Its folder beside this file, with requirements.txt, which names all of its packages. */
  readonly name: string;
  /** For a person who waits, such as `moto, the emulator of the AWS APIs`. */
  readonly what: string;
  readonly seconds: number;
}

/**
 * The folder of a program's executables, in its own virtual environment in the cache. Installs it there if necessary.
 *
 * @throws if Python 3 with its module venv is missing and cannot be installed, or the package index cannot be reached.
 */
export async function ensurePythonProgram(
  { name, seconds, what }: PythonProgram,
  progress: (line: string) => void,
): Promise<string> {
  const requirements = join(import.meta.dirname, name, "requirements.txt");
  if ((await pythonVersion()) === undefined)
    await installPackages(["python3-venv"], "Python 3 with its modules venv and ensurepip", progress);
  const python = await pythonVersion();
  if (python === undefined)
    throw new Error(
      "python3 on PATH has no module venv although Debian's package python3-venv is installed; put Debian's python3 first on PATH",
    );
  const content = createHash("sha256").update(python).update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const folder = await installOnce({ name: `${name}-${content}`, what, seconds }, progress, async (target) => {
    const environment = join(target, "venv");
    rmSync(environment, { recursive: true, force: true });
    await runCommand("python3", ["-m", "venv", environment], {});
    await runCommand(
      join(environment, "bin", "pip"),
      ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements],
      {},
    );
  });
  return join(folder, "venv", "bin");
}

/** Undefined if there is no Python 3 that can create virtual environments. */
async function pythonVersion(): Promise<string | undefined> {
  const { stdout, failed } = await execa("python3", ["-c", "import sys, ensurepip, venv; print(sys.version)"], {
    reject: false,
  });
  return failed ? undefined : stdout;
}

import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { runCommand } from "../host/command.ts";
import { installPackages } from "../host/packages.ts";
import { installOnce } from "../toolchain/install-once.ts";

const requirements = join(import.meta.dirname, "..", "toolchain", "moto", "requirements.txt");

/**
 * The path of `moto_server` (from PyPI) in its own virtual environment in the cache. Installs it there if necessary.
 *
 * @throws if Python 3 with its module venv is missing and cannot be installed, or the package index cannot be reached.
 */
export async function ensureMoto(progress: (line: string) => void): Promise<string> {
  if ((await pythonVersion()) === undefined)
    await installPackages(["python3-venv"], "Python 3 with its modules venv and ensurepip", progress);
  const python = await pythonVersion();
  if (python === undefined)
    throw new Error(
      "python3 on PATH has no module venv although Debian's package python3-venv is installed; put Debian's python3 first on PATH",
    );
  const content = createHash("sha256").update(python).update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const moto = { name: `moto-${content}`, what: "moto, the emulator of the AWS APIs", seconds: 30 };
  const folder = await installOnce(moto, progress, async (target) => {
    const environment = join(target, "venv");
    rmSync(environment, { recursive: true, force: true });
    await runCommand("python3", ["-m", "venv", environment], {});
    await runCommand(
      join(environment, "bin", "pip"),
      ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements],
      {},
    );
  });
  return join(folder, "venv", "bin", "moto_server");
}

/** Undefined if there is no Python 3 that can create virtual environments. */
async function pythonVersion(): Promise<string | undefined> {
  const { stdout, failed } = await execa("python3", ["-c", "import sys, ensurepip, venv; print(sys.version)"], {
    reject: false,
  });
  return failed ? undefined : stdout;
}

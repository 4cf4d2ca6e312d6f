import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCommand } from "./command.ts";

/** The folder in which Debian installs Postgres' own programs. */
export const postgresBin = "/usr/lib/postgresql/15/bin";

/** Debian package → a program that only this package contains. */
const packages = new Map([
  ["postgresql-15", `${postgresBin}/postgres`],
  ["patroni", "patronictl"],
  ["pgbackrest", "pgbackrest"],
  ["openssl", "openssl"],
  ["lz4", "lz4"],
  ["xz-utils", "xz"],
  ["zstd", "zstd"],
]);
/** Debian packages run this before they start a service; exit code 101 means no. */
const servicePolicy = "/usr/sbin/policy-rc.d";

/** Installs the missing Debian packages, or says which command does. Quick if none is missing. */
export async function ensurePackages(progress: (line: string) => void): Promise<void> {
  const missing = [...packages].filter(([, program]) => !isExecutable(program)).map(([name]) => name);
  if (missing.length > 0)
    await installPackages(
      missing,
      `PostgreSQL 15 in ${postgresBin}; Patroni, pgBackRest, OpenSSL, lz4, xz and zstd on PATH`,
      progress,
    );
}

/** Programs that can be the browser of a test, the smallest first. */
const browsers = ["chromium-headless-shell", "chromium"];

/** The path of a browser without a window. Installs Debian's if there is none. */
export async function ensureBrowser(progress: (line: string) => void): Promise<string> {
  if (programPath(browsers) === undefined) {
    await installPackages(["chromium-headless-shell"], "Chromium on PATH", progress);
  }
  const path = programPath(browsers);
  if (path === undefined) throw new Error("there is no Chromium on PATH, although its package is installed");
  return path;
}

/** The first of the programs that is in a folder of PATH. */
function programPath(programs: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return programs.flatMap((program) => folders.map((folder) => join(folder, program))).find(isExecutable);
}

/**
 * Installs Debian packages if the user is root.
 *
 * @param elsewhere what is needed on systems without these packages.
 * @throws for other users, with the command that installs them.
 */
export async function installPackages(
  missing: readonly string[],
  elsewhere: string,
  progress: (line: string) => void,
): Promise<void> {
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  if (process.getuid?.() !== 0 || !isExecutable("apt-get")) {
    throw new Error(
      [
        `missing: ${missing.join(", ")}. On Debian 12:`,
        `  sudo apt-get update && sudo apt-get ${install.join(" ")}`,
        `Elsewhere: ${elsewhere}.`,
      ].join("\n"),
    );
  }
  progress(`installing ${missing.join(", ")} with apt-get: about 30 s`);
  const start = Date.now();
  const ownPolicy = !existsSync(servicePolicy);
  if (ownPolicy) writeFileSync(servicePolicy, "#!/bin/sh\nexit 101\n");
  try {
    if (ownPolicy) chmodSync(servicePolicy, 0o755);
    await aptGet(["update"]);
    await aptGet(install);
  } finally {
    if (ownPolicy) rmSync(servicePolicy, { force: true });
  }
  progress(`installed in ${Math.round((Date.now() - start) / 1000)} s`);
}

async function aptGet(parameters: string[]): Promise<void> {
  await runCommand("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=120", ...parameters], {
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
  });
}

function isExecutable(program: string): boolean {
  const folders = program.startsWith("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(folder === "" ? program : join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

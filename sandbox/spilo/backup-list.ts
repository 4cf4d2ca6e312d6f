import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** A row of `wal-g backup-list`. */
export interface Backup {
  readonly name: string;
  /** LastModified of its sentinel. */
  readonly modified: Date;
  /** The segment of WAL with which it starts. */
  readonly walFile: string;
}

/** How a program ended. */
export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * The backups that the `wal-g` on PATH lists, in its order.
 *
 * @throws Error if the list cannot be had.
 */
export async function listBackups(environment: NodeJS.ProcessEnv): Promise<Backup[]> {
  const { exitCode, output } = await runProgram("wal-g", ["backup-list"], environment);
  if (exitCode !== 0) throw new Error(`Command '['wal-g', 'backup-list']' returned non-zero exit status ${exitCode}.`);
  return parseBackupList(output);
}

/** Spilo's scripts look for the header first, so they see nothing under a header that they do not know. */
export function parseBackupList(output: string): Backup[] {
  const lines = output.split("\n");
  const header = lines.findIndex((line) => /^(backup_)?name\s+(last_)?modified\s+/.test(line));
  if (header === -1) return [];
  const rows = lines.slice(header + 1).filter((line) => line !== "");
  return rows.map((line) => {
    const [name = "", modified = "", walFile = ""] = line.split(/\s+/);
    return { name, modified: new Date(modified), walFile };
  });
}

/** Runs a program of PATH. Its stderr goes to ours. */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ProgramEnd> {
  const child = spawn(program, parameters, { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const [output, exitCode] = await Promise.all([text(child.stdout), ended]);
  return { exitCode, output };
}

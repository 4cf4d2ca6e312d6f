import { constants, type Stats } from "node:fs";
import { access, mkdir, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { messageOf, RecoveryError } from "../domain/errors.ts";

const otherDirectory = "choose another directory for the dump";

/**
 * Makes the folder for dumps (mode 0700) with all that lead to it, or sees that it can be written to.
 *
 * @throws RecoveryError that says why not.
 */
export async function makeDumpDirectory(directory: string): Promise<void> {
  try {
    await makeFolder(resolve(directory));
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new RecoveryError("failed", `no dump can be written to ${directory}: ${messageOf(error)}`, otherDirectory);
  }
}

/** Not by Node's own recursive mkdir: where no folder can be made although the one above is there (/proc), it never ends. */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  if ((await found(parent)) === undefined) await makeFolder(parent);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // It was there, or another dump has made it in the same moment.
    if ((await found(path))?.isDirectory() !== true) throw error;
  }
}

function found(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/**
 * Sees that so many bytes are free in the folder.
 *
 * @throws RecoveryError when they are not.
 */
export async function requireFreeSpace(directory: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new RecoveryError(
    "failed",
    `${directory} has ${free} bytes free, the databases take ${needed}`,
    "choose another directory for the dump, or write down why none is needed",
  );
}

import { constants, createReadStream, type Stats } from "node:fs";
import { access, mkdir, open, readdir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { beginFile, removeUnfinished } from "./partial.ts";
import type { DumpTarget, StoredDump } from "./target.ts";

const otherDirectory = "choose another directory for the dump";

/**
 * A local folder, created (mode 0700) when absent. A dump is in `.NAME.partial` until it is kept. Only its owner can read
 * it.
 */
export function directoryTarget(directory: string): DumpTarget {
  return {
    async check(databaseBytes) {
      const existing = await nearestFolder(resolve(directory));
      await requireWritable(directory, existing);
      if (databaseBytes !== undefined) await requireFreeSpace(existing, databaseBytes);
    },
    async prepare(databaseBytes) {
      await makeDumpDirectory(directory);
      if (databaseBytes !== undefined) await requireFreeSpace(directory, databaseBytes);
    },
    begin: (name) => beginFile(directory, name),
    list: async (prefix) => (await namesIn(directory)).filter((name) => name.startsWith(prefix)),
    open: (name) => storedFile(join(directory, name)),
    removeLeftovers: () => removeUnfinished(directory, new Date()),
  };
}

/** None when there is no such folder. */
async function namesIn(directory: string): Promise<string[]> {
  return (await statsOf(directory)) === undefined ? [] : readdir(directory);
}

async function storedFile(file: string): Promise<StoredDump> {
  const { size } = await stat(file);
  return {
    file,
    size,
    async end(bytes) {
      const length = Math.min(bytes, size);
      await using handle = await open(file);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead);
    },
    content: () => Promise.resolve(createReadStream(file)),
  };
}

/** The folder itself, or else the nearest folder above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  const parent = dirname(path);
  return (await statsOf(path)) !== undefined || parent === path ? path : nearestFolder(parent);
}

/**
 * Creates the folder for dumps and its parents (mode 0700), or checks that the existing folder is writable.
 *
 * @throws RecoveryError that says why not.
 */
export async function makeDumpDirectory(directory: string): Promise<void> {
  try {
    await makeFolder(resolve(directory));
  } catch (error) {
    throw unusable(directory, error);
  }
  await requireWritable(directory, directory);
}

/** @throws RecoveryError when no file can be created in the existing folder. */
async function requireWritable(directory: string, existing: string): Promise<void> {
  try {
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is not a folder`);
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(directory, error);
  }
}

function unusable(directory: string, error: unknown): RecoveryError {
  return new RecoveryError("dump-directory-unusable", `no dump can be written to ${directory}: ${messageOf(error)}`, {
    next: otherDirectory,
    cause: error,
  });
}

/** Replaces Node's recursive mkdir, which never ends where the parent exists but refuses a new folder, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  if ((await statsOf(parent)) === undefined) await makeFolder(parent);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // It existed before, or another dump has just created it.
    if ((await statsOf(path))?.isDirectory() !== true) throw error;
  }
}

/** Undefined when nothing is there, or it cannot be seen. */
function statsOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

/**
 * Checks that the folder's file system has enough free space.
 *
 * @param needed bytes.
 * @throws RecoveryError when it has not.
 */
async function requireFreeSpace(directory: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new RecoveryError("disk-space-missing", `${directory} has ${free} bytes free, the databases take ${needed}`, {
    next: "choose another directory for the dump, or give a reason for skipping it",
  });
}

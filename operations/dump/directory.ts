import { constants, existsSync, type Stats } from "node:fs";
import { access, mkdir, open, rename, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import type { DumpTarget, NewDump } from "./target.ts";

const otherDirectory = "choose another directory for the dump";

/**
 * A local folder, created (mode 0700) when absent. A dump is called `.NAME.partial` until it is kept. Only its owner can
 * read it.
 */
export function directoryTarget(directory: string): DumpTarget {
  return {
    async prepare(databaseBytes) {
      await makeDumpDirectory(directory);
      const needed = await databaseBytes();
      if (needed !== undefined) await requireFreeSpace(directory, needed);
    },
    begin: (name) => newFile(directory, name),
  };
}

async function newFile(directory: string, name: string): Promise<NewDump | undefined> {
  const file = join(directory, name);
  const partial = join(directory, `.${name}.partial`);
  const handle = await openNew(partial);
  if (handle === undefined) return undefined;
  // Checked only now that the partial file is ours: the dump that had this name before may have been kept just now.
  if (existsSync(file)) {
    await handle.close();
    await rm(partial);
    return undefined;
  }
  return {
    file,
    stream: handle.createWriteStream({ flush: true }),
    async keep() {
      await rename(partial, file);
      await syncDirectory(directory);
    },
    discard: () => rm(partial, { force: true }),
  };
}

/** Undefined when the file exists. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory);
  await handle.sync();
}

/**
 * Creates the folder for dumps and its parents (mode 0700), or checks that the existing folder is writable.
 *
 * @throws RecoveryError that says why not.
 */
export async function makeDumpDirectory(directory: string): Promise<void> {
  try {
    await makeFolder(resolve(directory));
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new RecoveryError("dump-directory-unusable", `no dump can be written to ${directory}: ${messageOf(error)}`, {
      next: otherDirectory,
      cause: error,
    });
  }
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

import { constants, existsSync, type Stats } from "node:fs";
import { access, mkdir, open, rename, rm, stat, statfs, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import type { DumpTarget, NewDump } from "./target.ts";

const otherDirectory = "choose another directory for the dump";

/**
 * A local folder; made (mode 0700) when absent. A file is `.NAME.partial` until it is kept, and readable by its owner only.
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
  // Asked only now: whoever had this partial name before us has given its file the final name by now.
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
 * Makes the folder for dumps (mode 0700) with all that lead to it, or sees that it can be written to.
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
async function requireFreeSpace(directory: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new RecoveryError("disk-space-missing", `${directory} has ${free} bytes free, the databases take ${needed}`, {
    next: "choose another directory for the dump, or write down why none is needed",
  });
}

import { mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ownerName, ownerState } from "./owner.ts";
import type { NewDump } from "./target.ts";

/** No dump may take longer than 7 days. A dump of another host that was not written to for longer was given up. */
const givenUpSeconds = 8 * 86_400;
/** A process that began a dump creates the file in its folder at once. */
const beginSeconds = 60;
const partialName = /^\.(.+\.sql\.zst)\.partial$/;

/**
 * Begins a dump in a folder; undefined when its name is taken. Until it is kept, it is the only file in the folder
 * `.NAME.partial`. Creating that folder reserves the name, and the file's name says which process writes it.
 */
export async function beginFile(directory: string, name: string): Promise<NewDump | undefined> {
  const file = join(directory, name);
  const partial = join(directory, `.${name}.partial`);
  if (!(await makeNew(partial))) return undefined;
  // Checked only now that the name is reserved: the dump that had it before may have been kept just now.
  if (existsSync(file)) {
    await rmdir(partial);
    return undefined;
  }
  const content = join(partial, await ownerName());
  const handle = await open(content, "wx", 0o600);
  const stream = handle.createWriteStream({ flush: true });
  return {
    file,
    stream,
    async keep() {
      await rename(content, file);
      await rmdir(partial);
      await syncDirectory(directory);
    },
    async discard() {
      stream.destroy();
      await rm(content, { force: true });
      await rm(partial, { recursive: true, force: true });
    },
  };
}

/** False when it exists. */
async function makeNew(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory);
  await handle.sync();
}

/** Removes the unfinished dumps of processes that have ended, and returns a line for each unfinished dump that it found. */
export async function removeUnfinished(directory: string, now: Date): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => partialName.test(name));
  const lines: string[] = [];
  for (const name of names) {
    const line = await removeIfEnded(join(directory, name), now);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** Undefined when another process writes the dump, or has just ended it. */
async function removeIfEnded(partial: string, now: Date): Promise<string | undefined> {
  try {
    const [owner, ...others] = await readdir(partial);
    const idleSeconds = (now.getTime() - (await stat(join(partial, owner ?? "."))).mtimeMs) / 1000;
    const state = owner === undefined ? "unknown" : await ownerState(owner);
    // Whatever else is in there is not of this program.
    if (state === undefined || others.length > 0) return undefined;
    if (state === "runs") return undefined;
    const limit = owner === undefined ? beginSeconds : givenUpSeconds;
    if (state === "unknown" && idleSeconds < limit)
      return `${partial} is an unfinished dump of another host, or from before a restart; delete it if no dump runs there`;
    if (owner !== undefined) await rm(join(partial, owner));
    await rmdir(partial);
    return `removed the unfinished dump ${partial}, whose process has ended`;
  } catch (error) {
    // Another dump has kept, discarded or removed it meanwhile.
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTEMPTY", "ENOTDIR"].includes(String(error.code)))
      return undefined;
    throw error;
  }
}

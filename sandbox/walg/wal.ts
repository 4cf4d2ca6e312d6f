import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { compress, decompress, extensionOf, extensions, type Compression } from "./compression.ts";
import { Fatal } from "./log.ts";
import { walFolder } from "./names.ts";
import type { Storage } from "./storage.ts";

/** What WAL-G says with the exit code 74: the file is not in the archive. PostgreSQL takes that for the end of the WAL. */
const notInArchive = 74;

/** `wal-push FILE`: stores a file of pg_wal. It replaces what has the name, also if another database wrote it. */
export async function walPush(storage: Storage, file: string, compression: Compression): Promise<void> {
  const content = await compress(createReadStream(file), compression);
  await storage.write(`${walFolder}/${basename(file)}.${extensionOf(compression)}`, content);
}

/** `wal-fetch NAME FILE`: writes a file of the archive. */
export async function walFetch(storage: Storage, name: string, file: string): Promise<void> {
  for (const extension of extensions) {
    const stored = `${walFolder}/${name}${extension}`;
    if (!(await exists(storage, stored))) continue;
    const content = await storage.read(stored);
    if (content === undefined) continue;
    await writeFile(file, await decompress(content, extension), { mode: 0o600 });
    return;
  }
  throw new Fatal(`Archive '${name}' does not exist.`, notInArchive);
}

async function exists(storage: Storage, name: string): Promise<boolean> {
  try {
    return await storage.exists(name);
  } catch (error) {
    throw new Fatal(`check file for existence in "default": ${error instanceof Error ? error.message : ""}`);
  }
}

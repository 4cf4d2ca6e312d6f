import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../host/lock.ts";
import { cacheDirectory } from "./tools.ts";

/** What is installed, and how long that takes the first time. */
export interface Installation {
  /** Folder in the cache. It changes with the content, so that another version is installed beside the old one. */
  readonly name: string;
  /** For a person who waits, such as `moto, the emulator of the AWS APIs`. */
  readonly what: string;
  readonly seconds: number;
}

/**
 * Installs into a folder of the cache unless that was done before, also by another process at the same time.
 *
 * @param install gets the folder. It may find what an interrupted installation has left, because a folder cannot be moved
 * into place; a file marks it as complete.
 * @returns the folder.
 */
export async function installOnce(
  { name, what, seconds }: Installation,
  progress: (line: string) => void,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheDirectory(), "tools", name);
  const complete = join(folder, "complete");
  if (!existsSync(complete)) {
    mkdirSync(folder, { recursive: true });
    await withLock(join(folder, "lock"), `the installation of ${what}`, progress, async () => {
      if (existsSync(complete)) return;
      progress(`installing ${what}: about ${seconds} s the first time`);
      await install(folder);
      writeFileSync(complete, "");
    });
  }
  return folder;
}

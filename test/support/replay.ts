import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { contextLayout } from "../../sandbox/host/directory.ts";
import type { Context } from "../../sandbox/pgo/inventory.ts";
import { testDirectory } from "./sandbox.ts";

/** A captured answer that a Pod gives instead of running the command; see the kubelet stand-in. */
export interface Replay {
  /** Regular expression over the command, its arguments joined by blanks. */
  readonly match: string;
  readonly stdoutFile?: string;
  readonly exitCode?: number;
  readonly delayMilliseconds?: number;
  readonly cutAfterBytes?: number;
  readonly times?: number;
}

interface PodName {
  readonly context: Context;
  readonly namespace: string;
  readonly pod: string;
}

const podFile = z.object({
  containers: z.object({ database: z.looseObject({ run: z.looseObject({ env: z.record(z.string(), z.string()) }) }) }),
});
type Database = z.infer<typeof podFile>["containers"]["database"];

/** While `work` runs, a Pod replays answers through the real API server and exec protocol. */
export function withReplay<T>(pod: PodName, replay: readonly Replay[], work: () => Promise<T>): Promise<T> {
  return withPodFile(pod, (database) => ({ ...database, replay }), work);
}

/** While `work` runs, a Pod's commands get other variables, such as another user or other programs first on PATH. */
export function withEnvironment<T>(
  pod: PodName,
  change: (env: Record<string, string>) => Record<string, string>,
  work: () => Promise<T>,
): Promise<T> {
  const changed = ({ run, ...rest }: Database): object => ({
    ...rest,
    run: { ...run, env: { ...run.env, ...change(run.env) } },
  });
  return withPodFile(pod, changed, work);
}

async function withPodFile<T>(
  { context, namespace, pod }: PodName,
  change: (database: Database) => object,
  work: () => Promise<T>,
): Promise<T> {
  const file = join(contextLayout(testDirectory, context).pods, namespace, `${pod}.json`);
  const original = await readFile(file, "utf8");
  await replace(
    file,
    JSON.stringify({ containers: { database: change(podFile.parse(JSON.parse(original)).containers.database) } }),
  );
  try {
    return await work();
  } finally {
    await replace(file, original);
  }
}

/** Replaces a file atomically, because the kubelet stand-in reads it for every command. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { processStartTime } from "./processes.ts";

const pollMilliseconds = 500;

/**
 * Does the work while holding a lock file. First waits for another process that holds it, unless that process is dead.
 * In the rare race for a dead process's lock, two may work at the same time, so the work must tolerate that.
 */
export async function withLock<T>(
  path: string,
  what: string,
  progress: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const holder = `${process.pid} ${processStartTime(process.pid) ?? ""}`;
  let told = false;
  while (!take(path, holder)) {
    if (!heldByTheLiving(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) progress(`waiting for ${what} in another run`);
    told = true;
    await sleep(pollMilliseconds);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string, holder: string): boolean {
  try {
    writeFileSync(path, holder, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function heldByTheLiving(path: string): boolean {
  try {
    const [pid, startTime] = readFileSync(path, "utf8").split(" ");
    // A lock is empty for a moment after its creation.
    if (startTime === undefined) return Date.now() - statSync(path).mtimeMs < 5_000;
    return processStartTime(Number(pid)) === startTime;
  } catch {
    return false;
  }
}

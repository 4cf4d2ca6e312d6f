import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Kills every process with this variable in its environment, at once and without a chance to tidy up. Pulumi gives each
 * plugin a process group of its own, so the group of `pulumi up` is not all that it has started.
 */
export async function killMarked(variable: string, value: string): Promise<void> {
  // A process may have started another one while the list was read.
  for (let quietLooks = 0; quietLooks < 2;) {
    const found = await marked(`${variable}=${value}`);
    for (const pid of found) kill(pid);
    quietLooks = found.length === 0 ? quietLooks + 1 : 0;
    await sleep(20);
  }
}

async function marked(text: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Empty for a process that has ended, and not readable for one of another user.
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return environment.split("\0").includes(text);
    }),
  );
  return pids.filter((pid, index) => found[index] === true && pid !== process.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

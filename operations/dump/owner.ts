import { createHash } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** Whether the process that began a dump still runs. `unknown`: it ran elsewhere, so nobody here can tell. */
export type OwnerState = "runs" | "ended" | "unknown";

/**
 * A file name that identifies this process: host, process id and start time. The id alone is given to a new process some
 * time after the end of the old one.
 */
export async function ownerName(): Promise<string> {
  return [await hostKey(), process.pid, (await startTime(process.pid)) ?? 0].join("-");
}

/** Whether the process that {@link ownerName} named still runs; undefined when the text is no such name. */
export async function ownerState(name: string): Promise<OwnerState | undefined> {
  const [, host, pid = "", started] = /^([0-9a-f]{16})-([1-9]\d*)-(\d+)$/.exec(name) ?? [];
  if (host === undefined) return undefined;
  if (host !== (await hostKey())) return "unknown";
  if (!exists(Number(pid))) return "ended";
  const startedNow = await startTime(Number(pid));
  return startedNow === undefined || String(startedNow) === started ? "runs" : "ended";
}

/** Identifies this boot and this container: elsewhere, or after a restart, the same process id is another process. */
async function hostKey(): Promise<string> {
  const parts = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]);
  return createHash("sha256")
    .update([hostname(), ...parts].join("\n"))
    .digest("hex")
    .slice(0, 16);
}

/** Clock ticks between the boot and the process's start; undefined where the kernel does not tell. */
async function startTime(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in parentheses, and may itself contain blanks and parentheses.
  const field = text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  return field === undefined ? undefined : Number(field);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

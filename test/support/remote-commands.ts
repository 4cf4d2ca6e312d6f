import { readdir, readFile } from "node:fs/promises";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { askDirectly } from "./sandbox.ts";
import type { Context, PostgresCluster } from "../../sandbox/pgo/inventory.ts";

/** A process that the runbook started in a Pod. */
export interface RemoteCommand {
  readonly pid: number;
  readonly command: string;
}

const ofTheRunbook =
  /^(timeout |bash --norc -ceu |\S*pg_dump(all)? |\S*python3 \S*patronictl |pgbackrest .*\b(info|stanza-create)\b)/;

/** The runbook's commands that currently run in a Pod, according to the kernel. */
export async function remoteCommands(context: Context, namespace: string, pod: string): Promise<RemoteCommand[]> {
  return (await commandsIn(context, namespace, pod)).filter(({ command }) => ofTheRunbook.test(command));
}

/** The id of the process with this command that runs beside the cluster's first database. */
export async function processIn(
  { context, namespace, pods: [pod = ""] }: PostgresCluster,
  pattern: RegExp,
): Promise<number | undefined> {
  return (await commandsIn(context, namespace, pod)).find(({ command }) => pattern.test(command))?.pid;
}

async function commandsIn(context: Context, namespace: string, pod: string): Promise<RemoteCommand[]> {
  const home = await askDirectly(context, namespace, pod, "printenv", "HOME");
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, environment] = await Promise.all([fieldsOf(pid, "cmdline"), fieldsOf(pid, "environ")]);
      return { pid, command: command.join(" "), inPod: environment.includes(`HOME=${home}`) };
    }),
  );
  return found.filter(({ inPod }) => inPod).map(({ pid, command }) => ({ pid, command }));
}

/** Waits until a command of the runbook runs in the Pod. */
export async function untilRemoteCommand(
  context: Context,
  namespace: string,
  pod: string,
  pattern: RegExp,
): Promise<RemoteCommand> {
  let found: RemoteCommand | undefined;
  await waitUntil(`the command ${String(pattern)} in ${pod}`, 60, async () => {
    found = (await remoteCommands(context, namespace, pod)).find(({ command }) => pattern.test(command));
    return found !== undefined;
  });
  if (found === undefined) throw new Error("unreachable: the wait ended without an error");
  return found;
}

/** Waits until no command of the runbook runs in the Pod. */
export function untilNoRemoteCommand(context: Context, namespace: string, pod: string, seconds: number): Promise<void> {
  return waitUntil(
    `the end of the runbook's commands in ${pod}`,
    seconds,
    async () => (await remoteCommands(context, namespace, pod)).length === 0,
  );
}

/** The entries of a /proc file, which end with NUL; none if the process is gone. */
async function fieldsOf(pid: number, file: "cmdline" | "environ"): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  return text.split("\0").filter(Boolean);
}

import { readFile } from "node:fs/promises";
import { CoreV1Api } from "@kubernetes/client-node";
import { client } from "../../sandbox/kubernetes/client.ts";
import { layout } from "../../sandbox/host/directory.ts";
import type { Context } from "../../sandbox/pgo/inventory.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { testDirectory } from "./sandbox.ts";

/** Kills the API server of a context, as a failing node does. `restart` starts it again, and so does the end of `work`. */
export async function withApiServerKilled<T>(
  context: Context,
  work: (restart: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const processes = new Processes(layout(testDirectory).processes);
  const name = `${context}.kube-apiserver`;
  const pid = processes.pid(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  const [command = "", ...args] = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
  const restart = async (): Promise<void> => {
    await processes.start({ name, command, args });
    const core = client(layout(testDirectory).kubeconfig, context).makeApiClient(CoreV1Api);
    await waitUntil(`the API server of the context ${context}`, 90, async () => {
      await core.listPodForAllNamespaces({ limit: 1 });
      return true;
    });
  };
  await processes.stop(name, { signal: "SIGKILL" });
  try {
    return await work(restart);
  } finally {
    await restart();
  }
}

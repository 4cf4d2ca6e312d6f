import { dirname, join } from "node:path";
import { clusterEnvironment, down as clusterDown, up as clusterUp } from "./cluster.ts";
import { withLock } from "./lock.ts";
import { layPulumiHome } from "./pulumi/home.ts";
import { initStacks } from "./pulumi/stacks.ts";
import { ensureTools } from "./toolchain.ts";

const checkout = dirname(import.meta.dirname);

/**
 * Starts the whole sandbox: the embedded cluster, and a Pulumi home with the stacks `lab` and `dev`.
 *
 * @returns the environment in which a person, the demo and the tests work with it.
 */
export async function up(directory: string, progress: (line: string) => void): Promise<Record<string, string>> {
  // All of them first: a build that fails should do so before anything is started.
  await ensureTools(["etcd", "kube-apiserver", "kubelet", "pulumi"], progress);
  return withLock(`${directory}.lock`, "the start or stop of this sandbox", progress, async () => {
    await clusterUp({ directory, progress });
    progress("preparing Pulumi and the stacks lab and dev");
    const environment = await sandboxEnvironment(directory);
    await initStacks({ project: checkout, stacks: ["lab", "dev"], pulumi: "pulumi", environment });
    return environment;
  });
}

/** Stops every program of the sandbox and removes its folder. */
export async function down(directory: string, progress: (line: string) => void): Promise<void> {
  await withLock(`${directory}.lock`, "the start or stop of this sandbox", progress, () => clusterDown(directory));
}

/** KUBECONFIG, what Pulumi needs, and a PATH on which the CLI, the pinned Node and Pulumi come first. */
export async function sandboxEnvironment(directory: string): Promise<Record<string, string>> {
  const tools = await ensureTools(["pulumi"], () => undefined);
  const pulumi = tools.get("pulumi");
  if (pulumi === undefined) throw new Error("the Pulumi engine is missing from the toolchain");
  return {
    ...(await clusterEnvironment(directory)),
    ...(await layPulumiHome({ home: join(directory, "pulumi"), pulumi, node: process.execPath })),
    PATH: [join(checkout, "bin"), join(checkout, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(":"),
  };
}

import { dirname, join } from "node:path";
import { awsEnvironment, awsRuns } from "./aws/aws.ts";
import { clusterEnvironment, down as clusterDown, up as clusterUp } from "./cluster.ts";
import { ensureHarbor, harborRuns, harborUrl, startHarbor } from "./harbor/harbor.ts";
import { withLock } from "./host/lock.ts";
import { loadPorts } from "./host/ports.ts";
import { loadSecrets } from "./host/secrets.ts";
import { layPulumiHome } from "./pulumi/home.ts";
import { initStacks } from "./pulumi/stacks.ts";
import { ensureTools } from "./toolchain/tools.ts";
import type { Tool } from "./toolchain/tools.ts";

const checkout = dirname(import.meta.dirname);
const plainTools: readonly Tool[] = ["etcd", "kube-apiserver", "kubelet", "pulumi"];

/** Which parts of the sandbox to start. */
export interface UpOptions {
  /** Harbor's part: both operators, kube-controller-manager, the Pulumi Kubernetes provider. Default false. */
  harbor?: boolean;
  /** The PostgresClusters and their databases. Default true. */
  postgresClusters?: boolean;
}

/**
 * Starts the sandbox: the embedded clusters, a Pulumi home with the stacks `lab` and `dev`, and Harbor's part on request.
 *
 * @returns the environment in which users, the demo and the tests work with it.
 */
export async function up(
  directory: string,
  progress: (line: string) => void,
  { harbor = false, postgresClusters = true }: UpOptions = {},
): Promise<Record<string, string>> {
  // All builds come first, so that one that fails does so before anything is started.
  await ensureTools(plainTools, progress);
  const programs = harbor ? await ensureHarbor(progress) : undefined;
  return withLock(`${directory}.lock`, "the start or stop of this sandbox", progress, async () => {
    await clusterUp({ directory, progress, postgresClusters });
    progress("preparing Pulumi and the stacks lab and dev");
    const environment = await sandboxEnvironment(directory);
    await initStacks({ project: checkout, stacks: ["lab", "dev"], pulumi: "pulumi", environment });
    if (programs === undefined) return environment;
    await startHarbor(directory, programs, progress);
    return sandboxEnvironment(directory);
  });
}

/** Starts Harbor's part in a running sandbox, and returns the environment of both. */
export async function upHarbor(directory: string, progress: (line: string) => void): Promise<Record<string, string>> {
  const programs = await ensureHarbor(progress);
  await withLock(`${directory}.lock`, "the start or stop of this sandbox", progress, () =>
    startHarbor(directory, programs, progress),
  );
  return sandboxEnvironment(directory);
}

/** Stops every program of the sandbox and removes its folder. */
export async function down(directory: string, progress: (line: string) => void): Promise<void> {
  await withLock(`${directory}.lock`, "the start or stop of this sandbox", progress, () => clusterDown(directory));
}

/** KUBECONFIG, Pulumi's variables, those of AWS if Harbor's part runs, and a PATH that starts with the CLI, the pinned Node and Pulumi. */
export async function sandboxEnvironment(directory: string): Promise<Record<string, string>> {
  const tools = await ensureTools(["pulumi"], () => undefined);
  const pulumi = tools.get("pulumi");
  if (pulumi === undefined) throw new Error("the Pulumi engine is missing from the toolchain");
  return {
    ...(await clusterEnvironment(directory)),
    ...(awsRuns(directory) ? awsEnvironment(await loadPorts(directory), await loadSecrets(directory)) : {}),
    ...(harborRuns(directory) && { HARBOR_URL: harborUrl(await loadPorts(directory)) }),
    ...(await layPulumiHome({ home: join(directory, "pulumi"), pulumi, node: process.execPath })),
    PATH: [join(checkout, "bin"), join(checkout, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(":"),
  };
}

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ApiextensionsV1Api, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { KubernetesObject } from "@kubernetes/client-node";
import { ensureAws, startAws } from "../aws/aws.ts";
import type { AwsPrograms } from "../aws/aws.ts";
import { layout } from "../host/directory.ts";
import { loadHost } from "../host/host.ts";
import { portName, type Ports } from "../host/ports.ts";
import { Processes, waitUntil } from "../host/processes.ts";
import { client } from "../kubernetes/client.ts";
import { installProvider } from "../pulumi/home.ts";
import { ensureTools } from "../toolchain/tools.ts";
import type { Tool } from "../toolchain/tools.ts";
import { operatorManifests } from "./manifests.ts";
import { harborClusterManifest, harborContext, operatorObjects } from "./objects.ts";
import type { HarborClusterChoices } from "./objects.ts";
import { startControllerManager, startHarborOperator, startZalandoOperator } from "./operators.ts";
import { pulumiVersions } from "../pulumi/versions.ts";
import { ensurePostgres12 } from "../spilo/postgres.ts";

/** The programs that Harbor's part needs in addition to those of the plain sandbox. */
const harborTools: readonly Tool[] = [
  "kube-controller-manager",
  "postgres-operator",
  "harbor-operator",
  "pulumi-resource-kubernetes",
];

/** The paths of the programs of Harbor's part, including those behind the AWS APIs. */
export interface HarborPrograms {
  tools: Map<Tool, string>;
  aws: AwsPrograms;
}

/** Builds or installs the programs that are missing. */
export async function ensureHarbor(progress: (line: string) => void): Promise<HarborPrograms> {
  const tools = await ensureTools(harborTools, progress);
  const aws = await ensureAws(progress);
  await ensurePostgres12(progress);
  return { tools, aws };
}

/** Starts Harbor's part in a running sandbox: both operators and what they need, AWS, and the Pulumi Kubernetes provider. Skips what already runs. */
export async function startHarbor(
  directory: string,
  { aws, tools }: HarborPrograms,
  progress: (line: string) => void,
): Promise<void> {
  const processes = new Processes(layout(directory).processes);
  if (!processes.running("etcd"))
    throw new Error(`no sandbox runs in ${directory}; start one with: npm run sandbox -- up`);
  const host = await loadHost(directory);
  const operators = { ...host, tools };
  await mkdir(layout(directory).harbor, { recursive: true, mode: 0o711 });
  await installProvider(join(directory, "pulumi"), {
    name: "kubernetes",
    version: pulumiVersions.kubernetes,
    command: [tools.get("pulumi-resource-kubernetes") ?? ""],
  });

  progress(
    "starting Harbor's part in the context lab: S3, the other AWS APIs, kube-controller-manager, the Zalando operator and the Harbor operator",
  );
  const manifests = await operatorManifests(tools);
  await Promise.all([
    startAws(host, aws),
    startControllerManager(operators),
    apply(directory, [...manifests, ...operatorObjects(host.ports(portName.zalandoOperator))]),
  ]);
  await definitionsServed(directory, manifests);
  await processes.start({
    name: "lab.spilo",
    command: process.execPath,
    args: [join(import.meta.dirname, "spilo.ts"), directory],
  });
  await processes.start({
    name: "lab.harbor",
    command: process.execPath,
    args: [join(import.meta.dirname, "registry", "server.ts"), directory],
  });
  await Promise.all([startZalandoOperator(operators), startHarborOperator(operators)]);
}

/** Where the stand-in for Harbor's API listens. */
export function harborUrl(ports: Ports): string {
  return `http://127.0.0.1:${ports(portName.harbor)}`;
}

/** Whether Harbor's API runs in this sandbox. */
export function harborRuns(directory: string): boolean {
  return new Processes(layout(directory).processes).running("lab.harbor");
}

/** Creates the HarborCluster, or changes it. After any change the Harbor operator rewrites the database's resource. */
export async function applyHarborCluster(directory: string, choices: HarborClusterChoices = {}): Promise<void> {
  await apply(directory, [harborClusterManifest(choices)]);
}

async function apply(directory: string, objects: KubernetesObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(client(layout(directory).kubeconfig, harborContext));
  // Namespaces first; the other objects do not depend on each other.
  const rank = ({ kind }: KubernetesObject): number => (kind === "Namespace" ? 0 : 1);
  for (const group of [0, 1]) {
    await Promise.all(
      objects
        .filter((object) => rank(object) === group)
        .map((object) => api.patch(object, undefined, undefined, "sandbox", true, PatchStrategy.ServerSideApply)),
    );
  }
}

async function definitionsServed(directory: string, manifests: KubernetesObject[]): Promise<void> {
  const api = client(layout(directory).kubeconfig, harborContext).makeApiClient(ApiextensionsV1Api);
  const names = manifests
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .map(({ metadata }) => metadata?.name);
  await waitUntil("the API server to serve the operators' resources", 60, async () => {
    const { items } = await api.listCustomResourceDefinition();
    const served = new Set(
      items
        .filter(({ status }) =>
          status?.conditions?.some(({ type, status: met }) => type === "Established" && met === "True"),
        )
        .map(({ metadata }) => metadata?.name),
    );
    return names.every((name) => served.has(name));
  });
}

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, KubernetesObjectApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { V1Pod } from "@kubernetes/client-node";
import { contextLayout, layout, spiloLayout } from "../host/directory.ts";
import { loadHost } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { client } from "../kubernetes/client.ts";
import { nodeName } from "../pgo/objects.ts";
import type { PodFile } from "../pgo/pod-files.ts";
import { writeServiceAccountKubeconfig } from "./access.ts";
import { harborContext } from "./objects.ts";
import { installSpiloPrograms } from "../spilo/programs.ts";
import { SpiloBackups } from "./spilo-backups.ts";
import { createContainerFolder, prepareContainer, spiloProgramsFolder } from "./spilo-container.ts";
import type { SpiloContainer } from "./spilo-container.ts";
import { isReady, podStatus, resolveEnvironment } from "./spilo-pod.ts";
import type { SpiloPod } from "./spilo-pod.ts";

/**
 * Stands in for the scheduler, the kubelet and Spilo's container for the Pods of the Zalando operator. Each Pod gets the
 * node, its own address (127.x.y.z, with Spilo's ports 5432 and 8008) and a real Patroni with a real PostgreSQL 12, configured
 * from the container's environment, and its base backups. Run as: node spilo.ts DIRECTORY
 */
const directory = process.argv[2] ?? usage();

function usage(): never {
  throw new Error("usage: node spilo.ts DIRECTORY");
}

const pollMilliseconds = 500;
/** A short pause before Patroni is restarted; Spilo's init restarts it almost at once. */
const restartPauseMilliseconds = 5_000;
/** Before it ends, Postgres tries to archive the WAL that is left. A Pod of the Zalando operator has five minutes. */
const stopSeconds = 60;
const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

const config = client(layout(directory).kubeconfig, harborContext);
const core = config.makeApiClient(CoreV1Api);
const objects = KubernetesObjectApi.makeApiClient(config);
const host = await loadHost(directory);
const { processes, ports, account } = host;
const programs = await installSpiloPrograms(spiloProgramsFolder(directory), () => undefined);
const apiPort = ports(portName.apiServer(harborContext));
/** Derived from a port that no other sandbox on this machine uses, so its addresses are unique, too. */
const network = `127.${apiPort >> 8}.${apiPort & 255}`;
const addresses = new Map<string, string>();
const lastRuns = new Map<string, number>();
const underWay = new Set<string>();
const started = new Map<string, Started>();

interface Known {
  pod: V1Pod;
  namespace: string;
  name: string;
  uid: string;
  address: string;
}

/** A Pod whose container has been prepared. */
interface Started {
  readonly files: ReturnType<typeof spiloLayout>;
  readonly container: SpiloContainer;
  readonly backups: SpiloBackups;
}

const processName = ({ namespace, name, uid }: Known): string =>
  `spilo.${namespace}.${name}.${uid.slice(0, 8)}.patroni`;
const podFile = ({ namespace, name }: Known): string =>
  join(contextLayout(directory, harborContext).pods, namespace, `${name}.json`);

async function listPods(): Promise<Known[]> {
  const { items } = await core.listPodForAllNamespaces({ labelSelector: "application=spilo" });
  // A Pod that was just given its address does not show it yet.
  const taken = new Set(items.map(({ metadata, status }) => status?.podIP ?? addresses.get(metadata?.uid ?? "")));
  return items.map((pod) => {
    const [namespace = "", name = "", uid = ""] = [pod.metadata?.namespace, pod.metadata?.name, pod.metadata?.uid];
    const address = pod.status?.podIP ?? addresses.get(uid) ?? freeAddress(taken);
    taken.add(address);
    addresses.set(uid, address);
    return { pod, namespace, name, uid, address };
  });
}

function freeAddress(taken: ReadonlySet<string | undefined>): string {
  for (let number = 2; number < 255; number++) if (!taken.has(`${network}.${number}`)) return `${network}.${number}`;
  throw new Error("there are more Pods than free addresses");
}

async function reconcile(known: Known): Promise<void> {
  const { pod, namespace, name, address } = known;
  if (pod.metadata?.deletionTimestamp !== undefined) {
    await stop(processName(known));
    await rm(podFile(known), { force: true });
    await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
    console.log(`${namespace}/${name}: ended`);
  } else if (pod.spec?.nodeName === undefined) {
    await objects.create(bindingToNode(namespace, name));
  } else {
    await run(known);
    const ready = await isReady(pod, address);
    const told = pod.status?.containerStatuses?.every((status) => status.ready);
    if (ready !== told)
      await core.patchNamespacedPodStatus(
        { namespace, name, body: { status: podStatus(pod, address, ready) } },
        mergePatch,
      );
  }
}

function bindingToNode(namespace: string, name: string) {
  return {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { namespace, name },
    target: { apiVersion: "v1", kind: "Node", name: nodeName(harborContext) },
  };
}

async function run(known: Known): Promise<void> {
  const name = processName(known);
  const found = started.get(name) ?? (await prepare(known));
  started.set(name, found);
  if (processes.running(name)) {
    lastRuns.set(name, Date.now());
    await found.backups.startFirst();
    return;
  }
  if (Date.now() - (lastRuns.get(name) ?? 0) < restartPauseMilliseconds) return;
  const { files, container } = found;
  const env = container.strippedEnvironment;
  await processes.start({ name, command: "patroni", args: [files.patroniConfig], env, cwd: files.own, user: account });
  console.log(`${known.namespace}/${known.name}: started at ${known.address}`);
}

/** Does what happens once in the life of a Pod. */
async function prepare(known: Known): Promise<Started> {
  const { namespace, name, address } = known;
  const number = Number(address.split(".").at(-1));
  const files = spiloLayout(directory, number);
  const environment = await resolveEnvironment(core, known.pod, address);
  const pod: SpiloPod = { namespace, name, address, number, volume: await volumeOf(known), environment };
  await createContainerFolder(host, number);
  await writeServiceAccountKubeconfig(directory, {
    path: files.kubeconfig,
    namespace,
    name: known.pod.spec?.serviceAccountName ?? "default",
    owner: account,
  });
  const container = await prepareContainer(host, programs, pod);
  const run = { ...account, directory: files.own, env: container.environment };
  const kubelet: PodFile = { containers: { postgres: { run } } };
  await mkdir(dirname(podFile(known)), { recursive: true });
  await writeFile(podFile(known), JSON.stringify(kubelet, undefined, 2), { mode: 0o600 });
  const log = processes.log(`${processName(known)}.backup`);
  return { files, container, backups: new SpiloBackups(host, pod, container, log) };
}

async function volumeOf({ pod, namespace }: Known): Promise<string> {
  const volume = pod.spec?.volumes?.find(({ name }) => name === "pgdata");
  // Kubernetes creates the claim of an ephemeral volume under this name.
  const claim = volume?.persistentVolumeClaim?.claimName ?? `${pod.metadata?.name ?? ""}-pgdata`;
  const { metadata } = await core.readNamespacedPersistentVolumeClaim({ namespace, name: claim });
  if (metadata?.uid === undefined) throw new Error(`the claim ${claim} has no id`);
  return metadata.uid;
}

/** Lets Patroni stop its Postgres and release the leader lock, then kills what is left. */
async function stop(name: string): Promise<void> {
  started.get(name)?.backups.stop();
  started.delete(name);
  await processes.stop(name, { graceSeconds: stopSeconds, group: true });
  lastRuns.delete(name);
}

/** Runs one task at a time for each Pod; Pods do not wait for each other. */
function start(key: string, work: () => Promise<void>): void {
  if (underWay.has(key)) return;
  underWay.add(key);
  work()
    .catch((error: unknown) => {
      console.error(`${key}:`, error instanceof Error ? error.message : error);
    })
    .finally(() => underWay.delete(key));
}

for (;;) {
  try {
    const all = await listPods();
    const wanted = new Set(all.map(processName));
    for (const name of processes.names()) {
      // A Pod that was deleted by force disappears before its processes do.
      if (name.startsWith("spilo.") && name.endsWith(".patroni") && !wanted.has(name)) start(name, () => stop(name));
    }
    for (const known of all) start(processName(known), () => reconcile(known));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  await sleep(pollMilliseconds);
}

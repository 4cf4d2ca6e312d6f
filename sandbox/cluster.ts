import { join } from "node:path";
import { writeAccess } from "./kubernetes/access.ts";
import { prepareDatabases, startDatabase } from "./pgo/databases.ts";
import { directoryVariable, layout, prepareDirectory } from "./host/directory.ts";
import { clusters, contexts, findCluster, hasOwnInstance, ownClusters, sharedCluster } from "./pgo/inventory.ts";
import type { Context, PostgresCluster } from "./pgo/inventory.ts";
import { startKubernetes } from "./kubernetes/control-plane.ts";
import { ensurePackages } from "./host/packages.ts";
import { loadPorts, portName } from "./host/ports.ts";
import { Processes } from "./host/processes.ts";
import { createBasics, createPods, createPostgresClusters } from "./pgo/register.ts";
import { healRepository, silenceRepository } from "./pgo/repository.ts";
import { loadHost } from "./host/host.ts";
import type { Host } from "./host/host.ts";
import { ensureTools } from "./toolchain/tools.ts";

export { down } from "./down.ts";

/** Where the sandbox is started, and who hears how far it is. */
export interface UpOptions {
  directory: string;
  progress: (line: string) => void;
  /** The PostgresClusters of the inventory and their databases. Default true. */
  postgresClusters?: boolean;
}

/** Starts what does not run: both API servers, the databases, the stand-ins, and all objects of the inventory. */
export async function up({ directory, progress, postgresClusters = true }: UpOptions): Promise<void> {
  await ensurePackages(progress);
  const tools = await ensureTools(["etcd", "kube-apiserver", "kubelet"], progress);
  await prepareDirectory(directory);
  const host = await loadHost(directory);
  await writeAccess(host);

  progress("starting etcd and the API servers of the contexts lab and dev");
  await Promise.all([startKubernetes({ ...host, tools }), prepareDatabases(host)]);
  await Promise.all(contexts.map((context) => createBasics(host, context)));
  if (!postgresClusters) return;

  progress(
    `starting ${ownClusters.length} database clusters (Patroni, Postgres, pgBackRest) behind ${clusters.length} PostgresClusters`,
  );
  const identifiers = new Map<PostgresCluster, string>();
  await Promise.all(
    contexts.map(async (context) => {
      await createPods(host, context);
      await Promise.all(
        ownClusters
          .filter((cluster) => cluster.context === context)
          .map(async (cluster) => identifiers.set(cluster, await startDatabase(host, cluster))),
      );
    }),
  );

  const systemIdentifier = (cluster: PostgresCluster) =>
    identifiers.get(hasOwnInstance(cluster) ? cluster : sharedCluster) ?? "";
  await Promise.all(contexts.map((context) => createPostgresClusters(host, context, systemIdentifier)));
  await host.processes.start({
    name: "operator",
    command: process.execPath,
    args: [join(import.meta.dirname, "pgo", "operator.ts"), directory],
  });
}

/** A program of the sandbox. */
export interface Part {
  name: string;
  running: boolean;
  what: string;
}

/** Every program that was started and not stopped. */
export function status(directory: string): Promise<Part[]> {
  const processes = new Processes(layout(directory).processes);
  return Promise.resolve(
    processes.names().map((name) => ({ name, running: processes.running(name), what: description(name) })),
  );
}

function description(name: string): string {
  switch (name.slice(name.lastIndexOf(".") + 1)) {
    case "etcd":
      return "store of both API servers (real)";
    case "kube-apiserver":
      return "Kubernetes API (real)";
    case "kube-controller-manager":
      return "StatefulSets, garbage collection and the like (real)";
    case "postgres-operator":
      return "Zalando operator (real)";
    case "harbor-operator":
      return "Harbor operator (real)";
    case "spilo":
      return "runs the Pods of the Zalando operator (stand-in)";
    case "s3":
      return "S3, for everyone: hands each request to one of the next two";
    case "s3-objects":
      return "S3's objects: versitygw (real)";
    case "moto":
      return "the other AWS APIs: moto (emulator)";
    case "kubelet":
      return "runs commands in pods (stand-in)";
    case "operator":
      return "sets stanzaCreated as PGO does (stand-in)";
    case "patroni":
      return "Patroni with its Postgres (real)";
    case "repository":
      return "pgBackRest repository host (real)";
    case "silent":
      return "accepts connections at the repository's port and stays silent, until healed";
    default:
      return "";
  }
}

/** Lets the repository host of a cluster answer: what a corrected ServiceEntry does. */
export async function heal(directory: string, context: Context, target: string): Promise<void> {
  const cluster = repairable(context, target);
  await healRepository(await runningHost(directory), cluster);
}

/** Lets the repository host of a cluster fall silent, as behind a wrong ServiceEntry. */
export async function breakRepository(directory: string, context: Context, target: string): Promise<void> {
  const cluster = repairable(context, target);
  await silenceRepository(await runningHost(directory), cluster);
}

/** What a person needs to go on by hand; psql goes to the instance behind all healthy clusters. */
export async function clusterEnvironment(directory: string): Promise<Record<string, string>> {
  const ports = await loadPorts(directory);
  return {
    KUBECONFIG: layout(directory).kubeconfig,
    PGHOST: layout(directory).sockets,
    PGPORT: String(ports(portName.postgres(sharedCluster, sharedCluster.pods[0] ?? ""))),
    PGUSER: "postgres",
    [directoryVariable]: directory,
  };
}

function repairable(context: Context, target: string): PostgresCluster {
  const cluster = findCluster(context, target);
  if (hasOwnInstance(cluster)) return cluster;
  const possible = ownClusters.filter((own) => own.context === context).map((own) => `${own.namespace}/${own.name}`);
  throw new Error(
    `${target} has no repository host of its own in the sandbox; those of the context ${context} that have one: ${possible.join(", ")}`,
  );
}

async function runningHost(directory: string): Promise<Host> {
  const processes = new Processes(layout(directory).processes);
  if (!processes.running("etcd")) throw new Error(`no sandbox runs in ${directory}: start it first`);
  return loadHost(directory);
}

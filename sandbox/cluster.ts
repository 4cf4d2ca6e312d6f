import { join } from "node:path";
import { directoryVariable, layout, prepareDirectory } from "./host/directory.ts";
import { loadHost } from "./host/host.ts";
import type { Host } from "./host/host.ts";
import { ensurePackages } from "./host/packages.ts";
import { loadPorts, portName } from "./host/ports.ts";
import { Processes } from "./host/processes.ts";
import { writeAccess } from "./kubernetes/access.ts";
import { startKubernetes } from "./kubernetes/control-plane.ts";
import { prepareDatabases, startDatabase } from "./pgo/databases.ts";
import { clusters, contexts, findCluster, hasOwnInstance, ownClusters, sharedCluster } from "./pgo/inventory.ts";
import type { Context, PostgresCluster } from "./pgo/inventory.ts";
import { createBasics, createPods, createPostgresClusters } from "./pgo/register.ts";
import { healRepository, silenceRepository } from "./pgo/repository.ts";
import { ensureTools } from "./toolchain/tools.ts";

export { down } from "./down.ts";

/** Where the sandbox is started, and who is told about the progress. */
export interface UpOptions {
  directory: string;
  progress: (line: string) => void;
  /** The PostgresClusters of the inventory and their databases. Default true. */
  postgresClusters?: boolean;
}

/** Starts both API servers, the databases and the stand-ins, and creates all objects of the inventory. Skips what already runs. */
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

/** A program of the sandbox and what it does. */
export interface Part {
  name: string;
  running: boolean;
  what: string;
}

/** Every program that was started and not stopped since. */
export function status(directory: string): Promise<Part[]> {
  const processes = new Processes(layout(directory).processes);
  return Promise.resolve(
    processes.names().map((name) => ({ name, running: processes.running(name), what: description(name) })),
  );
}

function description(name: string): string {
  switch (name.slice(name.lastIndexOf(".") + 1)) {
    case "etcd":
      return "database of both API servers (real)";
    case "kube-apiserver":
      return "Kubernetes API (real)";
    case "kube-controller-manager":
      return "controllers for StatefulSets, garbage collection and more (real)";
    case "postgres-operator":
      return "Zalando operator (real)";
    case "harbor-operator":
      return "Harbor operator (real)";
    case "harbor":
      return "Harbor's API, from its own tables in the database (stand-in)";
    case "spilo":
      return "runs the Pods of the Zalando operator (stand-in)";
    case "s3":
      return "S3 endpoint: forwards each request to s3-objects or moto";
    case "s3-objects":
      return "S3 objects, by versitygw (real)";
    case "moto":
      return "the other AWS APIs, by moto (emulator)";
    case "kubelet":
      return "runs commands in pods (stand-in)";
    case "operator":
      return "sets stanzaCreated as PGO does (stand-in)";
    case "patroni":
      return "Patroni with its Postgres (real)";
    case "repository":
      return "pgBackRest repository host (real)";
    case "silent":
      return "accepts connections in place of the repository host and stays silent until `heal`";
    default:
      return "";
  }
}

/** Makes the repository host of a cluster answer, as a corrected ServiceEntry would. */
export async function heal(directory: string, context: Context, target: string): Promise<void> {
  const cluster = repairable(context, target);
  await healRepository(await runningHost(directory), cluster);
}

/** Makes the repository host of a cluster silent, as a wrong ServiceEntry would. */
export async function breakRepository(directory: string, context: Context, target: string): Promise<void> {
  const cluster = repairable(context, target);
  await silenceRepository(await runningHost(directory), cluster);
}

/** The environment for working by hand. psql connects to the instance that all healthy clusters share. */
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
  if (!processes.running("etcd"))
    throw new Error(`no sandbox runs in ${directory}; start one with: npm run sandbox -- up`);
  return loadHost(directory);
}

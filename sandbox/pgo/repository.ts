import { createConnection } from "node:net";
import { join } from "node:path";
import { createFile, createFolder } from "../host/account.ts";
import { repositoryClientName } from "../host/certificates.ts";
import { clusterLayout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { waitUntil } from "../host/processes.ts";
import { clusterId } from "./inventory.ts";
import type { PostgresCluster } from "./inventory.ts";

const repositoryProcess = (cluster: PostgresCluster) => `${clusterId(cluster)}.repository`;
const silentProcess = (cluster: PostgresCluster) => `${clusterId(cluster)}.silent`;

/** Writes the files of a cluster's repository host. */
export async function prepareRepository(
  { directory, ports, certificates, account }: Host,
  cluster: PostgresCluster,
): Promise<void> {
  const files = clusterLayout(directory, cluster);
  for (const folder of [files.own, files.repository, files.repositoryLocks, files.repositoryLogs])
    await createFolder(folder, account);
  const settings = {
    "repo1-path": files.repository,
    "log-path": files.repositoryLogs,
    "lock-path": files.repositoryLocks,
    "tls-server-address": "127.0.0.1",
    "tls-server-port": ports(portName.repository(cluster)),
    "tls-server-ca-file": certificates.authority,
    "tls-server-cert-file": certificates.repository.certificate,
    "tls-server-key-file": certificates.repository.key,
    "tls-server-auth": `${repositoryClientName}=*`,
  };
  await createFile(files.repositoryConfig, configText({ global: settings }), account);
}

/** The text of a pgBackRest configuration file. */
export function configText(sections: Record<string, Record<string, string | number>>): string {
  return Object.entries(sections)
    .map(([section, settings]) =>
      [`[${section}]`, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`), ""].join("\n"),
    )
    .join("\n");
}

/**
 * Starts the program that listens at a cluster's repository port. The first time, the cluster's state decides whether it
 * is silent; after that, the process records do, so that a `heal` or `break` lasts.
 */
export async function startRepository(host: Host, cluster: PostgresCluster): Promise<void> {
  const known = host.processes.names();
  const silent =
    known.includes(silentProcess(cluster)) ||
    (cluster.state === "silent" && !known.includes(repositoryProcess(cluster)));
  await (silent ? startSilentPeer(host, cluster) : startServer(host, cluster));
}

/** Replaces the silent peer by the real repository host. */
export async function healRepository(host: Host, cluster: PostgresCluster): Promise<void> {
  await host.processes.stop(silentProcess(cluster));
  await startServer(host, cluster);
}

/** Replaces the repository host by a silent peer. */
export async function silenceRepository(host: Host, cluster: PostgresCluster): Promise<void> {
  // The server has a child process for each connection.
  await host.processes.stop(repositoryProcess(cluster), { group: true });
  await startSilentPeer(host, cluster);
}

async function startServer(host: Host, cluster: PostgresCluster): Promise<void> {
  await host.processes.start({
    name: repositoryProcess(cluster),
    command: "pgbackrest",
    args: [`--config=${clusterLayout(host.directory, cluster).repositoryConfig}`, "server"],
    env: { LANG: "C.UTF-8" },
    cwd: "/",
    user: host.account,
  });
  await listening(host, cluster);
}

async function startSilentPeer(host: Host, cluster: PostgresCluster): Promise<void> {
  await host.processes.start({
    name: silentProcess(cluster),
    command: process.execPath,
    args: [join(import.meta.dirname, "silent-peer.ts"), String(host.ports(portName.repository(cluster)))],
  });
  await listening(host, cluster);
}

async function listening({ ports }: Host, cluster: PostgresCluster): Promise<void> {
  await waitUntil(`the repository port of ${cluster.namespace}/${cluster.name}`, 20, () =>
    accepts(ports(portName.repository(cluster))),
  );
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

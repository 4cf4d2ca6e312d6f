import { z } from "zod";
import { createFile, createFolder } from "../host/account.ts";
import { clusterLayout, instanceLayout, layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { postgresBin } from "../host/packages.ts";
import { portName } from "../host/ports.ts";
import { waitUntil } from "../host/processes.ts";
import { clusterId } from "./inventory.ts";
import type { PostgresCluster } from "./inventory.ts";
import { label, patroniLabels, patroniScope } from "./objects.ts";
import { configText } from "./repository.ts";

/** An instance of a cluster: Patroni and its Postgres. */
export interface Instance {
  cluster: PostgresCluster;
  pod: string;
}

/** The environment of an instance's processes and of the commands in its `database` container. */
export function instanceEnvironment({ directory, ports }: Host, { cluster, pod }: Instance): Record<string, string> {
  const files = instanceLayout(directory, cluster, pod);
  return {
    PATH: `${postgresBin}:/usr/local/bin:/usr/bin:/bin`,
    LANG: "C.UTF-8",
    HOME: files.own,
    PGHOST: layout(directory).sockets,
    PGPORT: String(ports(portName.postgres(cluster, pod))),
    PGUSER: "postgres",
    PATRONICTL_CONFIG_FILE: files.patroniConfig,
    KUBECONFIG: clusterLayout(directory, cluster).kubeconfig,
    PGBACKREST_CONFIG: files.pgbackrestConfig,
  };
}

/** Writes an instance's files. As with PGO, they name only its own Postgres, and the repository through the repository host. */
export async function prepareInstance(host: Host, instance: Instance): Promise<void> {
  const { directory, ports, certificates, account } = host;
  const { cluster, pod } = instance;
  const files = instanceLayout(directory, cluster, pod);
  for (const folder of [files.own, files.spool, files.locks, files.logs]) await createFolder(folder, account);
  const repository = clusterLayout(directory, cluster);
  await createFile(
    files.pgbackrestConfig,
    configText({
      global: {
        "archive-async": "y",
        "log-path": files.logs,
        "lock-path": files.locks,
        "spool-path": files.spool,
        "repo1-path": repository.repository,
        "repo1-host": "localhost",
        "repo1-host-type": "tls",
        "repo1-host-port": ports(portName.repository(cluster)),
        "repo1-host-config": repository.repositoryConfig,
        "repo1-host-ca-file": certificates.authority,
        "repo1-host-cert-file": certificates.repositoryClient.certificate,
        "repo1-host-key-file": certificates.repositoryClient.key,
      },
      db: {
        "pg1-path": files.data,
        "pg1-port": ports(portName.postgres(cluster, pod)),
        "pg1-socket-path": layout(directory).sockets,
      },
    }),
    account,
  );
  await createFile(files.patroniConfig, JSON.stringify(patroniConfig(host, instance), undefined, 2), account);
}

function patroniConfig({ directory, ports, secrets }: Host, { cluster, pod }: Instance) {
  const files = instanceLayout(directory, cluster, pod);
  const password = secrets(`password ${clusterId(cluster)}`);
  const restApi = `127.0.0.1:${ports(portName.patroni(cluster, pod))}`;
  const postgres = `127.0.0.1:${ports(portName.postgres(cluster, pod))}`;
  return {
    scope: patroniScope(cluster),
    name: pod,
    kubernetes: {
      context: cluster.context,
      namespace: cluster.namespace,
      labels: patroniLabels(cluster),
      scope_label: label.patroni,
      role_label: label.role,
      // An Endpoints object accepts no loopback address.
      use_endpoints: false,
    },
    restapi: { listen: restApi, connect_address: restApi, authentication: { username: "patroni", password } },
    bootstrap: {
      dcs: {
        ttl: 30,
        loop_wait: 5,
        retry_timeout: 10,
        postgresql: {
          use_slots: true,
          use_pg_rewind: true,
          parameters: { archive_mode: "on", archive_timeout: "60s", wal_level: "logical" },
        },
      },
      initdb: ["data-checksums", "no-sync", { encoding: "UTF8" }, { "wal-segsize": "1" }],
    },
    postgresql: {
      listen: postgres,
      connect_address: postgres,
      data_dir: files.data,
      bin_dir: postgresBin,
      pgpass: `${files.own}/pgpass`,
      // Only the databases' user can enter the sockets' folder, but every user of this machine can reach the port.
      pg_hba: [
        "local all all trust",
        "host replication _crunchyrepl 127.0.0.1/32 scram-sha-256",
        "host all postgres 127.0.0.1/32 scram-sha-256",
      ],
      basebackup: [{ checkpoint: "fast" }, "no-sync"],
      use_unix_socket: true,
      authentication: {
        superuser: { username: "postgres", password },
        replication: { username: "_crunchyrepl", password },
      },
      parameters: {
        unix_socket_directories: layout(directory).sockets,
        shared_buffers: "16MB",
        fsync: "off",
        archive_command: 'pgbackrest --stanza=db archive-push "%p"',
        restore_command: 'pgbackrest --stanza=db archive-get %f "%p"',
      },
    },
  };
}

/** The name of its process in the sandbox. */
export function patroniProcess({ cluster, pod }: Instance): string {
  return `${clusterId(cluster)}.${pod}.patroni`;
}

/** Starts Patroni, which starts its Postgres. */
export async function startPatroni(host: Host, instance: Instance): Promise<void> {
  const files = instanceLayout(host.directory, instance.cluster, instance.pod);
  await host.processes.start({
    name: patroniProcess(instance),
    command: "patroni",
    args: [files.patroniConfig],
    env: instanceEnvironment(host, instance),
    cwd: files.own,
    user: host.account,
  });
}

/** Waits until the cluster has a leader, and returns it. Patroni must have been started on the given instance. */
export async function waitForLeader(host: Host, started: Instance): Promise<Instance> {
  const { cluster } = started;
  const name = patroniProcess(started);
  let leader: Instance | undefined;
  await waitUntil(
    `a leader of ${cluster.namespace}/${cluster.name} in the context ${cluster.context}`,
    90,
    async () => {
      leader = await leaderOf(host, cluster);
      return leader !== undefined || !host.processes.running(name);
    },
  );
  if (leader === undefined) throw new Error(`${name} ended during its start; see ${host.processes.log(name)}`);
  return leader;
}

/** The instance that leads the cluster now; undefined when there is none. */
export async function leaderOf(host: Host, cluster: PostgresCluster): Promise<Instance | undefined> {
  for (const pod of cluster.pods) if (await answers(host, { cluster, pod }, "primary")) return { cluster, pod };
  return undefined;
}

/** Waits until all instances except the leader run as replicas. */
export async function waitForReplicas(host: Host, leader: Instance): Promise<void> {
  for (const pod of leader.cluster.pods.filter((name) => name !== leader.pod)) {
    await waitUntil(`the replica ${pod}`, 60, () => answers(host, { cluster: leader.cluster, pod }, "replica"));
  }
}

/** The system identifier of an instance's Postgres, as text because it has more digits than a JavaScript number can hold. */
export async function readSystemIdentifier(host: Host, instance: Instance): Promise<string> {
  const response = await ask(host, instance, "patroni");
  return z.object({ database_system_identifier: z.string() }).parse(await response.json()).database_system_identifier;
}

async function answers(host: Host, instance: Instance, role: "primary" | "replica"): Promise<boolean> {
  return (await ask(host, instance, role).catch(() => undefined))?.status === 200;
}

function ask({ ports }: Host, { cluster, pod }: Instance, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${ports(portName.patroni(cluster, pod))}/${path}`, {
    signal: AbortSignal.timeout(5000),
  });
}

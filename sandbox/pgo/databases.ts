import { execa } from "execa";
import { createFolder } from "../host/account.ts";
import type { Account } from "../host/account.ts";
import type { Certificates } from "../host/certificates.ts";
import { instanceLayout, layout } from "../host/directory.ts";
import { ownClusters, sharedCluster } from "./inventory.ts";
import type { PostgresCluster } from "./inventory.ts";
import {
  instanceEnvironment,
  prepareInstance,
  readSystemIdentifier,
  startPatroni,
  waitForLeader,
  waitForReplicas,
} from "./patroni.ts";
import type { Instance } from "./patroni.ts";
import type { Ports } from "../host/ports.ts";
import { waitUntil } from "../host/processes.ts";
import type { Processes } from "../host/processes.ts";
import { prepareRepository, startRepository } from "./repository.ts";
import type { Secrets } from "../host/secrets.ts";

interface Databases {
  directory: string;
  processes: Processes;
  ports: Ports;
  certificates: Certificates;
  secrets: Secrets;
  account: Account;
}

/** Writes the files of all clusters that really run, and starts their repository hosts. */
export async function prepareDatabases(databases: Databases): Promise<void> {
  const { directory, ports, certificates, secrets, account, processes } = databases;
  await createFolder(layout(directory).databases, account, 0o711);
  await createFolder(layout(directory).sockets, account);
  await Promise.all(
    ownClusters.map(async (cluster) => {
      await prepareRepository(directory, cluster, ports, certificates, account);
      for (const pod of cluster.pods)
        await prepareInstance(directory, { cluster, pod }, ports, certificates, secrets, account);
      await startRepository(directory, cluster, ports, processes, account);
    }),
  );
}

/** Starts a cluster, puts its data in and returns its system identifier. Its pods must exist. */
export async function startDatabase(databases: Databases, cluster: PostgresCluster): Promise<string> {
  const { directory, ports, account, processes } = databases;
  const [first, ...replicas] = cluster.pods.map((pod) => ({ cluster, pod }));
  if (first === undefined) throw new Error(`${cluster.namespace}/${cluster.name} has no instance`);
  await startPatroni(directory, first, ports, processes, account);
  const leader = await waitForLeader(first, ports, processes);
  for (const replica of replicas) await startPatroni(directory, replica, ports, processes, account);
  await fill(databases, leader);
  if (cluster === sharedCluster) await createStanza(databases, leader);
  await waitForReplicas(leader, ports);
  return readSystemIdentifier(leader, ports);
}

async function createStanza(databases: Databases, leader: Instance): Promise<void> {
  // The process that pushes WAL in the background may hold the lock that this needs (exit code 50).
  await waitUntil(`the stanza of ${leader.cluster.namespace}/${leader.cluster.name}`, 60, async () => {
    await run(databases, leader, "pgbackrest", ["--stanza=db", "stanza-create"]);
    return true;
  });
}

/** A little data of its own, so that a dump shows from where it came. */
async function fill(databases: Databases, leader: Instance): Promise<void> {
  const known = await run(databases, leader, "psql", ["-XAtqc", "select 1 from pg_database where datname = 'app'"]);
  if (known === "1") return;
  const { context, namespace, name } = leader.cluster;
  const script = `
    create role app login password 'sandbox';
    create database app owner app;
    \\connect app
    set role app;
    create table marker (cluster text primary key);
    create table entry (id int primary key, written timestamptz not null, content text not null);
    insert into entry select n, timestamptz '2023-02-28' + n * interval '1 minute', md5(n::text) from generate_series(1, 500) n;
    insert into marker values ('${context} ${namespace}/${name}');
  `;
  await run(databases, leader, "psql", ["-Xq", "-v", "ON_ERROR_STOP=1"], script);
}

async function run(
  { directory, ports, account }: Databases,
  instance: Instance,
  command: string,
  args: string[],
  input = "",
): Promise<string> {
  const { stdout } = await execa(command, args, {
    ...account,
    cwd: instanceLayout(directory, instance.cluster, instance.pod).own,
    env: instanceEnvironment(directory, instance, ports),
    extendEnv: false,
    input,
    timeout: 60_000,
  });
  return stdout;
}

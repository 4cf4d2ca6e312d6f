import { execa } from "execa";
import { createFolder } from "../host/account.ts";
import { instanceLayout, layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { waitUntil } from "../host/processes.ts";
import { hasBackup, takeBackup } from "./backup.ts";
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
import { prepareRepository, startRepository } from "./repository.ts";

/** Writes the files of all clusters that have their own instance, and starts their repository hosts. */
export async function prepareDatabases(host: Host): Promise<void> {
  const { directory, account } = host;
  await createFolder(layout(directory).databases, account, 0o711);
  await createFolder(layout(directory).sockets, account);
  await Promise.all(
    ownClusters.map(async (cluster) => {
      await prepareRepository(host, cluster);
      for (const pod of cluster.pods) await prepareInstance(host, { cluster, pod });
      await startRepository(host, cluster);
    }),
  );
}

/** Starts a cluster, fills in its data and returns its system identifier. Its pods must exist. */
export async function startDatabase(host: Host, cluster: PostgresCluster): Promise<string> {
  const [first, ...replicas] = cluster.pods.map((pod) => ({ cluster, pod }));
  if (first === undefined) throw new Error(`${cluster.namespace}/${cluster.name} has no instance`);
  await startPatroni(host, first);
  const leader = await waitForLeader(host, first);
  for (const replica of replicas) await startPatroni(host, replica);
  await fill(host, leader);
  if (cluster === sharedCluster) {
    await createStanza(host, leader);
    if (!(await hasBackup(host, leader))) await takeBackup(host, leader);
  }
  await waitForReplicas(host, leader);
  return readSystemIdentifier(host, leader);
}

async function createStanza(host: Host, leader: Instance): Promise<void> {
  // The process that pushes WAL in the background may hold the lock that stanza-create needs (exit code 50).
  await waitUntil(`the stanza of ${leader.cluster.namespace}/${leader.cluster.name}`, 60, async () => {
    await run(host, leader, "pgbackrest", ["--stanza=db", "stanza-create"]);
    return true;
  });
}

/** Adds a little data that is different in each cluster, so that a dump shows where it came from. */
async function fill(host: Host, leader: Instance): Promise<void> {
  const known = await run(host, leader, "psql", ["-XAtqc", "select 1 from pg_database where datname = 'app'"]);
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
  await run(host, leader, "psql", ["-Xq", "-v", "ON_ERROR_STOP=1"], script);
}

async function run(host: Host, instance: Instance, command: string, args: string[], input = ""): Promise<string> {
  const { stdout } = await execa(command, args, {
    ...host.account,
    cwd: instanceLayout(host.directory, instance.cluster, instance.pod).own,
    env: instanceEnvironment(host, instance),
    extendEnv: false,
    input,
    timeout: 60_000,
  });
  return stdout;
}

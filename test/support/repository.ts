import { createHash } from "node:crypto";
import { readFile, readdir, readlink, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { databaseAccount } from "../../sandbox/host/account.ts";
import { clusterLayout, layout } from "../../sandbox/host/directory.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { clusterId, type Context, type PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { annotations, postgresClusterApi } from "../../domain/stanza/postgres-cluster.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { askDirectly, testDirectory } from "./sandbox.ts";

/** The folder of the cluster's repository. */
export function repositoryOf(cluster: PostgresCluster): string {
  return clusterLayout(testDirectory, cluster).repository;
}

/**
 * Every file of the repository with the SHA-256 of its content, and every folder.
 * Excludes WAL, which the database may push at any time once archive.info exists.
 */
export async function repositoryFiles(cluster: PostgresCluster): Promise<Record<string, string>> {
  const root = repositoryOf(cluster);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    if (/^archive\/db\/\d+-\d+(\/|$)/.test(name)) continue;
    if (entry.isDirectory()) found[name] = "folder";
    // pgBackRest points to the newest backup with a link to its folder.
    else if (entry.isSymbolicLink()) found[name] = `link to ${await readlink(path)}`;
    else
      found[name] = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
  }
  return found;
}

/** Runs `pgbackrest stanza-create` without the project's code, as PGO would. */
export function createDirectly(cluster: PostgresCluster, pod = cluster.pods[0] ?? ""): Promise<void> {
  // The process that pushes WAL in the background may hold the lock for a moment.
  return waitUntil(`the stanza of ${cluster.name}`, 30, async () => {
    await askDirectly(cluster.context, cluster.namespace, pod, "pgbackrest", "--stanza=db", "stanza-create");
    return true;
  });
}

/** Resets the repository and PGO's status to the sandbox's initial state: no stanza, no files, no stop file. */
export async function loseStanza(cluster: PostgresCluster): Promise<void> {
  const onEachPod = (...argv: string[]) =>
    Promise.all(cluster.pods.map((pod) => askDirectly(cluster.context, cluster.namespace, pod, ...argv)));
  // Ends a process that pushes WAL, which would otherwise write into the emptied repository.
  await onEachPod("pgbackrest", "--stanza=db", "stop", "--force");
  // Also ends a backup that the stand-in for PGO takes.
  await onRepositoryHost(cluster, "stop", "--force");
  await untilRepositoryIdle(cluster);
  for (const name of await readdir(repositoryOf(cluster)))
    await rm(join(repositoryOf(cluster), name), { recursive: true });
  await onEachPod("pgbackrest", "--stanza=db", "start");
  await onRepositoryHost(cluster, "start");
  await patchCluster(cluster, { metadata: { annotations: { [annotations.backup]: null } } });
  await patchStatus(cluster, { pgbackrest: { manualBackup: null } });
  await tellOperatorsBelief(cluster, cluster.stanzaCreated);
}

async function onRepositoryHost(cluster: PostgresCluster, ...argv: string[]): Promise<void> {
  const { repositoryLocks, repositoryLogs } = clusterLayout(testDirectory, cluster);
  const options = ["--no-config", "--stanza=db", `--lock-path=${repositoryLocks}`, `--log-path=${repositoryLogs}`];
  await execa("pgbackrest", [...options, ...argv], { ...(await databaseAccount()), cwd: "/" });
}

/** Waits until the repo host serves nobody, that is, has no child process, of which each client has one. */
function untilRepositoryIdle(cluster: PostgresCluster): Promise<void> {
  const host = new Processes(layout(testDirectory).processes).pid(`${clusterId(cluster)}.repository`);
  return waitUntil(`the repo host of ${cluster.name} to be idle`, 20, async () => {
    return host === undefined || (await readFile(`/proc/${host}/task/${host}/children`, "utf8")) === "";
  });
}

/** Sets `stanzaCreated` in the status, as PGO does. */
export async function tellOperatorsBelief(cluster: PostgresCluster, stanzaCreated: boolean): Promise<void> {
  const repos = [
    {
      name: "repo1",
      bound: true,
      volume: `pvc-${cluster.namespace}-${cluster.name}-repo1`,
      stanzaCreated,
      replicaCreateBackupComplete: cluster.stanzaCreated,
    },
  ];
  await patchStatus(cluster, { pgbackrest: { repos } });
  // The stand-in for PGO may have read the status just before, and may write just after.
  await sleep(300);
  await patchStatus(cluster, { pgbackrest: { repos } });
}

/** While `work` runs, the status has no system identifier, as before PGO has first seen the database. */
export async function withoutSystemIdentifier<T>(cluster: PostgresCluster, work: () => Promise<T>): Promise<T> {
  const {
    context,
    namespace,
    pods: [pod = ""],
  } = cluster;
  const systemIdentifier = await askDirectly(
    context,
    namespace,
    pod,
    "psql",
    "-XAtqc",
    "select system_identifier from pg_control_system()",
  );
  await patchStatus(cluster, { patroni: { systemIdentifier: null } });
  try {
    return await work();
  } finally {
    await patchStatus(cluster, { patroni: { systemIdentifier } });
  }
}

async function patchStatus({ context, namespace, name }: PostgresCluster, status: object): Promise<void> {
  await customObjects(context).patchNamespacedCustomObjectStatus(
    { ...postgresClusterApi, namespace, name, body: { status } },
    mergePatch,
  );
}

/** Changes the PostgresCluster, as its user does. */
export async function patchCluster({ context, namespace, name }: PostgresCluster, body: object): Promise<void> {
  await customObjects(context).patchNamespacedCustomObject(
    { ...postgresClusterApi, namespace, name, body },
    mergePatch,
  );
}

/** The PostgresCluster, as the API server has it. */
export function clusterObject({ context, namespace, name }: PostgresCluster): Promise<unknown> {
  return customObjects(context).getNamespacedCustomObject({ ...postgresClusterApi, namespace, name });
}

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

function customObjects(context: Context): CustomObjectsApi {
  return client(layout(testDirectory).kubeconfig, context).makeApiClient(CustomObjectsApi);
}

import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { createFolder, databaseAccount } from "../../sandbox/host/account.ts";
import { clusterLayout, instanceLayout } from "../../sandbox/host/directory.ts";
import { clusterId, type PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { loadHost } from "../../sandbox/host/host.ts";
import { healRepository } from "../../sandbox/pgo/repository.ts";
import { testDirectory } from "./sandbox.ts";

/** While `work` runs, nothing listens at the port of the cluster's repo host. */
export async function withRepositoryDown<T>(cluster: PostgresCluster, work: () => Promise<T>): Promise<T> {
  const host = await loadHost(testDirectory);
  await host.processes.stop(`${clusterId(cluster)}.repository`, { group: true });
  try {
    return await work();
  } finally {
    await healRepository(host, cluster);
  }
}

/** While `work` runs, the cluster has a second, initially empty repository on the same repo host. */
export async function withSecondRepository<T>(cluster: PostgresCluster, work: () => Promise<T>): Promise<T> {
  const host = clusterLayout(testDirectory, cluster);
  const folder = `${host.own}/repository2`;
  const instances = cluster.pods.map((pod) => instanceLayout(testDirectory, cluster, pod).pgbackrestConfig);
  const originals = new Map<string, string>();
  for (const file of [host.repositoryConfig, ...instances]) originals.set(file, await readFile(file, "utf8"));
  try {
    await createFolder(folder, await databaseAccount());
    for (const [file, text] of originals) {
      // Repeats every setting of repo1 for repo2.
      const settings = text.split("\n").filter((line) => line.startsWith("repo1-"));
      const second = settings.map((line) =>
        line.replace("repo1-", "repo2-").replace(/^(repo2-path)=.*/, `$1=${folder}`),
      );
      await appendFile(file, `\n[global]\n${second.join("\n")}\n`);
    }
    return await work();
  } finally {
    for (const [file, text] of originals) await writeFile(file, text);
    await rm(folder, { recursive: true });
  }
}

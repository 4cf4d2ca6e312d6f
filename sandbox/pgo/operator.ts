import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CustomObjectsApi } from "@kubernetes/client-node";
import { clusterLayout, layout } from "../host/directory.ts";
import { loadHost, type Host } from "../host/host.ts";
import { client } from "../kubernetes/client.ts";
import { takeBackup } from "./backup.ts";
import { contexts, ownClusters } from "./inventory.ts";
import type { Context, PostgresCluster } from "./inventory.ts";
import { leaderOf } from "./patroni.ts";
import { Operator } from "./reconcile.ts";

/** The stand-in for PGO on one API server, with real repositories and real backups of pgBackRest. */
function operatorOf(host: Host, context: Context): Operator {
  return new Operator({
    api: client(layout(host.directory).operatorKubeconfig, context).makeApiClient(CustomObjectsApi),
    clusters: ownClusters.filter((cluster) => cluster.context === context),
    stanzaExists: (cluster) => stanzaExists(host.directory, cluster),
    async backup(cluster) {
      const leader = await leaderOf(host, cluster);
      if (leader === undefined) throw new Error("no leader at the moment");
      await takeBackup(host, leader);
    },
    log: (line) => {
      console.log(line);
    },
  });
}

/** A stanza exists if both of its info files do. */
async function stanzaExists(directory: string, cluster: PostgresCluster): Promise<boolean> {
  const { repository } = clusterLayout(directory, cluster);
  const files = [join(repository, "archive", "db", "archive.info"), join(repository, "backup", "db", "backup.info")];
  return Promise.all(files.map((file) => access(file))).then(
    () => true,
    () => false,
  );
}

// Run as: node operator.ts DIRECTORY
const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("usage: node operator.ts DIRECTORY");
const host = await loadHost(directory);
const operators = contexts.map((context) => ({ context, operator: operatorOf(host, context) }));
for (;;) {
  for (const { context, operator } of operators) {
    await operator.reconcile().catch((error: unknown) => {
      console.error(`${context}:`, error);
    });
  }
  await sleep(1000);
}

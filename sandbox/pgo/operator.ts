import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { z } from "zod";
import { clusterLayout, layout } from "../host/directory.ts";
import { client } from "../kubernetes/client.ts";
import { contexts, ownClusters } from "./inventory.ts";
import type { Context, PostgresCluster } from "./inventory.ts";
import { resource, stanzaCondition } from "./objects.ts";

/**
 * Stands in for Crunchy PGO. Every second it checks whether the stanza of a PostgresCluster exists in its repository, and
 * then says so in the status, as PGO's next reconcile does. It only changes `stanzaCreated` from false to true, never
 * creates a stanza, and does nothing else that PGO does. Run as: node operator.ts DIRECTORY
 */
async function observe(directory: string, context: Context): Promise<void> {
  const api = client(layout(directory).operatorKubeconfig, context).makeApiClient(CustomObjectsApi);
  const found = list.parse(
    await api.listCustomObjectForAllNamespaces({ ...resource, resourcePlural: resource.plural }),
  );
  for (const cluster of ownClusters.filter((own) => own.context === context)) {
    const { namespace, name } = cluster;
    const status = found.items.find(
      (item) => item.metadata.namespace === namespace && item.metadata.name === name,
    )?.status;
    if (
      status?.pgbackrest.repos.every((repo) => repo.stanzaCreated) !== false ||
      !(await stanzaExists(directory, cluster))
    )
      continue;
    const created = stanzaCondition(true);
    const body = {
      status: {
        pgbackrest: { repos: status.pgbackrest.repos.map((repo) => ({ ...repo, stanzaCreated: true })) },
        conditions: [...status.conditions.filter((condition) => condition.type !== created.type), created],
      },
    };
    await api.patchNamespacedCustomObjectStatus(
      { ...resource, namespace, name, body },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    console.log(`${context} ${namespace}/${name}: stanzaCreated`);
  }
}

const list = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), name: z.string() }),
      status: z
        .object({
          pgbackrest: z.object({ repos: z.array(z.looseObject({ stanzaCreated: z.boolean().default(false) })) }),
          conditions: z.array(z.looseObject({ type: z.string() })),
        })
        .optional(),
    }),
  ),
});

/** A stanza exists if both of its info files do. */
async function stanzaExists(directory: string, cluster: PostgresCluster): Promise<boolean> {
  const { repository } = clusterLayout(directory, cluster);
  const files = [join(repository, "archive", "db", "archive.info"), join(repository, "backup", "db", "backup.info")];
  return Promise.all(files.map((file) => access(file))).then(
    () => true,
    () => false,
  );
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("usage: node operator.ts DIRECTORY");
for (;;) {
  for (const context of contexts) {
    await observe(directory, context).catch((error: unknown) => {
      console.error(`${context}:`, error);
    });
  }
  await sleep(1000);
}

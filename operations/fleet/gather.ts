import type { FleetClient } from "../../clients/kubernetes/fleet.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { cloudNativePgFacts } from "../../domain/fleet/cloud-native-pg.ts";
import { pgoFacts } from "../../domain/fleet/pgo.ts";
import type { FleetCluster, FleetReport } from "../../domain/fleet/report.ts";
import { stackSources, watchedClusters, type DeclaredStack } from "../../domain/fleet/watch.ts";
import { zalandoFacts } from "../../domain/fleet/zalando.ts";
import { scanStanzas, type ScanOptions } from "../stanza/list.ts";
import type { Surroundings } from "../surroundings.ts";

export interface FleetOptions extends ScanOptions {
  /** What the stacks declare; undefined when there is no project; "not-asked" leaves the comparison out. */
  readonly stacks: readonly DeclaredStack[] | undefined | "not-asked";
}

interface Listed {
  readonly source: FleetReport["sources"][number];
  readonly clusters: readonly FleetCluster[];
}

/**
 * The database clusters of all operators in a context, with their backups as far as one remote command per PGO cluster and
 * the status of the others tell. It only reads. An operator that is not installed has no cluster. What could not be listed is
 * a source that failed, and no reason to hide the others.
 *
 * @throws RecoveryError `usage` when every list is complete and empty.
 */
export async function gatherFleet(
  client: FleetClient,
  { stacks, ...scan }: FleetOptions,
  surroundings: Surroundings,
): Promise<FleetReport> {
  const { context } = client;
  const { namespace } = scan;
  const ask = (what: string, list: () => Promise<FleetCluster[]>): Promise<Listed> =>
    listed(`${what} in ${context}`, namespace, list, surroundings.signal);
  const lists = await Promise.all([
    ask("PostgresClusters (Crunchy PGO)", async () =>
      (await scanStanzas(client, scan, surroundings)).map((entry) => pgoFacts(entry, context)),
    ),
    ask("postgresql resources (Zalando operator)", async () =>
      (await client.listZalandoDatabases(namespace)).map((name) => zalandoFacts(name, context)),
    ),
    ask("clusters (CloudNativePG)", async () =>
      (await client.listCloudNativePgClusters(namespace)).map((cluster) => cloudNativePgFacts(cluster, context)),
    ),
  ]);
  const found = lists.flatMap(({ clusters }) => clusters);
  if (found.length === 0 && lists.every(({ source }) => source.status !== "failed"))
    throw nothingFound(context, namespace);
  const sources = lists.map(({ source }) => source);
  const gatheredAt = surroundings.now().toISOString();
  if (stacks === "not-asked") return { version: 1, gatheredAt, sources, clusters: found };
  const isWhole = lists[0].source.status === "complete";
  return {
    version: 1,
    gatheredAt,
    sources: [...sources, ...stackSources(stacks ?? [], context)],
    clusters: watchedClusters(found, stacks, { context, isWhole }),
  };
}

async function listed(
  source: string,
  namespace: string | undefined,
  list: () => Promise<FleetCluster[]>,
  signal: AbortSignal,
): Promise<Listed> {
  try {
    const clusters = await list();
    const count = clusters.length === 1 ? "1 cluster" : `${clusters.length} clusters`;
    return namespace === undefined
      ? { source: { source, status: "complete", detail: count }, clusters }
      : { source: { source, status: "partial", detail: `only the namespace ${namespace}: ${count}` }, clusters };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RecoveryError)) throw error;
    if (error.code === "kubernetes-resource-unknown")
      return { source: { source, status: "complete", detail: "the operator is not installed" }, clusters: [] };
    return { source: { source, status: "failed", detail: error.message }, clusters: [] };
  }
}

/** An empty list is more likely a wrong context or namespace than good news. */
function nothingFound(context: string, namespace: string | undefined): RecoveryError {
  const where = namespace === undefined ? `context ${context}` : `namespace ${namespace} of context ${context}`;
  const code = namespace === undefined ? "context-without-clusters" : "namespace-without-clusters";
  return new RecoveryError(code, `there is no PostgresCluster, postgresql or CloudNativePG cluster in ${where}`, {
    next: namespace === undefined ? "see which contexts there are: kubectl config get-contexts" : "list without -n",
  });
}

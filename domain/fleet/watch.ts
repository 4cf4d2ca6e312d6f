import { postgresqlName } from "../harbor/names.ts";
import { formatObjectName, type ObjectName } from "../kubernetes/object-name.ts";
import { didYouMean } from "../similar.ts";
import type { FleetCluster, FleetReport } from "./report.ts";

/** What a stack declares, or why that is not known. */
export type DeclaredStack =
  | {
      readonly stack: string;
      /** The kubeconfig's context for which it is. */
      readonly context: string;
      /** PostgresClusters, as NAMESPACE/CLUSTER; the reason of a target on hold, undefined for the others. */
      readonly targets: ReadonlyMap<string, string | undefined>;
      readonly harbor?: ObjectName | undefined;
    }
  | { readonly stack: string; readonly unreadable: string };

type Watch = NonNullable<FleetCluster["watch"]>;

/**
 * The clusters with what watches each, and the targets that do not exist. A stack that cannot be read may declare any
 * cluster, so no cluster is said to be unwatched then.
 *
 * @param stacks undefined when there is no project whose stacks could be read.
 * @param isWhole whether every PostgresCluster of the context is among the clusters. Otherwise no target is missing.
 */
export function watchedClusters(
  clusters: readonly FleetCluster[],
  stacks: readonly DeclaredStack[] | undefined,
  { context, isWhole }: { readonly context: string; readonly isWhole: boolean },
): FleetCluster[] {
  const watched = clusters.map((cluster) => ({ ...cluster, watch: watchOf(cluster, stacks, context) }));
  return [...watched, ...(isWhole ? missingTargets(clusters, stacks ?? [], context) : [])];
}

/** What came out of reading the stacks, for the sources of a report. */
export function stackSources(stacks: readonly DeclaredStack[], context: string): FleetReport["sources"] {
  return stacks.map((each) => {
    const source = `stack ${each.stack}`;
    if ("unreadable" in each) return { source, status: "failed", detail: each.unreadable };
    if (each.context !== context)
      return { source, status: "complete", detail: `is for the context ${each.context}: not compared` };
    const names = [...each.targets.keys(), ...(each.harbor === undefined ? [] : [formatObjectName(each.harbor)])];
    return { source, status: "complete", detail: `declares ${counted(names.length)}` };
  });
}

function watchOf(cluster: FleetCluster, stacks: readonly DeclaredStack[] | undefined, context: string): Watch {
  if (stacks === undefined) return { status: "unknown", why: "there is no Pulumi.yaml here, so no stack was read" };
  const by = stacks.flatMap((each) => {
    if ("unreadable" in each || each.context !== context) return [];
    if (cluster.operator === "zalando") return isHarborOf(each.harbor, cluster) ? [`stack ${each.stack}`] : [];
    const name = nameOf(cluster);
    if (cluster.operator !== "pgo" || !each.targets.has(name)) return [];
    return [`stack ${each.stack}${each.targets.get(name) === undefined ? "" : " (on hold)"}`];
  });
  if (by.length > 0) return { status: "watched", by };
  const unread = stacks.filter((each) => "unreadable" in each).map(({ stack }) => stack);
  if (unread.length === 0) return { status: "not-watched" };
  return { status: "unknown", why: `it may be declared in a stack that cannot be read: ${unread.join(", ")}` };
}

function isHarborOf(harbor: ObjectName | undefined, { name, namespace }: FleetCluster): boolean {
  return harbor?.namespace === namespace && postgresqlName(harbor) === name;
}

function missingTargets(
  clusters: readonly FleetCluster[],
  stacks: readonly DeclaredStack[],
  context: string,
): FleetCluster[] {
  const known = clusters.filter(({ operator }) => operator === "pgo").map(nameOf);
  const byName = new Map<string, string[]>();
  for (const each of stacks) {
    if ("unreadable" in each || each.context !== context) continue;
    for (const name of each.targets.keys())
      if (!known.includes(name)) byName.set(name, [...(byName.get(name) ?? []), `stack ${each.stack}`]);
  }
  return [...byName].map(([cluster, by]) => {
    const [namespace = "", name = ""] = cluster.split("/");
    const hint = didYouMean(cluster, known);
    return {
      kubernetes: context,
      namespace,
      name,
      operator: "pgo",
      watch: { status: "watched", by },
      findings: [
        {
          severity: "refuse",
          code: "cluster-declared-missing",
          what: `${by.join(", ")} declares it, and there is no such PostgresCluster in the context`,
          fix: hint ?? "take it off the targets, or choose the right context",
        },
      ],
    };
  });
}

function nameOf({ name, namespace }: FleetCluster): string {
  return formatObjectName({ namespace, name });
}

function counted(count: number): string {
  return count === 1 ? "1 cluster" : `${count} clusters`;
}

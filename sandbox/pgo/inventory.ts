/** A context of the sandbox's kubeconfig. Each has its own API server. */
export type Context = "lab" | "dev";

export const contexts: readonly Context[] = ["lab", "dev"];

/** A cluster's state in the runbook's lists of 28 February 2023, which the sandbox reproduces. */
export type State =
  /** The stanza exists. All pods of such clusters share the instance of `sharedCluster`. */
  | "healthy"
  /** The cluster has its own instance and repository, in which nobody ever created the stanza. */
  | "missing"
  /** As "missing", but the repository host accepts connections and stays silent until it is healed. */
  | "silent"
  /** The operator never handled it: no pod and no status. */
  | "no-instance";

/** A PostgresCluster in the runbook's lists. */
export interface PostgresCluster {
  context: Context;
  namespace: string;
  name: string;
  state: State;
  /** Its instance pods. The first one becomes the leader. */
  pods: readonly string[];
  /**
   * What PGO believes. If this is true and the repository has no stanza, PGO never tries again, because it resets this
   * field only when the repository's settings or volume change.
   */
  stanzaCreated: boolean;
}

type Row = Omit<PostgresCluster, "context">;

const healthy = (namespace: string, name: string, pod: string): Row => ({
  namespace,
  name,
  state: "healthy",
  pods: [pod],
  stanzaCreated: true,
});
const silent = (namespace: string, name: string, pod: string): Row => ({
  namespace,
  name,
  state: "silent",
  pods: [pod],
  stanzaCreated: false,
});
const missing = (namespace: string, name: string, ...pods: string[]): Row => ({
  namespace,
  name,
  state: "missing",
  pods,
  stanzaCreated: false,
});
const lost = (namespace: string, name: string, ...pods: string[]): Row => ({
  namespace,
  name,
  state: "missing",
  pods,
  stanzaCreated: true,
});
const unhandled = (namespace: string, name: string): Row => ({
  namespace,
  name,
  state: "no-instance",
  pods: [],
  stanzaCreated: false,
});

const lab: readonly Row[] = [
  healthy("brr-b", "postgresql", "postgresql-instance1-2n9b-0"),
  healthy("brr", "postgresql", "postgresql-instance1-w6dq-0"),
  healthy("brr", "storage-poc-db", "storage-poc-db-instance1-r4k5-0"),
  silent("consent", "spicedb-psql", "spicedb-psql-instance-hln5-0"),
  healthy("data-privacy", "postgresql", "postgresql-instance-f97w-0"),
  healthy("id", "postgresql", "postgresql-instance1-vd6r-0"),
  healthy("postgresql-sample", "database", "database-instance1-qr2k-0"),
];

const dev: readonly Row[] = [
  silent("ac-qr-publishing", "ac-qr-db", "ac-qr-db-qr-db-1-p8p4-0"),
  healthy("ac-user-registration", "ac-user-registration-db", "ac-user-registration-db-registration-db-1-rs6g-0"),
  healthy("alt-authn-authz", "a3-db-alt", "a3-db-alt-a3-db-2-cs26-0"),
  unhandled("alt-authn-authz", "a3-policy-db"),
  healthy("brr-b", "postgresql", "postgresql-instance1-dkf8-0"),
  healthy("brr", "postgresql", "postgresql-instance1-bgkv-0"),
  missing("calendar", "calendar-db", "calendar-db-calendar-db-1-jk8m-0", "calendar-db-calendar-db-1-x7pd-0"),
  lost("calendar", "scheduler-db", "scheduler-db-scheduler-db-1-r722-0"),
  healthy("data-privacy", "postgresql", "postgresql-instance-hvsz-0"),
  healthy("foodagri", "foodagri-pgdb", "foodagri-pgdb-foodagri-instance-zg9v-0"),
  healthy("id", "postgresql", "postgresql-instance1-grkz-0"),
  healthy("introspec", "experiment-db", "experiment-db-experiment-db-1-6s5q-0"),
  missing("inventor-portal", "acrete-db", "acrete-db-acrete-db-1-x25v-0"),
  healthy("lifelog-natto", "lifelog-natto-db", "lifelog-natto-db-lifelog-natto-db-1-k6wh-0"),
  healthy("postgresql-sample", "test-database", "test-database-instance1-rs9w-0"),
  healthy("tsl", "tsl-db", "tsl-db-tsl-db-1-w7q9-0"),
  healthy("utility", "map-service-db", "map-service-db-instance1-5rmd-0"),
  lost("utility", "utility-db", "utility-db-utility-db-1-mngw-0"),
  missing("wip-showcase", "showcase-dev-db", "showcase-dev-db-showcase-dev-db-1-ctbm-0"),
  healthy("woven-chat", "woven-chat-db", "woven-chat-db-woven-chat-db-1-5s2d-0"),
  healthy("woven-passport", "basket-db", "basket-db-basket-db-1-pk85-0"),
  healthy("woven-passport", "cpm-issuer-db", "cpm-issuer-db-cpm-issuer-db-1-9cdk-0"),
  healthy("woven-passport", "cpm-receiver-db", "cpm-receiver-db-cpm-receiver-db-1-6jxz-0"),
  healthy("woven-passport", "item-db", "item-db-item-db-1-kpdb-0"),
  healthy("woven-passport", "mail-link-invoice-db", "mail-link-invoice-db-mail-link-invoice-db-1-4zf9-0"),
  lost("woven-passport", "payment-hub-db", "payment-hub-db-payment-hub-db-1-v6bq-0"),
  healthy("woven-passport", "sales-details-db", "sales-details-db-sales-details-db-1-gnhn-0"),
  healthy("woven-passport", "user-registrar-db", "user-registrar-db-user-registrar-db-1-sfxk-0"),
  healthy("woven-passport", "woven-passport-db", "woven-passport-db-woven-passport-db-1-vlnj-0"),
  healthy("woven-testing-link", "testing-link-dev-db", "testing-link-dev-db-testing-link-dev-db-1-8gxx-0"),
  healthy("x-air-home", "x-air-home-db", "x-air-home-db-x-air-home-db-1-szmg-0"),
];

/** Every PostgresCluster of both contexts, in the runbook's order. */
export const clusters: readonly PostgresCluster[] = [
  ...lab.map((row) => ({ context: "lab" as const, ...row })),
  ...dev.map((row) => ({ context: "dev" as const, ...row })),
];

/** The cluster with this name, written as on the command line: NAMESPACE/NAME. */
export function findCluster(context: Context, target: string): PostgresCluster {
  const found = clusters.find(
    (cluster) => cluster.context === context && `${cluster.namespace}/${cluster.name}` === target,
  );
  if (found === undefined)
    throw new Error(
      `the context ${context} of the sandbox has no PostgresCluster ${target}; name it as NAMESPACE/NAME`,
    );
  return found;
}

/** The healthy cluster whose instance all healthy clusters share. */
export const sharedCluster: PostgresCluster = findCluster("lab", "brr/postgresql");

/** Whether the cluster has its own Patroni, Postgres and repository. */
export function hasOwnInstance(cluster: PostgresCluster): boolean {
  return cluster === sharedCluster || cluster.state === "missing" || cluster.state === "silent";
}

/** The clusters that have their own instance. */
export const ownClusters: readonly PostgresCluster[] = clusters.filter(hasOwnInstance);

/** The context in which the cluster NAMESPACE/NAME has its own instance. */
export function contextOf(target: string): Context {
  const found = ownClusters.find((cluster) => `${cluster.namespace}/${cluster.name}` === target);
  if (found !== undefined) return found.context;
  const possible = ownClusters.map((cluster) => `${cluster.namespace}/${cluster.name} (${cluster.context})`);
  throw new Error(
    `${target} has no instance and repository of its own in the sandbox; choose one of: ${possible.join(", ")}`,
  );
}

/** A unique name for files, processes and ports, because no namespace, cluster or context contains a dot. */
export function clusterId(cluster: PostgresCluster): string {
  return `${cluster.context}.${cluster.namespace}.${cluster.name}`;
}

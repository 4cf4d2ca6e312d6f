import { PatchStrategy, setHeaderOptions, type CustomObjectsApi } from "@kubernetes/client-node";
import { z } from "zod";
import { clusterId, type PostgresCluster } from "./inventory.ts";
import { conditions, label, resource } from "./objects.ts";

/** PGO's own fields, as far as the stand-in reads or writes them. */
const repositoryStatus = z.looseObject({
  stanzaCreated: z.boolean().default(false),
  replicaCreateBackupComplete: z.boolean().default(false),
});
const jobStatus = z.looseObject({ id: z.string(), finished: z.boolean().default(false) });
const observed = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({
    paused: z.boolean().default(false),
    backups: z
      .object({ pgbackrest: z.object({ manual: z.object({ repoName: z.string() }).optional() }).optional() })
      .optional(),
  }),
  status: z
    .object({
      pgbackrest: z.object({ repos: z.array(repositoryStatus), manualBackup: jobStatus.optional() }),
      conditions: z.array(z.looseObject({ type: z.string() })),
    })
    .optional(),
});
const list = z.object({ items: z.array(z.unknown()) });
type Observed = z.infer<typeof observed>;
type Status = NonNullable<Observed["status"]>;

/** How often a Job tries again, which is Kubernetes' default. PGO sets none. */
const jobBackoffLimit = 6;

/** What the operator works with. Tests replace it. */
export interface OperatorParts {
  readonly api: Pick<
    CustomObjectsApi,
    "listCustomObjectForAllNamespaces" | "getNamespacedCustomObject" | "patchNamespacedCustomObjectStatus"
  >;
  /** The clusters of the API server. */
  readonly clusters: readonly PostgresCluster[];
  /** Whether the repository holds the cluster's stanza. */
  readonly stanzaExists: (cluster: PostgresCluster) => Promise<boolean>;
  /** Takes a backup; fails when it fails. */
  readonly backup: (cluster: PostgresCluster) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Stands in for Crunchy PGO (CrunchyData/postgres-operator v6.0.3, internal/controller/postgrescluster/pgbackrest.go).
 * Every second it reconciles each cluster that is not paused:
 *
 * - It changes `stanzaCreated` from false to true when the stanza exists in the repository. It never creates one.
 * - It takes the backup for new replicas once per cluster (`replicaCreateBackupComplete`), and takes it again if it failed.
 * - It takes a manual backup for each new value of the annotation, if `spec.backups.pgbackrest.manual` is set.
 *
 * PGO takes a backup in a Job.
 */
export class Operator {
  readonly #parts: OperatorParts;
  /** The backups that are being taken: PGO takes one at a time of each cluster. */
  readonly #running = new Map<PostgresCluster, Promise<void>>();

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  /** Ends when no backup is being taken. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async reconcile(): Promise<void> {
    const found = list.parse(
      await this.#parts.api.listCustomObjectForAllNamespaces({ ...resource, resourcePlural: resource.plural }),
    );
    const readable = found.items.flatMap((item) => observed.safeParse(item).data ?? []);
    for (const cluster of this.#parts.clusters) {
      const own = readable.find(
        ({ metadata }) => metadata.namespace === cluster.namespace && metadata.name === cluster.name,
      );
      if (own?.status !== undefined && !own.spec.paused) await this.#reconcileOne(cluster, own, own.status);
    }
  }

  async #reconcileOne(cluster: PostgresCluster, own: Observed, status: Status): Promise<void> {
    const { repos } = status.pgbackrest;
    if (!repos.every(({ stanzaCreated }) => stanzaCreated)) {
      if (!(await this.#parts.stanzaExists(cluster))) return;
      const created = repos.map((repo) => ({ ...repo, stanzaCreated: true }));
      await this.#patch(cluster, { repos: created }, conditions.replicaRepoReady(true));
      return;
    }
    if (this.#running.has(cluster)) return;
    if (repos[0]?.replicaCreateBackupComplete === false) {
      this.#inBackground(cluster, () => this.#replicaBackup(cluster, repos));
      return;
    }
    const id = own.metadata.annotations[label.manualBackup] ?? "";
    const done = status.pgbackrest.manualBackup;
    if (id === "" || own.spec.backups?.pgbackrest?.manual === undefined) return;
    if (done?.id === id && done.finished) return;
    this.#inBackground(cluster, () => this.#manualBackup(cluster, id));
  }

  #inBackground(cluster: PostgresCluster, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        this.#parts.log(`${clusterId(cluster)}: ${String(error)}`);
      })
      .finally(() => {
        this.#running.delete(cluster);
      });
    this.#running.set(cluster, running);
  }

  async #replicaBackup(cluster: PostgresCluster, repos: Status["pgbackrest"]["repos"]): Promise<void> {
    await this.#parts.backup(cluster);
    const [first, ...others] = repos;
    const done = [{ ...first, replicaCreateBackupComplete: true }, ...others];
    await this.#patch(cluster, { repos: done }, conditions.replicaCreate(true));
  }

  async #manualBackup(cluster: PostgresCluster, id: string): Promise<void> {
    const startTime = now();
    // The nulls remove what an earlier backup left: PGO begins with a new status.
    const begun = { id, finished: false, startTime, active: 1, succeeded: null, failed: null, completionTime: null };
    await this.#patch(cluster, { manualBackup: begun });
    const succeeded = await this.#job(cluster);
    const end = succeeded ? { succeeded: 1, completionTime: now() } : { failed: 1 };
    const manualBackup = { id, finished: true, startTime, active: null, ...end };
    await this.#patch(cluster, { manualBackup }, conditions.manualBackup(succeeded));
  }

  /** As a Job of Kubernetes does, tries again after a failure; false when the last try failed, too. */
  async #job(cluster: PostgresCluster): Promise<boolean> {
    for (let failures = 0; failures <= jobBackoffLimit; failures += 1) {
      try {
        await this.#parts.backup(cluster);
        return true;
      } catch (error) {
        this.#parts.log(`${clusterId(cluster)}: ${String(error)}`);
      }
    }
    return false;
  }

  async #patch(cluster: PostgresCluster, pgbackrest: object, condition?: { type: string }): Promise<void> {
    const { api, log } = this.#parts;
    const object = { ...resource, namespace: cluster.namespace, name: cluster.name };
    const known = observed.parse(await api.getNamespacedCustomObject(object)).status?.conditions ?? [];
    const others = known.filter(({ type }) => type !== condition?.type);
    const status = { pgbackrest, ...(condition && { conditions: [...others, condition] }) };
    await api.patchNamespacedCustomObjectStatus(
      { ...object, body: { status } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    log(`${clusterId(cluster)}: ${JSON.stringify(pgbackrest)}`);
  }
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

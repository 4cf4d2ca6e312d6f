import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { AppsV1Api, CoreV1Api, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import { z } from "zod";
import { harborCluster, harborContext } from "../../sandbox/harbor/objects.ts";
import { layout, spiloLayout } from "../../sandbox/host/directory.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { isReady, roleOf, unlessMissing } from "./harbor.ts";
import { askDirectly, testDirectory } from "./sandbox.ts";

const { namespace, database } = harborCluster;

const template = z.looseObject({
  containers: z.array(z.looseObject({ env: z.array(z.looseObject({ name: z.string() })) })),
  volumes: z.array(z.looseObject({})).default([]),
});

/** Variables of a container. Undefined leaves one out. */
export type Variables = Readonly<Record<string, string | undefined>>;

const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

/**
 * Database Pods with the environment that the Zalando operator wrote, some variables changed, and without the operator: each
 * scope is a cluster of its own.
 */
export class SpiloPods {
  readonly #config = client(layout(testDirectory).kubeconfig, harborContext);
  readonly #core = this.#config.makeApiClient(CoreV1Api);
  readonly #scopes = new Set<string>();
  readonly #objects = KubernetesObjectApi.makeApiClient(this.#config);
  readonly #template: z.output<typeof template>;
  readonly #common: Variables;

  private constructor(podSpec: z.output<typeof template>, common: Variables) {
    this.#template = podSpec;
    this.#common = common;
  }

  /**
   * Takes the Pods' template from the StatefulSet of Harbor's database, which may be removed afterwards.
   *
   * @param common variables that every Pod gets.
   */
  static async fromOperator(common: Variables): Promise<SpiloPods> {
    const apps = client(layout(testDirectory).kubeconfig, harborContext).makeApiClient(AppsV1Api);
    const { spec } = await apps.readNamespacedStatefulSet({ namespace, name: database });
    return new SpiloPods(template.parse(spec?.template.spec), common);
  }

  /** Creates a Pod, whose volume may be there from an earlier one. */
  async create(scope: string, variables: Variables = {}, index = 0): Promise<void> {
    this.#scopes.add(scope);
    const name = `${scope}-${index}`;
    const metadata = { namespace, name, labels: { application: "spilo", "cluster-name": scope } };
    const exists = await unlessMissing(this.#core.readNamespacedPersistentVolumeClaim({ namespace, name }));
    if (exists === undefined) await this.#create("PersistentVolumeClaim", metadata, claim);
    const { volumes, ...others } = this.#template;
    await this.#create("Pod", metadata, {
      ...others,
      containers: this.#containers({ ...this.#common, ...variables, SCOPE: scope }),
      volumes: [{ name: "pgdata", persistentVolumeClaim: { claimName: name } }, ...volumes],
    });
  }

  async #create(kind: string, metadata: object, spec?: object): Promise<void> {
    const object: KubernetesObject & { spec?: object } = { apiVersion: "v1", kind, metadata, ...(spec && { spec }) };
    await this.#objects.create(object);
  }

  #containers(variables: Variables): object[] {
    const given = Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
    return this.#template.containers.map((container) => ({
      ...container,
      env: [...container.env.filter(({ name }) => !(name in variables)), ...given],
    }));
  }

  /** Waits until the Pod has the role and counts as ready: to Kubernetes, all is well. */
  async ready(scope: string, role = "master", index = 0): Promise<void> {
    await waitUntil(`${scope}-${index} to be the ready ${role}`, 120, async () => {
      const pod = await this.#core.readNamespacedPod({ namespace, name: `${scope}-${index}` });
      return roleOf(pod) === role && isReady(pod);
    });
  }

  /** Deletes the Pod and leaves its volume, and waits until it is gone. */
  async delete(scope: string, index = 0): Promise<void> {
    const name = `${scope}-${index}`;
    await this.#core.deleteNamespacedPod({ namespace, name });
    await waitUntil(`${name} to go`, 60, async () => {
      return (await unlessMissing(this.#core.readNamespacedPod({ namespace, name }))) === undefined;
    });
  }

  /** Kills every process of the Pod's container at once. The kubelet starts it again, with the same volume. */
  async kill(scope: string, index = 0): Promise<void> {
    const { status } = await this.#core.readNamespacedPod({ namespace, name: `${scope}-${index}` });
    const { own } = spiloLayout(testDirectory, Number(status?.podIP?.split(".").at(-1)));
    let left: number[];
    do {
      left = processesWith(`RW_DIR=${own}/run`);
      for (const pid of left) killIfThere(pid);
      // One that was just being started shows only in the next look.
      await sleep(50);
    } while (left.length > 0);
  }

  /** Waits until Patroni in the Pod has said something this many times. */
  async says(scope: string, what: RegExp, times = 1): Promise<void> {
    await waitUntil(`${scope} to say ${what.source}`, 120, async () => {
      return ((await this.log(scope)).match(new RegExp(what, "g"))?.length ?? 0) >= times;
    });
  }

  /** Whether the Pod counts as ready, and its role. */
  async seen(scope: string): Promise<{ ready: boolean; role: string | undefined }> {
    const pod = await this.#core.readNamespacedPod({ namespace, name: `${scope}-0` });
    return { ready: isReady(pod), role: roleOf(pod) };
  }

  /** Lets the Kubernetes API say that a cluster of this scope was bootstrapped already, as Patroni notes it. */
  async initialize(scope: string, systemIdentifier: string): Promise<void> {
    this.#scopes.add(scope);
    const labels = { application: "spilo", "cluster-name": scope };
    const annotations = { initialize: systemIdentifier };
    await this.#create("Endpoints", { namespace, name: `${scope}-config`, labels, annotations });
  }

  /** The answer of the Pod's Postgres, asked directly. */
  ask(scope: string, sql: string, index = 0): Promise<string> {
    return this.run(scope, ["psql", "-XAtq", "-U", "postgres", "-d", "postgres", "-c", sql], index);
  }

  /** Runs a command with the container's environment. */
  run(scope: string, command: readonly string[], index = 0): Promise<string> {
    return askDirectly(harborContext, namespace, `${scope}-${index}`, ...command);
  }

  /** Makes a base backup, as Spilo's cron does. */
  async backUp(scope: string): Promise<void> {
    await this.run(scope, ["sh", "-c", 'exec envdir /run/etc/wal-e.d/env postgres-backup "$PGROOT/data"']);
  }

  /** Closes the current segment of WAL, and waits until it is archived. */
  async archive(scope: string): Promise<void> {
    const segment = await this.ask(scope, "select pg_walfile_name(pg_switch_wal())");
    await waitUntil(`${segment} to be archived`, 60, async () => {
      return (await this.ask(scope, "select coalesce(last_archived_wal, '') from pg_stat_archiver")) >= segment;
    });
  }

  /** What Patroni in the Pod has said. */
  async log(scope: string, index = 0): Promise<string> {
    const processes = new Processes(layout(testDirectory).processes);
    const found = processes.names().filter((name) => name.startsWith(`spilo.${namespace}.${scope}-${index}.`));
    return (await Promise.all(found.map((name) => readFile(processes.log(name), "utf8")))).join("");
  }

  /** Removes all these Pods, their volumes, and what Patroni keeps of them. */
  async remove(): Promise<void> {
    for (const scope of this.#scopes) {
      const labelSelector = `cluster-name=${scope}`;
      await this.#core.deleteCollectionNamespacedPod({ namespace, labelSelector });
      await waitUntil(`the Pods of ${scope} to go`, 60, async () => {
        return (await this.#core.listNamespacedPod({ namespace, labelSelector })).items.length === 0;
      });
      await this.#core.deleteCollectionNamespacedPersistentVolumeClaim({ namespace, labelSelector });
      const { items } = await this.#core.listNamespacedEndpoints({ namespace, labelSelector });
      for (const { metadata } of items)
        await unlessMissing(this.#core.deleteNamespacedEndpoints({ namespace, name: metadata?.name ?? "" }));
    }
  }
}

/** The processes whose environment has exactly this entry. */
function processesWith(entry: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(entry);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

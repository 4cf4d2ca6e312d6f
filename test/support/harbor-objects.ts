import type { KubernetesObject } from "@kubernetes/client-node";
import {
  credentialsSecretName,
  coreEncryptionKeySecretName,
  databaseRoles,
  postgresqlName,
} from "../../domain/harbor/names.ts";
import { create } from "../../sandbox/kubernetes/client.ts";
import { unlessMissing } from "./harbor.ts";
import type { TestKubernetes } from "./kubernetes.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { namespace: string; name: string; annotations?: Record<string, string> };
  [part: string]: unknown;
}

/** The objects that both operators create for a Harbor's secrets, created by hand. */
export class HarborObjects {
  readonly #kubernetes: TestKubernetes;
  readonly #harbor: ObjectName;

  constructor(kubernetes: TestKubernetes, harbor: ObjectName) {
    this.#kubernetes = kubernetes;
    this.#harbor = harbor;
  }

  /** The database with its StatefulSet, Patroni's record and all secrets, whose passwords end in `suffix`. Returns its UID. */
  async create(suffix = ""): Promise<string> {
    const place = { namespace: this.#harbor.namespace, name: this.#name };
    await this.createSecrets(suffix);
    const uid = await this.#make({
      apiVersion: "acid.zalan.do/v1",
      kind: "postgresql",
      metadata: place,
      spec: { teamId: "postgresql", numberOfInstances: 1, postgresql: { version: "12" }, volume: { size: "1Gi" } },
    });
    const labels = { "cluster-name": this.#name };
    const env = [
      { name: "PGVERSION", value: "12" },
      { name: "WAL_S3_BUCKET", value: "harbor-backups" },
      { name: "WAL_BUCKET_SCOPE_SUFFIX", value: `/${uid}` },
      { name: "WAL_BUCKET_SCOPE_PREFIX", value: "" },
    ];
    await this.#make({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: place,
      spec: {
        serviceName: this.#name,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "postgres", image: "spilo", env }] } },
      },
    });
    const annotations = { initialize: "7301234567890123456" };
    await this.#make({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...place, name: `${this.#name}-config`, annotations },
    });
    return uid;
  }

  /** Only the secrets. */
  async createSecrets(suffix = ""): Promise<void> {
    await this.#ensureNamespace();
    for (const role of databaseRoles) {
      await this.setSecret(credentialsSecretName(role, this.#harbor), {
        username: role,
        password: `password-of-${role}${suffix}`,
      });
    }
    await this.setSecret(
      coreEncryptionKeySecretName(this.#harbor),
      { secret: suffix === "" ? "0123456789abcdef" : "fedcba9876543210" },
      "goharbor.io/single",
    );
  }

  /** Replaces a secret; undefined removes it. */
  async setSecret(name: string, values: Record<string, string> | undefined, type = "Opaque"): Promise<void> {
    const { namespace } = this.#harbor;
    await unlessMissing(this.#kubernetes.core.deleteNamespacedSecret({ namespace, name }));
    if (values === undefined) return;
    await this.#make({ apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, type, stringData: values });
  }

  /** Empties the namespace, as in a new cluster. */
  async clear(): Promise<void> {
    const { core, objects } = this.#kubernetes;
    const { namespace } = this.#harbor;
    await this.#ensureNamespace();
    for (const [apiVersion, kind, name] of [
      ["acid.zalan.do/v1", "postgresql", this.#name],
      ["apps/v1", "StatefulSet", this.#name],
      ["v1", "ConfigMap", `${this.#name}-config`],
    ] as const) {
      const object = { apiVersion, kind, metadata: { namespace, name } };
      await unlessMissing(objects.delete(object));
    }
    await core.deleteCollectionNamespacedSecret({ namespace });
  }

  get #name(): string {
    return postgresqlName(this.#harbor);
  }

  async #ensureNamespace(): Promise<void> {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: this.#harbor.namespace } };
    await create(this.#kubernetes.objects, namespace);
  }

  async #make(object: Manifest): Promise<string> {
    const { metadata } = await this.#kubernetes.objects.create<KubernetesObject>(object);
    return metadata?.uid ?? "";
  }
}

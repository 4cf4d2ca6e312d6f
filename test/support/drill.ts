import {
  CopyObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { harborCluster, harborContext, operatorNamespace } from "../../sandbox/harbor/objects.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { unlessMissing } from "./harbor.ts";
import { testDirectory } from "./sandbox.ts";

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

interface Listed {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string; readonly uid?: string; readonly resourceVersion?: string };
  }[];
}

/** Drills according to the API server, asked as the administrator and without any of the project's code. */
export class DrillNamespaces {
  readonly #config = client(layout(testDirectory).kubeconfig, harborContext);
  readonly #core = this.#config.makeApiClient(CoreV1Api);

  /** Names of all namespaces that belong to a drill by their name. */
  async names(): Promise<string[]> {
    const { items } = await this.#core.listNamespace();
    return items
      .map(({ metadata }) => metadata?.name ?? "")
      .filter((name) => name.startsWith("postgres-recovery-drill-"));
  }

  /** Waits until the clone's Pod exists, and returns it as the API server shows it. */
  async pod(namespace: string): Promise<string> {
    let pod: object | undefined;
    await waitUntil(`the Pod in ${namespace}`, 60, async () => {
      pod = await unlessMissing(this.#core.readNamespacedPod({ namespace, name: "drill-0" }));
      return pod !== undefined;
    });
    return JSON.stringify(pod);
  }

  /** Lets the Lease look as if it was renewed for the last time that long ago. */
  async age(namespace: string, seconds: number): Promise<void> {
    const renewTime = new Date(Date.now() - seconds * 1000).toISOString().replace("Z", "000Z");
    const leases = this.#config.makeApiClient(CoordinationV1Api);
    await leases.patchNamespacedLease({ namespace, name: "drill", body: { spec: { renewTime } } }, mergePatch);
  }

  /**
   * Every object around the running database with what shows whether it was changed. Patroni itself writes to Pods and
   * Endpoints all the time, so of these only the identity counts.
   */
  async production(): Promise<Record<string, string>> {
    const apps = this.#config.makeApiClient(AppsV1Api);
    const rbac = this.#config.makeApiClient(RbacAuthorizationV1Api);
    const found: Record<string, string> = {};
    for (const namespace of [harborCluster.namespace, operatorNamespace]) {
      const versioned: [kind: string, list: Promise<Listed>][] = [
        ["Secret", this.#core.listNamespacedSecret({ namespace })],
        ["ConfigMap", this.#core.listNamespacedConfigMap({ namespace })],
        ["PersistentVolumeClaim", this.#core.listNamespacedPersistentVolumeClaim({ namespace })],
        ["ServiceAccount", this.#core.listNamespacedServiceAccount({ namespace })],
        ["StatefulSet", apps.listNamespacedStatefulSet({ namespace })],
        ["Role", rbac.listNamespacedRole({ namespace })],
        ["RoleBinding", rbac.listNamespacedRoleBinding({ namespace })],
      ];
      const living: typeof versioned = [
        ["Pod", this.#core.listNamespacedPod({ namespace })],
        ["Endpoints", this.#core.listNamespacedEndpoints({ namespace })],
      ];
      for (const [kind, list] of versioned)
        for (const { metadata } of (await list).items)
          found[`${namespace} ${kind} ${metadata?.name ?? ""}`] = metadata?.resourceVersion ?? "";
      for (const [kind, list] of living)
        for (const { metadata } of (await list).items)
          found[`${namespace} ${kind} ${metadata?.name ?? ""}`] = metadata?.uid ?? "";
    }
    return found;
  }
}

/** Copies a place of backups to another one, and damages the last WAL segment there: name and size stay. */
export async function damagedCopy(s3: S3Client, Bucket: string, from: string, to: string): Promise<void> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: from }));
  const keys = Contents.map(({ Key = "" }) => Key).sort();
  const copyOf = (key: string): string => `${to}${key.slice(from.length)}`;
  for (const key of keys)
    await s3.send(new CopyObjectCommand({ Bucket, Key: copyOf(key), CopySource: `${Bucket}/${key}` }));
  const last = keys.findLast((key) => /\/[0-9A-F]{24}\.lz4$/.test(key)) ?? "";
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: last }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  await s3.send(new PutObjectCommand({ Bucket, Key: copyOf(last), Body: bytes.map((byte) => byte ^ 0x5a) }));
}

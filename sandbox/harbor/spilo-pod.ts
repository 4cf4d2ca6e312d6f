import type { CoreV1Api, V1Container, V1Pod } from "@kubernetes/client-node";

/** What is known about a database Pod when its container starts. */
export interface SpiloPod {
  readonly namespace: string;
  readonly name: string;
  /** The address of the Pod. */
  readonly address: string;
  /** Unique among the Pods that run at the same time. */
  readonly number: number;
  /** The id of the volume with its data. */
  readonly volume: string;
  /** The container's environment with all references resolved. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The container with the database. */
function databaseContainer(pod: V1Pod): V1Container {
  const found = pod.spec?.containers.find(({ name }) => name === "postgres");
  if (found === undefined) throw new Error("the Pod has no container postgres");
  return found;
}

/** The container's environment with all references resolved, as a kubelet does it. */
export async function resolveEnvironment(
  core: CoreV1Api,
  pod: V1Pod,
  address: string,
): Promise<Record<string, string>> {
  const namespace = pod.metadata?.namespace ?? "";
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of databaseContainer(pod).env ?? []) {
    if (valueFrom?.secretKeyRef !== undefined) {
      const { name: secret = "", key } = valueFrom.secretKeyRef;
      const { data } = await core.readNamespacedSecret({ namespace, name: secret });
      environment[name] = Buffer.from(data?.[key] ?? "", "base64").toString("utf8");
    } else if (valueFrom?.fieldRef !== undefined) {
      environment[name] = field(pod, valueFrom.fieldRef.fieldPath, address);
    } else {
      environment[name] = value ?? "";
    }
  }
  return environment;
}

function field({ metadata }: V1Pod, path: string, address: string): string {
  switch (path) {
    case "status.podIP":
      return address;
    case "metadata.namespace":
      return metadata?.namespace ?? "";
    case "metadata.name":
      return metadata?.name ?? "";
    default:
      throw new Error(`the field ${path} is not known here`);
  }
}

/** Runs the container's readiness probe. A container without one is ready as soon as it runs. */
export async function isReady(pod: V1Pod, address: string): Promise<boolean> {
  const { readinessProbe: probe, env } = databaseContainer(pod);
  if (probe === undefined) return true;
  const { path, port } = probe.httpGet ?? {};
  const answer = await fetch(`http://${address}:${port ?? ""}${path ?? ""}`, {
    signal: AbortSignal.timeout(2000),
  }).catch(() => undefined);
  const roleLabel = env?.find(({ name }) => name === "KUBERNETES_ROLE_LABEL")?.value ?? "";
  // Even during a bootstrap that fails, Patroni reports ready for a moment before the Pod has a role. A kubelet probes too rarely to notice.
  return answer?.ok === true && pod.metadata?.labels?.[roleLabel] !== undefined;
}

/** The status of a Pod whose containers all run. */
export function podStatus(pod: V1Pod, address: string, ready: boolean) {
  const startTime = pod.status?.startTime ?? new Date();
  const condition = (type: string, met: boolean) => ({
    type,
    status: met ? "True" : "False",
    lastTransitionTime: new Date(),
  });
  return {
    phase: "Running",
    podIP: address,
    startTime,
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", ready),
      condition("Ready", ready),
    ],
    containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = "" }) => ({
      name,
      image,
      imageID: image,
      ready,
      restartCount: 0,
      state: { running: { startedAt: startTime } },
    })),
  };
}

import { randomInt } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import getPort, { portNumbers } from "get-port";
import { z } from "zod";
import { clusterId, contexts, ownClusters } from "../pgo/inventory.ts";
import type { Context, PostgresCluster } from "../pgo/inventory.ts";
import { layout } from "./directory.ts";

/** The loopback ports of a sandbox, by name. */
export type Ports = (name: string) => number;

export const portName = {
  etcd: "etcd",
  etcdPeer: "etcd-peer",
  apiServer: (context: Context) => `${context}.kube-apiserver`,
  kubelet: (context: Context) => `${context}.kubelet`,
  controllerManager: "lab.kube-controller-manager",
  zalandoOperator: "lab.postgres-operator",
  harborOperator: { metrics: "lab.harbor-operator.metrics", webhook: "lab.harbor-operator.webhook" },
  repository: (cluster: PostgresCluster) => `${clusterId(cluster)}.repository`,
  postgres: (cluster: PostgresCluster, pod: string) => `${clusterId(cluster)}.${pod}.postgres`,
  patroni: (cluster: PostgresCluster, pod: string) => `${clusterId(cluster)}.${pod}.patroni`,
  /** Harbor's own address. */
  harbor: "lab.harbor",
  /** Clients use the endpoint `s3`. */
  aws: { s3: "aws.s3", s3Objects: "aws.s3-objects", moto: "aws.moto" },
};

/** The ports of this sandbox: free ones at its first start, and the same ones afterwards. */
export async function loadPorts(directory: string): Promise<Ports> {
  const file = layout(directory).ports;
  const text = await readFile(file, "utf8").catch(() => undefined);
  const ports = text === undefined ? await choosePorts() : z.record(z.string(), z.int()).parse(JSON.parse(text));
  if (text === undefined) await writeFile(file, JSON.stringify(ports, undefined, 2));
  return (name) => {
    const port = ports[name];
    if (port === undefined) throw new Error(`${file} has no port ${name}`);
    return port;
  };
}

async function choosePorts(): Promise<Record<string, number>> {
  // Below the range from which the kernel takes ports for outgoing connections, and at a random position,
  // so that two sandboxes that start at the same time choose different ports.
  const first = randomInt(10_000, 31_000);
  const ports: Record<string, number> = {};
  for (const name of portNames()) {
    ports[name] = await getPort({ host: "127.0.0.1", port: portNumbers(first, first + 1000) });
  }
  return ports;
}

function portNames(): string[] {
  return [
    portName.etcd,
    portName.etcdPeer,
    ...Object.values(portName.aws),
    ...contexts.flatMap((context) => [portName.apiServer(context), portName.kubelet(context)]),
    portName.controllerManager,
    portName.zalandoOperator,
    portName.harbor,
    ...Object.values(portName.harborOperator),
    ...ownClusters.flatMap((cluster) => [
      portName.repository(cluster),
      ...cluster.pods.flatMap((pod) => [portName.postgres(cluster, pod), portName.patroni(cluster, pod)]),
    ]),
  ];
}

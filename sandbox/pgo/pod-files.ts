import { clusterLayout, instanceLayout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { hasOwnInstance, sharedCluster } from "./inventory.ts";
import type { PostgresCluster } from "./inventory.ts";
import { instanceEnvironment } from "./patroni.ts";

/** What the kubelet stand-in reads about a pod: how to run a command in each container. */
export interface PodFile {
  containers: Record<string, { run: { uid: number; gid: number; directory: string; env: Record<string, string> } }>;
}

/** The file of an instance pod. If the cluster has no instance of its own, its commands run on the shared one. */
export function instancePodFile(host: Host, cluster: PostgresCluster, pod: string): PodFile {
  const [sharedPod = pod] = sharedCluster.pods;
  const instance = hasOwnInstance(cluster) ? { cluster, pod } : { cluster: sharedCluster, pod: sharedPod };
  const folder = instanceLayout(host.directory, instance.cluster, instance.pod).own;
  return {
    containers: {
      database: { run: { ...host.account, directory: folder, env: instanceEnvironment(host, instance) } },
    },
  };
}

/** The file of a repository host's pod. Commands there read the repository directly, not over the network. */
export function repositoryPodFile({ directory, account }: Host, cluster: PostgresCluster): PodFile {
  const files = clusterLayout(directory, hasOwnInstance(cluster) ? cluster : sharedCluster);
  const env = {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: files.own,
    PGBACKREST_CONFIG: files.repositoryConfig,
  };
  return { containers: { pgbackrest: { run: { ...account, directory: files.own, env } } } };
}

import { AuthenticationV1TokenRequest, CoreV1Api, V1TokenRequestSpec } from "@kubernetes/client-node";
import { createFile } from "../host/account.ts";
import type { Account } from "../host/account.ts";
import { layout } from "../host/directory.ts";
import { client } from "../kubernetes/client.ts";
import { harborContext } from "./objects.ts";

const tokenSeconds = 30 * 24 * 3600;

interface ServiceAccountKubeconfig {
  readonly path: string;
  readonly namespace: string;
  /** The service account. */
  readonly name: string;
  /** The only user who may read the file. */
  readonly owner: Account;
}

/** Writes a kubeconfig with a token of the service account, such as a kubelet mounts into a Pod. */
export async function writeServiceAccountKubeconfig(
  directory: string,
  { path, namespace, name, owner }: ServiceAccountKubeconfig,
): Promise<void> {
  const config = client(layout(directory).kubeconfig, harborContext);
  const spec = Object.assign(new V1TokenRequestSpec(), {
    audiences: ["https://kubernetes.default.svc"],
    expirationSeconds: tokenSeconds,
  });
  const request = Object.assign(new AuthenticationV1TokenRequest(), { spec });
  const { status } = await config
    .makeApiClient(CoreV1Api)
    .createNamespacedServiceAccountToken({ namespace, name, body: request });
  const cluster = config.getCurrentCluster();
  const content = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": harborContext,
    clusters: [{ name: harborContext, cluster: { server: cluster?.server, "certificate-authority": cluster?.caFile } }],
    contexts: [{ name: harborContext, context: { cluster: harborContext, user: name } }],
    users: [{ name, user: { token: status?.token } }],
  };
  await createFile(path, JSON.stringify(content, undefined, 2), owner);
}

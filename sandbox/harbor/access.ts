import { AuthenticationV1TokenRequest, CoreV1Api, V1TokenRequestSpec } from "@kubernetes/client-node";
import { createFile } from "../host/account.ts";
import type { Account } from "../host/account.ts";
import { client } from "../kubernetes/client.ts";
import { layout } from "../host/directory.ts";
import { harborContext } from "./objects.ts";

const tokenSeconds = 30 * 24 * 3600;

/** Writes a kubeconfig with a token of the service account, the way a kubelet gets one for its Pods. Only the owner may read it. */
export async function writeServiceAccountKubeconfig(
  directory: string,
  path: string,
  namespace: string,
  name: string,
  owner: Account,
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

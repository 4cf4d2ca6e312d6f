import { CoreV1Api } from "@kubernetes/client-node";
import { contextLayout, layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { waitUntil } from "../host/processes.ts";
import { contexts } from "../pgo/inventory.ts";
import type { Context } from "../pgo/inventory.ts";
import type { Tool } from "../toolchain/tools.ts";
import { client } from "./client.ts";

type Kubernetes = Pick<Host, "directory" | "processes" | "ports" | "certificates"> & {
  readonly tools: Map<Tool, string>;
};

/** Starts etcd, an API server and a kubelet stand-in per context, and waits until both API servers answer. */
export async function startKubernetes(kubernetes: Kubernetes): Promise<void> {
  // All can start at once, because an API server waits for etcd.
  await Promise.all([
    startEtcd(kubernetes),
    ...contexts.flatMap((context) => [startApiServer(kubernetes, context), startKubelet(kubernetes, context)]),
  ]);
  await Promise.all(contexts.map((context) => apiServerReady(kubernetes, context)));
}

async function startEtcd({ directory, processes, ports, certificates, tools }: Kubernetes): Promise<void> {
  const clients = `https://127.0.0.1:${ports(portName.etcd)}`;
  const peers = `https://127.0.0.1:${ports(portName.etcdPeer)}`;
  await processes.start({
    name: "etcd",
    command: tool(tools, "etcd"),
    args: [
      `--data-dir=${layout(directory).etcd}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      // Other users of this machine can reach its ports, and whoever writes here controls the databases.
      "--client-cert-auth",
      `--trusted-ca-file=${certificates.authority}`,
      `--cert-file=${certificates.server.certificate}`,
      `--key-file=${certificates.server.key}`,
      "--peer-client-cert-auth",
      `--peer-trusted-ca-file=${certificates.authority}`,
      `--peer-cert-file=${certificates.server.certificate}`,
      `--peer-key-file=${certificates.server.key}`,
      "--log-level=warn",
      // Its data need not survive a crash of the machine.
      "--unsafe-no-fsync",
    ],
  });
}

async function startApiServer(
  { directory, processes, ports, certificates, tools }: Kubernetes,
  context: Context,
): Promise<void> {
  const files = contextLayout(directory, context);
  await processes.start({
    name: apiServer(context),
    command: tool(tools, "kube-apiserver"),
    args: [
      `--etcd-servers=https://127.0.0.1:${ports(portName.etcd)}`,
      `--etcd-cafile=${certificates.authority}`,
      `--etcd-certfile=${certificates.apiServerClient.certificate}`,
      `--etcd-keyfile=${certificates.apiServerClient.key}`,
      `--etcd-prefix=/${context}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${ports(portName.apiServer(context))}`,
      `--cert-dir=${files.own}`,
      `--tls-cert-file=${certificates.server.certificate}`,
      `--tls-private-key-file=${certificates.server.key}`,
      `--service-account-key-file=${certificates.server.certificate}`,
      `--service-account-signing-key-file=${certificates.server.key}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--token-auth-file=${files.tokens}`,
      "--anonymous-auth=false",
      "--authorization-mode=RBAC",
      // Without a controller manager, nothing creates a namespace's default service account.
      "--disable-admission-plugins=ServiceAccount",
      "--service-cluster-ip-range=10.0.0.0/24",
      "--endpoint-reconciler-type=none",
      "--allow-privileged=true",
      // Otherwise it would look the node's name up in DNS.
      "--kubelet-preferred-address-types=InternalIP",
      `--kubelet-client-certificate=${certificates.apiServerClient.certificate}`,
      `--kubelet-client-key=${certificates.apiServerClient.key}`,
      `--kubelet-certificate-authority=${certificates.authority}`,
    ],
  });
}

async function startKubelet(
  { directory, processes, ports, certificates, tools }: Kubernetes,
  context: Context,
): Promise<void> {
  await processes.start({
    name: `${context}.kubelet`,
    command: tool(tools, "kubelet"),
    args: [
      "--address",
      "127.0.0.1",
      "--port",
      String(ports(portName.kubelet(context))),
      "--cert",
      certificates.server.certificate,
      "--key",
      certificates.server.key,
      "--client-ca",
      certificates.authority,
      "--pods",
      contextLayout(directory, context).pods,
    ],
  });
}

async function apiServerReady({ directory, processes }: Kubernetes, context: Context): Promise<void> {
  const name = apiServer(context);
  const core = client(layout(directory).kubeconfig, context).makeApiClient(CoreV1Api);
  await waitUntil(`the API server of the context ${context}`, 90, async () => {
    if (!processes.running(name)) return true;
    // The API server itself creates this namespace near the end of its start.
    await core.readNamespace({ name: "kube-system" });
    return true;
  });
  if (!processes.running(name)) throw new Error(`${name} ended during its start; see ${processes.log(name)}`);
}

function apiServer(context: Context): string {
  return `${context}.kube-apiserver`;
}

function tool(tools: Map<Tool, string>, name: Tool): string {
  const path = tools.get(name);
  if (path === undefined) throw new Error(`${name} was not built`);
  return path;
}

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Certificates } from "../host/certificates.ts";
import { layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { waitUntil } from "../host/processes.ts";
import type { Processes, ProcessSpec } from "../host/processes.ts";
import type { Tool } from "../toolchain/tools.ts";
import { writeServiceAccountKubeconfig } from "./access.ts";
import { operatorAccounts, operatorNamespace, zalandoConfigMap } from "./objects.ts";

type Operators = Host & { readonly tools: Map<Tool, string> };

const { uid, gid } = userInfo();
const caller = { uid, gid };

const controllerManager = "lab.kube-controller-manager";

/** Starts Kubernetes' own controllers that the operators rely on, and waits for them. */
export async function startControllerManager({
  directory,
  processes,
  ports,
  certificates,
  tools,
}: Operators): Promise<void> {
  const { kubeconfig } = layout(directory);
  const port = ports(portName.controllerManager);
  await startAndWait(processes, `https://127.0.0.1:${port}/healthz`, certificates, {
    name: controllerManager,
    command: tools.get("kube-controller-manager") ?? "",
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      // The API server does not publish its authentication settings for other servers.
      "--authentication-skip-lookup=true",
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--tls-cert-file=${certificates.server.certificate}`,
      `--tls-private-key-file=${certificates.server.key}`,
      "--controllers=statefulset-controller,garbage-collector-controller,namespace-controller,persistentvolumeclaim-protection-controller,ephemeral-volume-controller,disruption-controller",
    ],
  });
}

/** Starts the Zalando operator and waits until it is ready. Its CRDs, ConfigMap and service account must exist. */
export async function startZalandoOperator({
  directory,
  processes,
  ports,
  certificates,
  tools,
}: Operators): Promise<void> {
  const kubeconfig = join(layout(directory).harbor, "postgres-operator.kubeconfig");
  await writeServiceAccountKubeconfig(directory, {
    path: kubeconfig,
    namespace: operatorNamespace,
    name: operatorAccounts.zalando,
    owner: caller,
  });
  await startAndWait(processes, `http://127.0.0.1:${ports(portName.zalandoOperator)}/readyz/`, certificates, {
    name: "lab.postgres-operator",
    command: tools.get("postgres-operator") ?? "",
    // Without a cluster's DNS it cannot resolve the databases' service names, so it gets no database access.
    args: ["-outofcluster", "-kubeconfig", kubeconfig, "-nodatabaseaccess"],
    env: {
      CONFIG_MAP_NAME: zalandoConfigMap,
      POD_NAMESPACE: operatorNamespace,
      OPERATOR_NAMESPACE: operatorNamespace,
      WATCHED_NAMESPACE: "*",
    },
  });
}

/** The controllers of Harbor's own services, which do not run here. */
const withoutController = [
  "chartmuseum",
  "core",
  "exporter",
  "harborconfiguration",
  "harborconfigurationcm",
  "harborserverconfiguration",
  "jobservice",
  "namespace",
  "notaryserver",
  "notarysigner",
  "portal",
  "pullsecretbinding",
  "registry",
  "registryctl",
  "trivy",
];

const withWebhook = [
  "chartmuseum",
  "core",
  "exporter",
  "harbor",
  "harborcluster",
  "jobservice",
  "notaryserver",
  "notarysigner",
  "portal",
  "registry",
  "registryctl",
  "trivy",
];

/** Starts the Harbor operator and waits until it is ready. Its CRDs and service account must exist. */
export async function startHarborOperator({
  directory,
  processes,
  ports,
  certificates,
  tools,
}: Operators): Promise<void> {
  const home = join(layout(directory).harbor, "harbor-operator");
  const kubeconfig = join(home, ".kube", "config");
  await mkdir(join(home, ".kube"), { recursive: true, mode: 0o700 });
  await writeServiceAccountKubeconfig(directory, {
    path: kubeconfig,
    namespace: operatorNamespace,
    name: operatorAccounts.harbor,
    owner: caller,
  });
  await copyFile(certificates.server.certificate, join(home, "tls.crt"));
  await copyFile(certificates.server.key, join(home, "tls.key"));
  const metrics = `127.0.0.1:${ports(portName.harborOperator.metrics)}`;
  const operator = {
    metricsBindAddress: metrics,
    healthProbeBindAddress: "0",
    host: "127.0.0.1",
    port: ports(portName.harborOperator.webhook),
    certDir: home,
  };
  const settings = {
    operator: JSON.stringify(operator),
    "controllers-config-directory": home,
    "template-directory": home,
    classname: "",
    "network-policies": "false",
    "watch-children": "true",
    ...Object.fromEntries(withoutController.map((name) => [`${name}-controller-disabled`, "true"])),
    // The flag means the opposite of its name: false switches a webhook off.
    ...Object.fromEntries(withWebhook.map((name) => [`${name}-webhook-disabled`, "false"])),
  };
  const configuration = join(home, "config.yaml");
  await writeFile(
    configuration,
    JSON.stringify(Object.entries(settings).map(([key, value]) => ({ key, priority: 100, value }))),
  );
  await startAndWait(processes, `http://${metrics}/metrics`, certificates, {
    name: "lab.harbor-operator",
    command: tools.get("harbor-operator") ?? "",
    args: [],
    // One of its clients reads KUBECONFIG, the other only the file in the home folder.
    env: {
      HOME: home,
      KUBECONFIG: kubeconfig,
      NAMESPACE: operatorNamespace,
      CONFIGURATION_FROM: `env,file:${configuration}`,
    },
    cwd: home,
  });
}

async function startAndWait(
  processes: Processes,
  url: string,
  certificates: Certificates,
  spec: ProcessSpec,
): Promise<void> {
  const { name } = spec;
  await processes.start(spec);
  await waitUntil(name, 60, async () => !processes.running(name) || (await answers(url, certificates)));
  if (!processes.running(name)) throw new Error(`${name} ended during its start; see ${processes.log(name)}`);
}

async function answers(url: string, certificates: Certificates): Promise<boolean> {
  if (url.startsWith("http:")) return (await fetch(url, { signal: AbortSignal.timeout(5000) })).ok;
  const ca = await readFile(certificates.authority);
  return new Promise((resolve, reject) => {
    get(url, { ca, timeout: 5000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", reject);
  });
}

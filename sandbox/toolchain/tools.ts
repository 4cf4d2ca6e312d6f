import { closeSync, openSync, readSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { buildTool, type Recipe } from "./build.ts";
import { pulumiVersions } from "../pulumi/versions.ts";

/** The programs of the sandbox that come from Go modules. */
export type Tool =
  | "etcd"
  | "kube-apiserver"
  | "kubelet"
  | "pulumi"
  | "kube-controller-manager"
  | "postgres-operator"
  | "harbor-operator"
  | "pulumi-resource-kubernetes"
  | "versitygw"
  | "actionlint";

/** How to ask an installed tool for its version, and which versions are accepted. */
interface ReadyMade {
  arguments: string[];
  version: RegExp;
}

const kubernetesVersion = [
  "-X k8s.io/component-base/version.gitVersion=v1.36.3",
  "-X k8s.io/component-base/version.gitMajor=1",
  "-X k8s.io/component-base/version.gitMinor=36",
  "-X k8s.io/component-base/version.gitTreeState=clean",
  "-X k8s.io/client-go/pkg/version.gitVersion=v1.36.3",
].join(" ");
const pulumiVersion = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersions.engine}`;

const recipes: Record<Tool, Recipe & { accepted?: ReadyMade }> = {
  etcd: {
    module: "kubernetes",
    arguments: ["-ldflags", "-s -w", "go.etcd.io/etcd/server/v3"],
    sources: [],
    coldBuild: "15 s",
    // Older versions lack the watch progress requests that newer API servers send.
    accepted: { arguments: ["--version"], version: /etcd Version: 3\.([5-9]|\d\d)\./ },
  },
  "kube-apiserver": {
    module: "kubernetes",
    arguments: ["-ldflags", `-s -w ${kubernetesVersion}`, "k8s.io/kubernetes/cmd/kube-apiserver"],
    sources: [],
    coldBuild: "6 min",
    // From 1.30 on, it supports all versions of the exec protocol over WebSocket.
    accepted: { arguments: ["--version"], version: /Kubernetes v1\.(3\d|[4-9]\d)\./ },
  },
  kubelet: {
    module: "kubernetes",
    arguments: ["-ldflags", "-s -w", "./kubelet"],
    sources: ["kubelet"],
    coldBuild: "30 s",
  },
  pulumi: {
    module: "pulumi",
    arguments: [
      "-tags",
      "osusergo,grpcnotrace",
      "-ldflags",
      `-s -w ${pulumiVersion}`,
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ],
    sources: [],
    coldBuild: "5 min",
    accepted: { arguments: ["version"], version: /^v3\.259\.0$/m },
  },
  "kube-controller-manager": {
    module: "kubernetes",
    arguments: ["-ldflags", `-s -w ${kubernetesVersion}`, "k8s.io/kubernetes/cmd/kube-controller-manager"],
    sources: [],
    coldBuild: "1.5 min",
    accepted: { arguments: ["--version"], version: /Kubernetes v1\.(3\d|[4-9]\d)\./ },
  },
  "postgres-operator": {
    module: "zalando-operator",
    arguments: ["-ldflags", "-s -w", "github.com/zalando/postgres-operator/cmd"],
    sources: [],
    coldBuild: "2 min",
    assets: ["postgresql.crd.yaml", "operatorconfiguration.crd.yaml", "operator-service-account-rbac.yaml"].map(
      (file) => ({
        module: "github.com/zalando/postgres-operator",
        file: `manifests/${file}`,
      }),
    ),
  },
  "harbor-operator": {
    module: "harbor-operator",
    arguments: ["-ldflags", "-s -w", "github.com/goharbor/harbor-operator"],
    sources: [],
    coldBuild: "2 min",
    assets: [
      { module: "github.com/goharbor/harbor-operator", file: "manifests/cluster/deployment.yaml" },
      ...["crd-certificates.yaml", "crd-issuers.yaml"].map((file) => ({
        module: "github.com/jetstack/cert-manager",
        file: `deploy/crds/${file}`,
      })),
    ],
  },
  "pulumi-resource-kubernetes": {
    module: "pulumi-kubernetes",
    arguments: ["-ldflags", "-s -w", "./provider"],
    sources: ["provider"],
    coldBuild: "9.5 min",
    assets: [
      { module: "github.com/pulumi/pulumi-kubernetes/provider/v4", file: "cmd/pulumi-resource-kubernetes/schema.json" },
    ],
  },
  versitygw: {
    module: "s3",
    arguments: ["-ldflags", "-s -w", "github.com/versity/versitygw/cmd/versitygw"],
    sources: [],
    coldBuild: "1 min",
  },
  actionlint: {
    module: "actionlint",
    arguments: ["-ldflags", "-s -w", "github.com/rhysd/actionlint/cmd/actionlint"],
    sources: [],
    coldBuild: "20 s",
  },
};

/**
 * The paths of these tools' executables. Each is an installed one (from KUBEBUILDER_ASSETS, then PATH), or else one from
 * the cache, or else it is built, which is reported to `progress`.
 */
export async function ensureTools(
  tools: readonly Tool[],
  progress: (line: string) => void,
): Promise<Map<Tool, string>> {
  const paths = new Map<Tool, string>();
  for (const tool of tools) {
    const recipe = recipes[tool];
    paths.set(
      tool,
      (await findReadyMade(tool, recipe.accepted)) ??
        (await buildTool(tool, recipe, join(cacheDirectory(), "tools"), progress)),
    );
  }
  return paths;
}

/** Where the sandbox keeps what takes long to build: under XDG_CACHE_HOME, or else ~/.cache. */
export function cacheDirectory(): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "postgres-recovery");
}

async function findReadyMade(tool: Tool, accepted: ReadyMade | undefined): Promise<string | undefined> {
  if (accepted === undefined) return undefined;
  const folders = [process.env["KUBEBUILDER_ASSETS"] ?? "", ...(process.env["PATH"] ?? "").split(delimiter)];
  for (const folder of folders) {
    const path = join(folder, tool);
    if (folder === "" || !isBinary(path)) continue;
    const { stdout } = await execa(path, accepted.arguments, {
      reject: false,
      timeout: 20_000,
      env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    if (accepted.version.test(stdout)) return path;
  }
  return undefined;
}

/** Excludes scripts such as node_modules/.bin/pulumi, which downloads the real engine when it runs. */
function isBinary(path: string): boolean {
  try {
    const stat = statSync(path);
    if (!stat.isFile() || (stat.mode & 0o111) === 0) return false;
    const file = openSync(path, "r");
    const start = Buffer.alloc(4);
    readSync(file, start);
    closeSync(file);
    return start.toString("latin1") === "\x7fELF";
  } catch {
    return false;
  }
}

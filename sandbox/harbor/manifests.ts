import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import type { KubernetesObject, V1ClusterRole, V1CustomResourceDefinition } from "@kubernetes/client-node";
import type { Tool } from "../toolchain/tools.ts";

/** An object in one of the manifest files of an operator's release, which are stored beside its program. */
interface Source {
  tool: Tool;
  file: string;
  kind: "CustomResourceDefinition" | "ClusterRole";
  name: string;
}

/** The kinds that the Harbor operator's controllers for HarborCluster and Harbor watch and create. */
const harborKinds = [
  "chartmuseums",
  "cores",
  "exporters",
  "harborclusters",
  "harbors",
  "jobservices",
  "notaryservers",
  "notarysigners",
  "portals",
  "registries",
  "registrycontrollers",
];

const definition = (tool: Tool, file: string, name: string): Source => ({
  tool,
  file,
  kind: "CustomResourceDefinition",
  name,
});
const role = (tool: Tool, file: string, name: string): Source => ({ tool, file, kind: "ClusterRole", name });

const sources: readonly Source[] = [
  definition("postgres-operator", "postgresql.crd.yaml", "postgresqls.acid.zalan.do"),
  definition("postgres-operator", "operatorconfiguration.crd.yaml", "operatorconfigurations.acid.zalan.do"),
  role("postgres-operator", "operator-service-account-rbac.yaml", "postgres-operator"),
  role("postgres-operator", "operator-service-account-rbac.yaml", "postgres-pod"),
  ...harborKinds.map((kind) => definition("harbor-operator", "deployment.yaml", `${kind}.goharbor.io`)),
  role("harbor-operator", "deployment.yaml", "harbor-operator-role"),
  definition("harbor-operator", "crd-certificates.yaml", "certificates.cert-manager.io"),
  definition("harbor-operator", "crd-issuers.yaml", "issuers.cert-manager.io"),
];

/** The CRDs and roles of both operators' releases, reduced to what works without their conversion webhooks. */
export async function operatorManifests(tools: Map<Tool, string>): Promise<KubernetesObject[]> {
  const texts = new Map<string, string[]>();
  for (const { tool, file } of sources) {
    const path = join(dirname(tools.get(tool) ?? ""), file);
    // One file has 52,000 lines, so only the wanted objects are parsed.
    if (!texts.has(file)) texts.set(file, (await readFile(path, "utf8")).split(/^---$/m));
  }
  return sources.map((source) => {
    const isIt = new RegExp(`^kind: ${source.kind}$[^]*^  name: ${source.name.replaceAll(".", "\\.")}$`, "m");
    const text = texts.get(source.file)?.find((candidate) => isIt.test(candidate));
    if (text === undefined) throw new Error(`${source.file} of ${source.tool} has no ${source.kind} ${source.name}`);
    return source.kind === "ClusterRole" ? bareRole(source, text) : servedDefinition(source, text);
  });
}

/** Keeps only the stored version, because converting others would need the vendor's webhook. */
function servedDefinition({ kind, name }: Source, text: string): KubernetesObject {
  const { group, names, scope, versions } = loadYaml<V1CustomResourceDefinition>(text).spec;
  const spec = { group, names, scope, versions: versions.filter(({ storage }) => storage) };
  const definition = { apiVersion: "apiextensions.k8s.io/v1", kind, metadata: { name }, spec };
  return definition;
}

function bareRole({ kind, name }: Source, text: string): KubernetesObject {
  const { rules } = loadYaml<V1ClusterRole>(text);
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind, metadata: { name }, rules };
  return role;
}

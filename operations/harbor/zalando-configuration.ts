import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { readZalandoConfiguration, type ZalandoConfiguration } from "../../domain/harbor/zalando-operator.ts";

/** The object in the operator's namespace that configures it; undefined when it has to be determined. */
export type NamedConfiguration =
  { readonly configMap: string } | { readonly operatorConfiguration: string } | undefined;

/** The parts of the client that the operator's configuration is read with. */
export type ConfigurationReader = Pick<
  HarborClient,
  "getConfigMap" | "getOperatorConfiguration" | "listDeploymentVariables" | "listOperatorConfigurations"
>;

/** The operator's own configuration, and the object that it comes from. */
export interface FoundConfiguration {
  readonly configuration: ZalandoConfiguration;
  /** For people: `ConfigMap harbor-operator-ns/postgres-operator`. */
  readonly where: string;
}

/** The ConfigMap of the operator's manifests and of its Helm chart. */
const usualConfigMap = "postgres-operator";

/**
 * Reads the configuration that the Zalando operator runs with: from the object that the caller names, else from the one
 * that the operator's Deployment names in its environment, else from the only candidate in the namespace.
 *
 * @throws RecoveryError when there is no candidate, or more than one.
 */
export async function zalandoConfiguration(
  client: ConfigurationReader,
  namespace: string,
  named: NamedConfiguration,
): Promise<FoundConfiguration> {
  const source = named ?? (await deployed(client, namespace)) ?? (await onlyCandidate(client, namespace));
  return read(client, namespace, source);
}

async function deployed(client: ConfigurationReader, namespace: string): Promise<NamedConfiguration> {
  const variables = await client.listDeploymentVariables(namespace);
  const value = (wanted: string): string | undefined =>
    variables.find(({ name, value: text }) => name === wanted && text !== undefined && text !== "")?.value;
  // If both are set, the operator uses the resource (postgres-operator controller.go).
  const [resource, configMap] = [value("POSTGRES_OPERATOR_CONFIGURATION_OBJECT"), value("CONFIG_MAP_NAME")];
  if (resource !== undefined) return { operatorConfiguration: resource };
  return configMap === undefined ? undefined : { configMap };
}

async function onlyCandidate(client: ConfigurationReader, namespace: string): Promise<NonNullable<NamedConfiguration>> {
  const [configMap, resources] = await Promise.all([
    client.getConfigMap({ namespace, name: usualConfigMap }),
    operatorConfigurations(client, namespace),
  ]);
  const candidates = [
    ...(configMap === undefined ? [] : [{ configMap: usualConfigMap }]),
    ...resources.map((operatorConfiguration) => ({ operatorConfiguration })),
  ];
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const found =
    candidates.length === 0
      ? "nothing that could be the Zalando operator's configuration"
      : `${candidates.length} objects that could be the Zalando operator's configuration`;
  throw new RecoveryError(
    "operator-configuration-ambiguous",
    `namespace ${namespace}: no Deployment names it, and there is ${found}`,
    { next: "name it: operator.configuration in a request, --operator-config-map or --operator-configuration" },
  );
}

/** Empty when the operator is installed without the CRD for its configuration. */
async function operatorConfigurations(client: ConfigurationReader, namespace: string): Promise<string[]> {
  try {
    return await client.listOperatorConfigurations(namespace);
  } catch (error) {
    if (error instanceof RecoveryError && error.code === "kubernetes-resource-unknown") return [];
    throw error;
  }
}

async function read(
  client: ConfigurationReader,
  namespace: string,
  source: NonNullable<NamedConfiguration>,
): Promise<FoundConfiguration> {
  if ("configMap" in source) {
    const object = placed(namespace, source.configMap);
    const where = `ConfigMap ${object.namespace}/${object.name}`;
    const found = await client.getConfigMap(object);
    if (found === undefined) throw missing(where);
    return { configuration: readZalandoConfiguration({ configMapData: found.data }), where };
  }
  const object = { namespace, name: source.operatorConfiguration };
  const where = `OperatorConfiguration ${object.namespace}/${object.name}`;
  const operatorConfiguration = await client.getOperatorConfiguration(object);
  if (operatorConfiguration === undefined) throw missing(where);
  return { configuration: readZalandoConfiguration({ operatorConfiguration }), where };
}

/** CONFIG_MAP_NAME may be NAMESPACE/NAME. */
function placed(namespace: string, name: string): { namespace: string; name: string } {
  const [first = "", second] = name.split("/", 2);
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second };
}

function missing(where: string): RecoveryError {
  return new RecoveryError(
    "operator-configuration-missing",
    `there is no ${where}, which configures the Zalando operator`,
    { next: "check the operator's namespace and the name" },
  );
}

import { RecoveryError } from "../errors.ts";

/** The name of a namespaced object: a PostgresCluster, a HarborCluster, a ConfigMap, a Secret … */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

const dnsLabel = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
/** `NAMESPACE/NAME`, each a DNS label (RFC 1123: at most 63 of a-z, 0-9 and `-`). */
export const objectNamePattern = new RegExp(`^${dnsLabel}/${dnsLabel}$`);

/** Reads `NAMESPACE/NAME`; undefined when the text is anything else. */
export function parseObjectName(text: string): ObjectName | undefined {
  if (!objectNamePattern.test(text)) return undefined;
  const [namespace, name] = text.split("/");
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** The cluster that a request names. @throws RecoveryError `usage` for anything but `NAMESPACE/NAME`. */
export function requestedCluster({ cluster }: { readonly cluster: string }): ObjectName {
  const name = parseObjectName(cluster);
  if (name === undefined) throw new RecoveryError("cluster-name-invalid", `"${cluster}" is not NAMESPACE/NAME`);
  return name;
}

/** The inverse of {@link parseObjectName}. */
export function formatObjectName({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

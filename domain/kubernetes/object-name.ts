/** The name of a namespaced object: a PostgresCluster, a HarborCluster, a ConfigMap, a Secret … */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

const dnsLabel = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
/** `NAMESPACE/NAME`, each a DNS label (RFC 1123: at most 63 of a-z, 0-9 and `-`). */
export const objectNamePattern = new RegExp(`^${dnsLabel}/${dnsLabel}$`);

/**
 * Reads `NAMESPACE/NAME`; undefined when the text is anything else.
 *
 * @example parseObjectName("calendar/calendar-db")  // → { namespace: "calendar", name: "calendar-db" }
 */
export function parseObjectName(text: string): ObjectName | undefined {
  if (!objectNamePattern.test(text)) return undefined;
  const [namespace, name] = text.split("/");
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** The inverse of {@link parseObjectName}. */
export function formatObjectName({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

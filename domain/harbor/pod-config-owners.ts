import { z } from "zod";
import { findingsAt, type Finding } from "../finding.ts";

/** Who writes pod-config and the pod Secret, in their managedFields. Another name would be another owner. */
export const podConfigManager = "postgres-recovery";

/** A ConfigMap of variables as it is. */
export interface LivePodConfig {
  readonly data: Readonly<Record<string, string>>;
  /** Its `metadata.managedFields`, as Kubernetes keeps them. */
  readonly managedFields?: unknown;
}

/** Variables that decide where backups are written and what is restored. */
const decisive = /^(CLONE_|STANDBY_|AWS_|USE_WAL|WAL_|WALE_)|_PREFIX$/;

/**
 * Keys that would remain in pod-config beside the declared ones: a server-side apply removes no key that somebody else also set
 * (kubernetes.io, Server-Side Apply). Such a key can change what is restored, or prevent the restore.
 *
 * @param declared names of the keys that are declared.
 * @param where the ConfigMap, for people.
 */
export function leftoverFindings(
  { data, managedFields }: LivePodConfig,
  declared: readonly string[],
  where: string,
): Finding[] {
  const owners = keyOwners(managedFields);
  const findings: Finding[] = [];
  for (const key of Object.keys(data).filter((name) => !declared.includes(name))) {
    const others = (owners.get(key) ?? []).filter((manager) => manager !== podConfigManager);
    if (others.length === 0) continue;
    const at = findingsAt(`${where} ${key}`);
    const what = `was set by ${others.join(", ")} and would remain beside the declared values`;
    const fix = "remove it by hand: kubectl edit";
    findings.push(
      decisive.test(key) ? at.refuse("pod-config-key-foreign", what, fix) : at.warn("pod-config-key-left", what, fix),
    );
  }
  return findings;
}

const managedField = z.object({
  manager: z.string(),
  fieldsV1: z.object({ "f:data": z.record(z.string(), z.unknown()) }),
});

/** Field managers by the key of `data` that they own. */
function keyOwners(managedFields: unknown): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  // An entry without `f:data` owns no key.
  for (const entry of z.array(managedField.nullable().catch(null)).catch([]).parse(managedFields)) {
    for (const field of Object.keys(entry?.fieldsV1["f:data"] ?? {})) {
      if (entry === null || !field.startsWith("f:")) continue;
      const key = field.slice(2);
      owners.set(key, [...(owners.get(key) ?? []), entry.manager]);
    }
  }
  return owners;
}

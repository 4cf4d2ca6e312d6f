import { z } from "zod";
import { findingsAt, type Finding } from "../finding.ts";

/** Who writes pod-config and the pod Secret, in their managedFields. Another name would be another owner. */
export const podConfigManager = "postgres-recovery";

/** The ConfigMap pod-config, or the pod Secret, as it is. */
export interface LivePodConfig {
  /** Values as the Pods get them, so decoded for a Secret. */
  readonly data: Readonly<Record<string, string>>;
  /** Its `metadata.managedFields`, as Kubernetes keeps them. */
  readonly managedFields?: unknown;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/**
 * Variables that decide where backups are written, whether they can be read, and what is restored. Small letters count:
 * the operator compares names without regard to case, so `clone_scope` displaces CLONE_SCOPE.
 */
const decisive = /^(CLONE_|STANDBY_|AWS_|USE_WAL|USE_PAUSE_|WAL_|WALE_|WALG_|BACKUP_|https?_proxy$)|_PREFIX$/i;
/** Variables of WAL-G that decide only how fast it works. */
const speed = /^WALG_\w+_(CONCURRENCY|RATE_LIMIT)$/i;

/** The codes for each of the two objects, by whether the key is decisive. */
const codes = {
  "pod-config": { decisive: "pod-config-key-foreign", other: "pod-config-key-left" },
  "pod-secret": { decisive: "pod-secret-key-foreign", other: "pod-secret-key-left" },
} as const;

/**
 * Keys that would remain in pod-config or in the pod Secret beside the declared ones: a server-side apply removes no key that somebody else also set
 * (kubernetes.io, Server-Side Apply). Such a key can change what is restored, or prevent the restore.
 *
 * @param declared names of the keys that are declared.
 * @param where the object, for people.
 */
export function leftoverFindings(
  kind: keyof typeof codes,
  { data, managedFields }: LivePodConfig,
  declared: readonly string[],
  where: string,
): Finding[] {
  const owners = keyOwners(managedFields);
  const findings: Finding[] = [];
  for (const key of Object.keys(data).filter((name) => !declared.includes(name))) {
    // A key without an owner was not set by an apply of this program, so it would remain, too.
    const managers = owners.get(key) ?? ["an unknown field manager"];
    const others = managers.filter((manager) => manager !== podConfigManager);
    if (others.length === 0) continue;
    const at = findingsAt(`${where} ${key}`);
    const what = `was set by ${others.join(", ")} and would remain beside the declared values`;
    const fix = "remove it by hand: kubectl edit";
    findings.push(
      decisive.test(key) && !speed.test(key)
        ? at.refuse(codes[kind].decisive, what, fix)
        : at.warn(codes[kind].other, what, fix),
    );
  }
  return findings;
}

/** Keys that this program set, and would remove when they are no longer declared. */
export function keysOwnedByUs({ data, managedFields }: LivePodConfig): string[] {
  const owners = keyOwners(managedFields);
  return Object.keys(data).filter((key) => owners.get(key)?.includes(podConfigManager));
}

const fields = z.record(z.string(), z.unknown()).default({});
const managedField = z.object({
  manager: z.string(),
  /** Whoever writes a Secret's `stringData` owns it under that name. */
  fieldsV1: z.object({ "f:data": fields, "f:stringData": fields }),
});

/** Field managers by the key of `data` that they own. */
function keyOwners(managedFields: unknown): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const entry of z.array(managedField.nullable().catch(null)).catch([]).parse(managedFields)) {
    if (entry === null) continue;
    for (const field of Object.keys({ ...entry.fieldsV1["f:data"], ...entry.fieldsV1["f:stringData"] })) {
      if (!field.startsWith("f:")) continue;
      const key = field.slice(2);
      owners.set(key, [...(owners.get(key) ?? []), entry.manager]);
    }
  }
  return owners;
}

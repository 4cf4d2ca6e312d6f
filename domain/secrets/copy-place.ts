import type { ObjectName } from "../kubernetes/object-name.ts";

const root = "postgres-recovery/";

/** Whose copies are meant: a Harbor in one Kubernetes cluster. */
export interface CopyOwner {
  /**
   * UID of the Kubernetes cluster's kube-system namespace; undefined for copies of an older version of this program, which
   * all clusters of an AWS account shared.
   */
  readonly kubernetes: string | undefined;
  readonly harbor: ObjectName;
}

/**
 * What the names of a Harbor's copies in Secrets Manager begin with. The UID keeps apart two Kubernetes clusters that use
 * one AWS account and have a Harbor of the same name.
 *
 * @example copyFolder({ kubernetes: "UID", harbor: { namespace: "harbor", name: "h" } }) // → "postgres-recovery/UID/harbor/h/"
 */
export function copyFolder({ harbor, kubernetes }: CopyOwner): string {
  const cluster = kubernetes === undefined ? "" : `${kubernetes}/`;
  return `${root}${cluster}${harbor.namespace}/${harbor.name}/`;
}

/**
 * Name of a secret's copy in Secrets Manager. It never ends in a hyphen and six characters, because AWS would mistake
 * them for the end of an ARN; then `_` is appended. Names in Kubernetes have no `_`, so the result stays unique.
 *
 * @example copyName({ kubernetes: "UID", harbor: { namespace: "harbor", name: "h" } }, "core-key") // → "postgres-recovery/UID/harbor/h/core-key"
 * @example copyName({ kubernetes: "UID", harbor: { namespace: "harbor", name: "h" } }, "db-secret") // → "postgres-recovery/UID/harbor/h/db-secret_"
 */
export function copyName(owner: CopyOwner, secret: string): string {
  let name = `${copyFolder(owner)}${secret}`;
  while (/-.{6}$/.test(name)) name += "_";
  return name;
}

/** A secret in Secrets Manager, without its values. */
export interface KeptSecret {
  readonly name: string;
  /** Staging labels of all of its versions. */
  readonly labels: readonly string[];
  /** Whether it is scheduled for deletion. Then its values cannot be read. */
  readonly isScheduledForDeletion: boolean;
}

/** The copies of a Harbor of this name in one Kubernetes cluster. */
export interface CopySource {
  readonly owner: CopyOwner;
  /** UIDs of the databases whose Secrets were kept, in alphabetical order. */
  readonly databases: readonly string[];
}

/** What the names of all copies begin with, whatever the Harbor. */
export const everyCopy = root;

const databaseLabel = /^cluster-(.+)$/;

/** The Kubernetes clusters that have kept Secrets of a Harbor of this name. */
export function copySources(harbor: ObjectName, kept: readonly KeptSecret[]): CopySource[] {
  const tail = copyFolder({ kubernetes: undefined, harbor }).slice(root.length);
  const databases = new Map<string, Set<string>>();
  for (const { name, labels } of kept) {
    const folder = name.slice(root.length, name.lastIndexOf("/") + 1);
    if (!folder.endsWith(tail)) continue;
    const kubernetes = folder.slice(0, -tail.length).replace(/\/$/, "");
    if (kubernetes.includes("/")) continue;
    const found = databases.get(kubernetes) ?? new Set();
    for (const label of labels) {
      const [, uid] = databaseLabel.exec(label) ?? [];
      if (uid !== undefined) found.add(uid);
    }
    if (found.size > 0) databases.set(kubernetes, found);
  }
  return [...databases].map(([kubernetes, uids]) => ({
    owner: { kubernetes: kubernetes === "" ? undefined : kubernetes, harbor },
    databases: [...uids].sort(),
  }));
}

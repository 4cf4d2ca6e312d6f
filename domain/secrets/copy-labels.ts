/** AWS's own staging label for the version that is read by default. */
export const currentLabel = "AWSCURRENT";

const clusterPrefix = "cluster-";

/** The staging label of one database's newest copy: AWS never deletes a version that has a label. */
export function clusterLabel(uid: string): string {
  return `${clusterPrefix}${uid}`;
}

/** One version of a secret in Secrets Manager. */
export interface SecretVersion {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: readonly string[];
}

/** A staging label, and the version that has it. */
export interface AttachedLabel {
  readonly label: string;
  readonly version: string;
}

/** AWS allows this many staging labels on all versions of a secret together. */
const mostLabels = 20;
/** AWSCURRENT, AWSPREVIOUS and AWSPENDING come and go. */
const labelsOfAws = new Set(["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"]);

/**
 * The labels of the oldest databases that must be removed before the label `added` is attached, so that AWS's limit is
 * never reached. The label of the current version is never among them.
 */
export function surplusLabels(versions: readonly SecretVersion[], added: string): AttachedLabel[] {
  const attached = versions
    .toSorted((a, b) => a.created - b.created)
    .flatMap(({ id, labels }) =>
      labels.map((label) => ({ label, version: id, isCurrent: labels.includes(currentLabel) })),
    )
    .filter(({ label }) => label !== added && !labelsOfAws.has(label));
  const removable = attached.filter(({ label, isCurrent }) => label.startsWith(clusterPrefix) && !isCurrent);
  const surplus = attached.length + 1 + labelsOfAws.size - mostLabels;
  return removable.slice(0, Math.max(0, surplus)).map(({ label, version }) => ({ label, version }));
}

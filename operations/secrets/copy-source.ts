import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { clusterLabel, currentLabel } from "../../domain/secrets/copy-labels.ts";
import { copyName, copySources, everyCopy, type CopyOwner, type CopySource } from "../../domain/secrets/copy-place.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";

/**
 * Chooses whose copies are restored. With the UID of a database it may be any Kubernetes cluster, because no two databases
 * have the same UID, and the old cluster may be lost. Without it only this cluster's own copies count.
 *
 * @param own this Kubernetes cluster and its Harbor.
 * @param uid UID of the lost `postgresql` resource; undefined for the newest copies.
 * @throws RecoveryError that lists the candidates when only other clusters have copies and no UID was given.
 */
export async function chooseCopies(
  aws: SecretsManager,
  own: CopyOwner,
  names: readonly string[],
  uid: string | undefined,
): Promise<CopyOwner> {
  const label = uid === undefined ? currentLabel : clusterLabel(uid);
  const found = await Promise.all(names.map((name) => aws.find(copyName(own, name))));
  if (found.some((copy) => copy?.labels.includes(label))) return own;
  const others = copySources(own.harbor, await aws.list(everyCopy));
  if (uid !== undefined) return others.find(({ databases }) => databases.includes(uid))?.owner ?? own;
  if (others.length === 0) return own;
  throw new RecoveryError(
    "secret-copies-elsewhere",
    `${formatObjectName(own.harbor)}: this Kubernetes cluster (${own.kubernetes ?? "unknown"}) has kept no Secrets, but others have:\n${others.map(line).join("\n")}`,
    { next: "name the lost database with --uid UID, or in a stack with harbor.secrets.restoreUid" },
  );
}

function line({ databases, owner: { kubernetes } }: CopySource): string {
  const whose =
    kubernetes === undefined ? "kept by an older version, for any cluster" : `Kubernetes cluster ${kubernetes}`;
  return `  ${whose}: database ${databases.join(", ")}`;
}

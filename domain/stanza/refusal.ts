import { RecoveryError } from "../errors.ts";
import { backupObstacles } from "./first-backup.ts";
import type { PostgresCluster } from "./postgres-cluster.ts";
import { becauseAdvice, statusDetail, statusText, type StanzaStatus } from "./status.ts";

const repairConnection = "repair the connection from the instance to its repo host or bucket, then run again";

/**
 * Why no stanza is created for a cluster with this status; undefined when the stanza is missing, or exists already.
 *
 * @param cluster NAMESPACE/CLUSTER, for the message.
 */
export function refusalOf(cluster: string, found: StanzaStatus): RecoveryError | undefined {
  const text = `${cluster}: ${statusText(found)}: ${statusDetail(found)}`;
  switch (found.status) {
    case "okay":
    case "no-stanza":
      return undefined;
    case "unreachable":
      return unreachable(found.because, text);
    case "timeout":
      return new RecoveryError("stanza-timeout", text, { next: repairConnection });
    case "no-instance":
      return new RecoveryError("instance-missing", text, { next: "find out why PGO runs no instance of it" });
    case "broken":
      return new RecoveryError("stanza-broken", text, {
        next: "look at the repository; a stanza is never created over what it holds",
      });
    case "unreadable":
      return new RecoveryError("kubernetes-answer-unexpected", text, { next: "correct the PostgresCluster" });
    case "backups-removed":
      return new RecoveryError("stanza-not-applicable", text, {
        next: "fill in spec.backups again, or authorise the removal of the backups with PGO's annotation",
      });
    case "not-applicable":
      return new RecoveryError("stanza-not-applicable", text, {
        next: "there is nothing to create; remove the cluster from the list of targets",
      });
  }
}

/** The error for an unreachable repository, or for another reason why there was no answer. */
function unreachable(because: "not-allowed" | "not-compared" | undefined, text: string): RecoveryError {
  switch (because) {
    case undefined:
      return new RecoveryError("stanza-unreachable", text, { next: repairConnection });
    case "not-allowed":
      return new RecoveryError("exec-forbidden", text, { next: becauseAdvice(because) });
    case "not-compared":
      return new RecoveryError("stanza-not-compared", text, { next: becauseAdvice(because) });
  }
}

/** Why PGO would not take a first backup that is needed; undefined when it would, or there is a backup. */
export function firstBackupRefusal(
  cluster: string,
  found: StanzaStatus,
  resource: PostgresCluster,
): RecoveryError | undefined {
  if (found.status === "okay" && found.backups.count > 0) return undefined;
  const obstacles = backupObstacles(resource);
  if (obstacles.length === 0) return undefined;
  return new RecoveryError(
    "first-backup-impossible",
    `${cluster}: PGO would not take a first backup: ${obstacles.join("; ")}`,
    { next: "change that in the PostgresCluster, or run again without asking for a first backup" },
  );
}

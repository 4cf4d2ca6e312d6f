import type { StanzaStatus } from "../stanza/status.ts";
import type { Explanation, Mistake } from "./explanation.ts";

/** The statuses of `stanza list`, by the text that JSON has in `status.status`. */
export const stanzaStatuses: Readonly<Record<Exclude<StanzaStatus["status"], "okay">, Explanation>> & {
  readonly okay: Mistake;
} = {
  okay: {
    title: "every repository that pgBackRest mentions holds the stanza",
    means: "Its system identifier is the database's own. `backups.count` may still be 0.",
    todo: "See that there is a backup, and how old it is: `backups.newest`.",
  },
  "no-stanza": {
    title: "a repository has no stanza",
    means: "pgBackRest was reached and has none there; `repositories` names where.",
    matters:
      "There are no backups, and archiving fails. WAL stays on the volume until it is full, and then the database stops.",
    todo: "`postgres-recovery stanza create`, or add the cluster to the stack's targets.",
    green:
      "Pods are Ready, Postgres takes writes, `pgbackrest info` exits with 0, and PGO's status may say stanzaCreated.",
  },
  timeout: {
    title: "pgBackRest did not answer in time",
    means:
      "The repo host accepts connections and stays silent, most often because a mesh has no matching ServiceEntry.",
    matters: "Whether there is a stanza or a backup is not known, and archiving hangs as well.",
    todo: "Correct the connection from the instance to its repo host, then list again.",
    green: "TCP connects, so a port check succeeds; Pods are Ready and Postgres takes writes.",
  },
  unreachable: {
    title: "the repository could not be asked",
    means:
      "The repo host refuses, cannot be found or has a wrong certificate. With `because: not-allowed` the API server refused the remote command; with `because: not-compared` a stanza exists, but the database did not say whether it is its own.",
    matters: "Nothing is known of stanza and backups.",
    todo: "Correct the connection; for `not-allowed` ask for `pods/exec`; for `not-compared` see why Postgres does not answer.",
    green: "Pods are Ready, and `pgbackrest info` exits with 0 even when it reaches nothing.",
  },
  broken: {
    title: "half a stanza, a corrupt file, or another database's stanza",
    means:
      "pgBackRest reports missing stanza data or an info file that it cannot read, or the system identifier is not the database's.",
    matters: "It is never repaired by a program: creating over it could bind the repository to the wrong database.",
    todo: "Look at the repository, save what is in it, and decide whose it is.",
    green: "A script that greps for `No stanzas exist` calls it okay, and PGO's status may say stanzaCreated.",
  },
  "no-instance": {
    title: "there is no instance to ask",
    means: "PGO runs no Pod of the cluster, or no Pod's database container runs.",
    matters: "The database is down, and nothing is known of its backups.",
    todo: "See the cluster's events and Pods.",
    green: "The PostgresCluster exists, with the status of its last good day.",
  },
  "not-applicable": {
    title: "no stanza is expected",
    means:
      "`because` says why: `backups-disabled` (the PostgresCluster declares no backups), `shut-down`, or `standby` (a standby cluster never creates a stanza).",
    matters: "It counts as okay. A cluster without backups on purpose and one by mistake look the same.",
    todo: "Check that `backups-disabled` is meant.",
    green: "The cluster itself.",
  },
};

/** What `disagreement` says where PGO's status contradicts pgBackRest. */
export const stanzaDisagreements: Readonly<Record<"operator-says-created" | "operator-says-missing", Explanation>> = {
  "operator-says-created": {
    title: "PGO says created, pgBackRest says missing",
    means:
      "`status.pgbackrest.repos[].stanzaCreated` is true, and the repository lost its content: an emptied volume, or a changed bucket.",
    matters: "PGO never tries again, and takes no first backup either. Only a repair from outside helps.",
    todo: "`postgres-recovery stanza create`, then see that there is a backup, or order one (docs/stanza-create.md).",
    green: "PGO's status and its conditions.",
  },
  "operator-says-missing": {
    title: "PGO says missing, pgBackRest has the stanza",
    means: "PGO has not noticed yet that the stanza exists.",
    matters: "Until it does, its own backups do not start.",
    todo: "Wait for its next reconcile; if it lasts, see PGO's log, and whether `spec.paused` is set.",
    green: "Archiving.",
  },
};

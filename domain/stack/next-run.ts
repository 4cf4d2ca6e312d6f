import { formatObjectName, type ObjectName } from "../kubernetes/object-name.ts";
import type { Run } from "../stanza/create.ts";
import { errorText, runNumber, type LastRun } from "../stanza/last-run.ts";
import { statusDetail, statusText, verdictOf, type StanzaStatus } from "../stanza/status.ts";
import type { LookedAt } from "./look.ts";

/** A target as the settings have it. */
export interface RunTarget {
  readonly cluster: ObjectName;
  readonly uid?: string | undefined;
  readonly attempt: number;
  /** Whether a stanza that was lost after a successful run is created again without being asked. */
  readonly repairAgain: boolean;
}

/** What is known about a target before it is declared. */
export interface Known {
  /** The report of its last run; undefined when it has never run. */
  readonly last: LastRun | undefined;
  /** UID of the Kubernetes cluster; undefined when it could not be found out. */
  readonly kubeSystemUid: string | undefined;
  /** How its stanza is now; undefined when it was not looked at. */
  readonly seen: LookedAt | undefined;
}

/** Which run the stack declares, and what a person must know about it. */
export interface NextRun {
  readonly run: Run;
  /** Why it runs again; undefined when it is the first run, or the last one stays. */
  readonly why?: string;
  /** Why the stack has to be refused, and the way out. */
  readonly refusal?: string;
  /** What is not as it should be, and does not concern this run. */
  readonly warning?: string;
}

/**
 * Decides whether a target runs again. It does after a failure, for another `attempt` or `uid`, in another Kubernetes
 * cluster, and, if the settings allow it, when its stanza was lost again. What could not be looked at is neither okay nor
 * lost: the last run stays, with a warning.
 */
export function nextRun(target: RunTarget, known: Known): NextRun {
  const { attempt } = target;
  const { last, seen } = known;
  if (last === undefined) return { run: { number: 1, attempt } };
  const again = (why: string): NextRun => ({ run: { number: runNumber(last) + 1, attempt }, why });
  const change = changeSince(last, target, known.kubeSystemUid);
  if (change !== undefined) return again(change);
  const same: NextRun = { run: { number: runNumber(last), attempt: last.run?.attempt ?? attempt } };
  if (seen === undefined) return same;
  if ("error" in seen) return { ...same, warning: notLookedAt(target.cluster, errorText(seen.error)) };
  if (seen.status.status === "no-stanza") {
    if (target.repairAgain) return again("its stanza was lost again");
    return { ...same, refusal: lostAgain(target, last, seen.uid) };
  }
  const warning = warningOf(target.cluster, seen.status);
  return warning === undefined ? same : { ...same, warning };
}

function changeSince(
  last: LastRun,
  { attempt, uid }: RunTarget,
  kubeSystemUid: string | undefined,
): string | undefined {
  if (last.outcome === "failed") return `the last run failed (${last.error.code})`;
  if (last.run !== undefined && last.run.attempt !== attempt) return `attempt is now ${attempt}`;
  if (uid !== undefined && last.uid !== undefined && last.uid !== uid) return "uid has changed";
  const isElsewhere =
    kubeSystemUid !== undefined && last.kubeSystemUid !== undefined && last.kubeSystemUid !== kubeSystemUid;
  return isElsewhere ? "it is another Kubernetes cluster" : undefined;
}

function lostAgain({ attempt, cluster }: RunTarget, last: LastRun, uid: string): string {
  const name = formatObjectName(cluster);
  const recreated =
    "uid" in last && last.uid !== undefined && last.uid !== uid ? "; the PostgresCluster was recreated since" : "";
  return errorText({
    code: "stanza-lost-again",
    message: `${name}: the stanza is missing, although the run of ${last.finishedAt} succeeded${recreated}`,
    next: `find out who removed it; then set \`attempt: ${attempt + 1}\` for this target, or \`repairAgain: true\`, and run \`pulumi up\` again`,
  });
}

/** What a person must know of a stanza that is not missing; undefined when there is nothing. */
function warningOf(cluster: ObjectName, status: StanzaStatus): string | undefined {
  const text = `${statusText(status)}: ${statusDetail(status)}`;
  switch (verdictOf(status)) {
    case "okay":
    case "not-expected":
      return undefined;
    case "finding":
      return `${formatObjectName(cluster)}: ${text}; the stack only creates missing stanzas: a person must look at this one`;
    case "undetermined":
      return notLookedAt(cluster, text);
  }
}

function notLookedAt(cluster: ObjectName, text: string): string {
  return `${formatObjectName(cluster)}: whether its stanza still exists is unknown: ${text}`;
}

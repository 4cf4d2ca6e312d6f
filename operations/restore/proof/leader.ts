import { readRecoveryLog } from "../../../clients/pod/recovery-log.ts";
import { runSql } from "../../../clients/pod/sql.ts";
import type { Exec } from "../../../clients/kubernetes/exec.ts";
import { messageOf } from "../../../domain/errors.ts";
import type { DatabasePod } from "../../../domain/harbor/objects.ts";
import { leaderQuery, readLeaderAnswer, type LeaderAnswer } from "../../../domain/restore/proof/leader-answer.ts";
import { lastReplayedCommit } from "../../../domain/restore/proof/phases.ts";
import { promotionsIn } from "../../../domain/restore/proof/promotion.ts";
import type { Surroundings } from "../../surroundings.ts";

/** Seconds for the one query about the leader. */
const leaderSeconds = 20;

/** What the Pod's Postgres says about itself, or why it does not. */
export async function askLeader(
  exec: Exec,
  pod: DatabasePod,
  signal: AbortSignal,
): Promise<{ readonly found: LeaderAnswer } | { readonly failed: string }> {
  const task = { database: "postgres", sql: leaderQuery, mode: "read-only", seconds: leaderSeconds } as const;
  const answer = await runSql(exec, pod, task, signal);
  if ("failed" in answer) return { failed: `the Postgres of ${pod.metadata.name} does not answer: ${answer.failed}` };
  const found = readLeaderAnswer(answer.text);
  return found === undefined ? { failed: "psql printed something else than what was asked" } : { found };
}

/**
 * Timeline on which the restored database began its new life; undefined when it is not known.
 *
 * @param end the newest timeline that the recovery followed.
 */
export function restoredTimeline({ history }: LeaderAnswer, end: number | undefined): number | undefined {
  if (end === undefined) return undefined;
  const timelines = promotionsIn(history ?? "").map(({ timeline }) => timeline);
  return timelines.find((timeline) => timeline > end) ?? undefined;
}

/**
 * The last commit that was replayed, in milliseconds since 1970. Only PostgreSQL's log has it, as long as the log is kept.
 * Undefined when it is not known.
 */
export async function newestCommit(
  exec: Exec,
  pod: DatabasePod,
  { leader, end }: { readonly leader: LeaderAnswer; readonly end: number | undefined },
  { progress, signal }: Pick<Surroundings, "progress" | "signal">,
): Promise<number | undefined> {
  try {
    const log = await readRecoveryLog(exec, pod, leader, signal);
    return lastReplayedCommit(log, restoredTimeline(leader, end) ?? leader.timeline);
  } catch (error) {
    signal.throwIfAborted();
    progress(`the newest replayed commit is not known: ${messageOf(error)}`);
    return undefined;
  }
}

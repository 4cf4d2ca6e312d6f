import type { DrillClient } from "../../clients/kubernetes/drill.ts";
import { backupWriters, dumpToNowhere } from "../../clients/pod/clone.ts";
import { runSql } from "../../clients/pod/sql.ts";
import { judgeDumps, type DumpedDatabase } from "../../domain/drill/dumps.ts";
import { archivingQuery, judgeIsolation } from "../../domain/drill/isolation.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ChosenBackup } from "../../domain/restore/check.ts";
import type { Judged } from "../../domain/restore/proof/checks.ts";
import { judgeIdentity, judgeTimeline, timelineOfBackup } from "../../domain/restore/proof/identity.ts";
import { promotionsIn } from "../../domain/restore/proof/promotion.ts";
import { judgeReplay } from "../../domain/restore/proof/replay.ts";
import { targetOf } from "../../domain/restore/restore.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { checkData, checkIndexes, checkMembers, notKnown } from "../restore/proof/database.ts";
import type { Restored } from "../restore/proof/gather.ts";
import type { Surroundings } from "../surroundings.ts";
import type { RecoveredClone } from "./clone.ts";

/** The checks that ask the clone before its databases are dumped. */
export const cloneChecks = ["isolation", "identity", "timeline", "replay", "members", "data", "indexes"] as const;
export type CloneCheck = (typeof cloneChecks)[number];

/** A clone, and what it is compared with. */
export interface AskedClone extends RecoveredClone {
  readonly client: Pick<DrillClient, "exec">;
  readonly request: TaskOf<"drill run">;
  readonly backup: ChosenBackup;
  readonly surroundings: Surroundings;
}

/** One of the checks of the clone. */
export async function checkClone(check: CloneCheck, asked: AskedClone): Promise<Judged> {
  const { backup, leader, request } = asked;
  const where = placeOf(asked);
  switch (check) {
    case "isolation":
      return checkIsolation(asked);
    case "identity":
      return judgeIdentity(where, leader.systemIdentifier, { backup, declared: undefined });
    case "timeline":
      return judgeTimeline(where, leader, timelineOfBackup(backup.name));
    case "replay": {
      const promotions = promotionsIn(leader.history ?? "");
      return judgeReplay(where, { promotions, end: backup.walEnd ?? undefined, target: targetOf(request.restore) });
    }
    case "members":
      return checkMembers(restoredOf(asked));
    case "data":
      return checkData(restoredOf(asked));
    case "indexes":
      return checkIndexes(restoredOf(asked));
  }
}

function placeOf({ pod }: AskedClone): string {
  return `Pod ${formatObjectName(pod.metadata)}`;
}

function restoredOf(asked: AskedClone): Restored {
  const { client, leader, pod, request, surroundings } = asked;
  return {
    clients: { harbor: client },
    request,
    pod,
    where: placeOf(asked),
    leader,
    statefulSet: undefined,
    surroundings,
  };
}

async function checkIsolation(asked: AskedClone): Promise<Judged> {
  const { client, pod, request, surroundings } = asked;
  const task = {
    database: "postgres",
    sql: archivingQuery,
    mode: "read-only",
    seconds: request.timeLimits.query,
  } as const;
  const [archiving, writers] = await Promise.all([
    runSql(client.exec, pod, task, surroundings.signal),
    backupWriters(client.exec, pod, surroundings.signal),
  ]);
  if ("failed" in archiving) throw notKnown(archiving.failed);
  if ("failed" in writers) throw notKnown(writers.failed);
  return judgeIsolation(placeOf(asked), { archiving: archiving.text, writers: writers.found });
}

/** Dumps every database of the clone, one after the other, and keeps nothing. */
export async function checkDumps(asked: AskedClone): Promise<Judged> {
  const { client, leader, pod, request, surroundings } = asked;
  const dumps: DumpedDatabase[] = [];
  for (const database of [undefined, ...leader.databases]) {
    const limits = { database, seconds: request.timeLimits.dump };
    dumps.push({ database, answer: await dumpToNowhere(client.exec, pod, limits, surroundings.signal) });
    surroundings.progress(`dumped ${database === undefined ? "the roles" : `database ${database}`} to nowhere`);
  }
  return judgeDumps(placeOf(asked), dumps);
}

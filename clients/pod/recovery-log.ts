import { containerOf } from "../../domain/kubernetes/container.ts";
import { spiloContainer, type DatabasePod } from "../../domain/harbor/objects.ts";
import type { LeaderAnswer } from "../../domain/restore/proof/leader-answer.ts";
import type { Exec } from "../kubernetes/exec.ts";

/** The two messages of PostgreSQL that end a recovery, in the order in which the log files were written. */
const logScript = `cd "$1" && cd "$2" && ls -tr | timeout -k 2 20 xargs \
grep -ahosE 'last completed transaction was at log time [-0-9:.+ ]+|selected new timeline ID: [0-9]+' -- | tail -c 65536`;

/**
 * The lines of PostgreSQL's log about the ends of recoveries; empty when the log does not have any. It takes up to 20 s.
 *
 * @throws the reason of the signal.
 */
export async function readRecoveryLog(
  exec: Exec,
  pod: DatabasePod,
  { dataDirectory, logDirectory }: Pick<LeaderAnswer, "dataDirectory" | "logDirectory">,
  signal: AbortSignal,
): Promise<string> {
  const result = await exec(
    containerOf(pod.metadata, spiloContainer),
    ["sh", "-c", logScript, "sh", dataDirectory, logDirectory],
    { deadlineSeconds: 30, signal },
  );
  return result.end === "exited" ? result.stdout : "";
}

import { bootstrapState, type BootstrapState } from "../domain/roll-plan.ts";
import { spiloContainer, type DatabasePod } from "../domain/harbor-objects.ts";
import type { ContainerName, Exec, ExecResult } from "./exec.ts";

const limitSeconds = 20;
/** Patroni waits for the candidate to take the lead. */
const switchoverSeconds = 90;

/** PGROOT and PGVERSION are set by the Zalando operator; Spilo keeps the data in `data` below the former. */
const controlScript = [
  `control="\${PGROOT:?}/data/global/pg_control"`,
  `if [ ! -e "$control" ]; then echo "no control file"; exit; fi`,
  `LC_ALL=C PATH="/usr/lib/postgresql/\${PGVERSION:-12}/bin:$PATH" exec timeout -k 2 10 pg_controldata -D "$PGROOT/data"`,
].join("\n");

/** How far the bootstrap in a Pod is, by its files alone: nobody may be let into its Postgres. */
export async function readBootstrapState(exec: Exec, pod: DatabasePod, signal: AbortSignal): Promise<BootstrapState> {
  const result = await exec(containerOf(pod), ["sh", "-c", controlScript], { deadlineSeconds: limitSeconds, signal });
  if (result.end === "exited" && result.code === 0) return bootstrapState(result.stdout);
  return { state: "unknown", reason: problem(result) };
}

/** Hands the lead from the leader to `candidate`; undefined when Patroni did so, else what went wrong. */
export async function switchover(exec: Exec, leader: DatabasePod, candidate: DatabasePod, signal: AbortSignal): Promise<string | undefined> {
  // The option for the leader has changed its name with Patroni 3; without it --force means the present one.
  const argv = ["timeout", "-k", "5", String(switchoverSeconds - 15), "patronictl", "switchover", "--candidate", candidate.metadata.name, "--force"];
  const result = await exec(containerOf(leader), argv, { deadlineSeconds: switchoverSeconds, signal });
  return result.end === "exited" && result.code === 0 ? undefined : problem(result);
}

function containerOf({ metadata: { namespace, name } }: DatabasePod): ContainerName {
  return { namespace, pod: name, container: spiloContainer };
}

function problem(result: ExecResult): string {
  if (result.end !== "exited") return result.message;
  const [line = ""] = result.stderr.trim().split("\n").slice(-1);
  return `exit code ${result.code}${line === "" ? "" : `: ${line}`}`;
}

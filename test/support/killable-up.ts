import { randomUUID } from "node:crypto";
import { killMarked } from "./marked-processes.ts";
import { startInSandbox, type Ended, type Running } from "./sandbox.ts";
import type { KillPoint, WriteGate } from "./write-gate.ts";

const marker = "POSTGRES_RECOVERY_TEST_RUN";

/** How a run of `pulumi up` ended that may have been killed. */
export interface KilledUp extends Ended {
  /** The write at which it was killed; undefined if it came to its end. */
  readonly killedAt: KillPoint | undefined;
}

export interface KillableUp extends Pick<Running, "until"> {
  readonly ended: Promise<KilledUp>;
}

/**
 * Starts `pulumi up` of the stack lab behind the gate. At the first write for which `killsAt` is true, it is killed with
 * everything that it has started: engine, plugins and steps.
 *
 * @param env must lead all requests that count through proxies with this gate.
 */
export async function killableUp(
  gate: WriteGate,
  killsAt: (point: KillPoint) => boolean,
  { directory, env, parameters = [] }: { directory: string; env: Record<string, string>; parameters?: string[] },
): Promise<KillableUp> {
  const run = randomUUID();
  gate.watch(killsAt, () => killMarked(marker, run));
  const { ended, until } = await startInSandbox(
    ["pulumi", "--non-interactive", "up", "--stack", "lab", "--yes", "--skip-preview", ...parameters],
    { cwd: directory, env: { ...env, [marker]: run } },
  );
  const whenEnded = async (): Promise<KilledUp> => {
    const end = await ended;
    gate.open();
    return { ...end, killedAt: gate.stoppedAt };
  };
  return { until, ended: whenEnded() };
}

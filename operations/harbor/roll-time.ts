import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { spiloContainer } from "../../domain/harbor/objects.ts";
import type { Awaited } from "../../domain/harbor/roll-plan.ts";
import { rollWaits } from "../../domain/harbor/steps/roll.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";

const pauseSeconds = 2;

/**
 * The time limits of a roll. Each thing that it waits for has a limit of its own. A reason that comes back while the Pods
 * are still the same keeps its first limit, so a roll whose reasons alternate ends in time. A roll whose Pods keep changing
 * ends after {@link rollWaits} such limits.
 */
export class RollTime {
  /** For hints. */
  readonly #kubectl: string;
  readonly #harbor: ObjectName;
  readonly #limit: Duration;
  readonly #surroundings: Surroundings;
  /** By what is waited for, and the Pods at that time. */
  readonly #waits = new Map<string, Wait>();
  readonly #started: number;

  /** @param limit for each thing that is waited for, in seconds. */
  constructor(context: string, harbor: ObjectName, limit: Duration, surroundings: Surroundings) {
    this.#kubectl = `kubectl --context ${context} -n ${harbor.namespace}`;
    this.#harbor = harbor;
    this.#limit = limit;
    this.#surroundings = surroundings;
    this.#started = surroundings.now().getTime();
  }

  /**
   * Pauses before the next look.
   *
   * @param pods stays the same as long as no Pod is replaced.
   * @throws RecoveryError with the code of `awaited` when its limit is over.
   */
  async wait({ code, for: what }: Awaited, pods: string): Promise<void> {
    const key = `${what} ${pods}`;
    const wait = this.#waits.get(key) ?? new Wait({ limit: this.#limit, pauses: [pauseSeconds] }, this.#surroundings);
    this.#waits.set(key, wait);
    if (await wait.pause(`waiting for ${what}`)) return;
    const hints = {
      "operator-sync-timeout": "check that the Zalando operator runs, and see its log; then run this again to continue",
      "pods-not-ready-in-time": "see the Pods' logs; run this again to continue",
      "postgres-not-answering": "see its log, then run this again",
      "replica-not-streaming": this.#replicaHint(),
    };
    throw new RecoveryError(
      code,
      `${formatObjectName(this.#harbor)}: timed out after ${formatDuration(this.#limit)} waiting for ${what}`,
      { next: hints[code] },
    );
  }

  /** @throws RecoveryError when the whole roll has taken too long. */
  requireSome(): void {
    const seconds = (this.#surroundings.now().getTime() - this.#started) / 1000;
    if (seconds < rollWaits * this.#limit) return;
    throw new RecoveryError(
      "pods-not-ready-in-time",
      `${formatObjectName(this.#harbor)}: not done after ${rollWaits} times ${formatDuration(this.#limit)}, because something keeps changing`,
      { next: `see who changes or deletes them: ${this.#kubectl} get events; and the Zalando operator's log` },
    );
  }

  #replicaHint(): string {
    const log = `\`${this.#kubectl} logs POD -c ${spiloContainer}\``;
    return `see the replica's log: ${log}; if Patroni started it while there was no leader, restart it: \`${this.#kubectl} delete pod POD\``;
  }
}

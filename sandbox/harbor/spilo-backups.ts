import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Cron } from "croner";
import { z } from "zod";
import { spiloLayout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { withStandIns } from "../spilo/programs.ts";
import type { SpiloContainer } from "./spilo-container.ts";
import type { SpiloPod } from "./spilo-pod.ts";

const patroniStatus = z.object({ state: z.string(), role: z.string() });
/** Spilo gives up after an hour. */
const leaderWaitMilliseconds = 3_600_000;

/** Makes the base backups of one Pod: the first one as soon as the Pod is the leader, the others when cron would. */
export class SpiloBackups {
  readonly #host: Host;
  readonly #pod: SpiloPod;
  readonly #container: SpiloContainer;
  readonly #log: string;
  readonly #schedule: Cron | undefined;
  readonly #giveUpAt = Date.now() + leaderWaitMilliseconds;
  #firstIsDue: boolean;
  #running: ChildProcess | undefined;

  /** @param log the file to which the output of the backups is appended. */
  constructor(host: Host, pod: SpiloPod, container: SpiloContainer, log: string) {
    this.#host = host;
    this.#pod = pod;
    this.#container = container;
    this.#log = log;
    const backups = container.start.backups;
    this.#firstIsDue = backups !== undefined;
    // Cron hands on none of the container's variables.
    if (backups !== undefined) this.#schedule = this.#scheduled(backups.schedule, container.strippedEnvironment);
  }

  /** To be called again and again. Spilo asks every minute whether the Pod is the leader. */
  async startFirst(): Promise<void> {
    if (!this.#firstIsDue || Date.now() > this.#giveUpAt) return;
    if (!(await this.#leads())) return;
    this.#firstIsDue = false;
    this.#backUp(this.#container.environment);
  }

  /** Patroni answers already when Postgres is still being promoted; a script that asks only once a minute does not see that. */
  async #leads(): Promise<boolean> {
    const signal = AbortSignal.timeout(2000);
    try {
      const answer = await fetch(`http://${this.#pod.address}:8008/master`, { signal });
      const { success, data } = patroniStatus.safeParse(await answer.json());
      return answer.ok && success && data.state === "running" && data.role === "master";
    } catch {
      return false;
    }
  }

  /** A backup that runs now ends together with the session of its Postgres. */
  stop(): void {
    this.#schedule?.stop();
    this.#running?.kill();
  }

  /** @returns nothing if cron would not accept the schedule. */
  #scheduled(schedule: string, environment: Record<string, string>): Cron | undefined {
    try {
      return new Cron(schedule, { timezone: "UTC", mode: "5-part" }, () => {
        this.#backUp(environment);
      });
    } catch (error) {
      const { namespace, name } = this.#pod;
      console.error(`${namespace}/${name}: no backups on schedule: ${error instanceof Error ? error.message : ""}`);
      return undefined;
    }
  }

  #backUp(environment: Record<string, string>): void {
    const { start, dataDirectory } = this.#container;
    const command = `${withStandIns(start.backups?.backupCommand ?? "")} "$0"`;
    const log = openSync(this.#log, "a");
    const { own } = spiloLayout(this.#host.directory, this.#pod.number);
    this.#running = spawn("sh", ["-c", command, dataDirectory], {
      ...this.#host.account,
      cwd: own,
      env: environment,
      stdio: ["ignore", log, log],
    });
    this.#running.on("error", (error) => {
      console.error(`${this.#pod.namespace}/${this.#pod.name}: ${error.message}`);
    });
    closeSync(log);
  }
}

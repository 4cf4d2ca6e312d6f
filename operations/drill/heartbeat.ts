import type { DrillClient } from "../../clients/kubernetes/drill.ts";
import { messageOf } from "../../domain/errors.ts";
import { drillLease, namespaceName, renewSeconds } from "../../domain/drill/namespace.ts";
import type { Surroundings } from "../surroundings.ts";

/** Renews the Lease of a drill, so that nobody takes the drill for one that was killed. */
export class Heartbeat {
  readonly #client: Pick<DrillClient, "applyLease">;
  readonly #id: string;
  readonly #holder: string;
  readonly #surroundings: Pick<Surroundings, "now" | "progress">;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    client: Pick<DrillClient, "applyLease">,
    { id, holder }: { readonly id: string; readonly holder: string },
    surroundings: Pick<Surroundings, "now" | "progress">,
  ) {
    this.#client = client;
    this.#id = id;
    this.#holder = holder;
    this.#surroundings = surroundings;
  }

  /** Creates the Lease. From then on it is renewed. */
  async start(): Promise<void> {
    await this.#renew(this.#holder);
    this.#timer = setInterval(() => {
      this.#renew(this.#holder).catch((error: unknown) => {
        this.#surroundings.progress(`the drill's Lease was not renewed: ${messageOf(error)}`);
      });
    }, renewSeconds * 1000);
    // The process does not stay alive for it.
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Says that the drill is over, although its namespace stays. */
  async end(): Promise<void> {
    this.stop();
    await this.#renew("");
  }

  async #renew(holder: string): Promise<void> {
    const lease = drillLease(this.#id, holder, this.#surroundings.now());
    await this.#client.applyLease(namespaceName(this.#id), lease);
  }
}

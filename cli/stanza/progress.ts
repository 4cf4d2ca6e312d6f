import { printProgress, replaceLine } from "../output.ts";

/** Milliseconds after which a pipe or a log gets another line. */
const pause = 10_000;

/** Which clusters have been asked, and which have answered. Times are milliseconds since 1970. */
export class ScanProgress {
  readonly #asked = new Map<string, number>();
  #ended = 0;
  #total = 0;

  started(cluster: string, total: number, now: number): void {
    this.#asked.set(cluster, now);
    this.#total = total;
  }

  ended(cluster: string): void {
    this.#asked.delete(cluster);
    this.#ended += 1;
  }

  /** Whether any cluster is awaited. Before that, the API server is asked which clusters there are. */
  get awaits(): boolean {
    return this.#asked.size > 0;
  }

  /**
   * How many have answered, and who has been awaited for longest.
   *
   * @example "30/31, waiting for ac-qr-publishing/ac-qr-db for 20 s"
   * @example "12/31, waiting for calendar/calendar-db for 3 s, and for 15 more"
   */
  text(now: number): string {
    if (this.#total === 0) return "listing the clusters";
    const counts = `${this.#ended}/${this.#total}`;
    const [longest] = this.#asked;
    if (longest === undefined) return counts;
    const [cluster, since] = longest;
    const others = this.#asked.size === 1 ? "" : `, and for ${this.#asked.size - 1} more`;
    return `${counts}, waiting for ${cluster} for ${Math.floor((now - since) / 1000)} s${others}`;
  }
}

/** Progress on stderr: in place on a terminal, and a line every ten seconds elsewhere. */
export function showProgress(): {
  readonly started: (cluster: string, total: number) => void;
  readonly ended: (cluster: string) => void;
  readonly stop: () => void;
} {
  const progress = new ScanProgress();
  const inPlace = process.stderr.isTTY;
  const show = (): void => {
    const text = progress.text(Date.now());
    if (inPlace) replaceLine(text);
    else if (progress.awaits) printProgress(text);
  };
  const timer = setInterval(show, inPlace ? 1000 : pause).unref();
  return {
    started: (cluster, total) => {
      progress.started(cluster, total, Date.now());
    },
    ended: (cluster) => {
      progress.ended(cluster);
      if (inPlace) show();
    },
    stop: () => {
      clearInterval(timer);
      if (inPlace) replaceLine("");
    },
  };
}

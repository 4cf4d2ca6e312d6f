import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { openPage, startBrowser } from "../test/support/browser.ts";
import { largeFleet } from "../test/support/fleet-sample.ts";
import { everyAtMost, repeated, type Bench, type Figure, type Result } from "./measure.ts";
import { run } from "./program.ts";

const clusters = 1000;

/** Makes the page of 1,000 clusters from data, and opens it in a browser. */
export async function report(bench: Bench): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  const browser = await startBrowser(bench.progress);
  try {
    const [from, html] = [join(folder, "fleet.json"), join(folder, "fleet.html")];
    await writeFile(from, JSON.stringify(largeFleet(clusters)));
    const command: [string, ...string[]] = ["postgres-recovery", "report", "fleet", "--from", from, "--html", html];
    const made = await repeated(
      bench,
      "report fleet --html",
      // 1: the data has clusters with problems.
      async () => (await run(command, { environment: bench.environment, accepted: [1] })).seconds,
      (seconds) => `${seconds.toFixed(2)} s`,
    );
    const opened = await repeated(
      bench,
      "opening the page",
      () => loadMilliseconds(browser, pathToFileURL(html).href),
      (milliseconds) => `${milliseconds.toFixed(0)} ms`,
    );
    const data: Figure = { what: `the page of ${clusters} clusters is made`, unit: "s", values: made };
    const page: Figure = { what: "the page opens in Chromium, to its load event", unit: "ms", values: opened };
    const size: Figure = { what: "its size", unit: "kB", values: [(await readFile(html)).length / 1000] };
    return {
      title: "The report of 1,000 clusters",
      figures: [data, page, size],
      checks: [everyAtMost(data, 5), everyAtMost(page, 1000), everyAtMost(size, 1500)],
      notes: [
        "Each cluster has 30 backups and 8 proofs. One in twelve is of another kind, such as one without a backup.",
      ],
    };
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
}

async function loadMilliseconds(browser: Browser, url: string): Promise<number> {
  const { page } = await openPage(browser, url, { viewport: { width: 1440, height: 900 } });
  const milliseconds = await page.evaluate<number>("performance.getEntriesByType('navigation')[0].loadEventEnd");
  await page.context().close();
  return milliseconds;
}

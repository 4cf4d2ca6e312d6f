import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { fleetPageText } from "../../cli/report/fleet-page.ts";
import { accessibilityProblems, openPage, startBrowser } from "../support/browser.ts";
import { everyKind, fleetOf } from "../support/fleet-sample.ts";

/** The page in a real browser. No sandbox is needed. */
describe("report fleet --html, in a browser", function () {
  this.timeout("120s");
  let folder: string;
  let browser: Browser;
  let url: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "postgres-recovery-page-"));
    const file = join(folder, "fleet.html");
    await writeFile(file, await fleetPageText(fleetOf([...everyKind])));
    url = pathToFileURL(file).href;
    browser = await startBrowser();
  });

  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** The names of the rows that can be seen, in their order. */
  async function names(page: Page): Promise<string[]> {
    const links = await page.locator("#fleet tbody tr:visible th a").allTextContents();
    return links.map((name) => name.replace(/^.*\//, ""));
  }

  const widths: readonly (readonly [width: number, colorScheme: "light" | "dark"])[] = [
    [360, "dark"],
    [800, "light"],
    [1440, "dark"],
  ];
  for (const [width, colorScheme] of widths)
    it(`at ${width} pixels, ${colorScheme}: axe finds nothing, nothing is asked of a network, nothing is wider than the page`, async () => {
      const options: BrowserContextOptions = { viewport: { width, height: 900 }, colorScheme };
      const { page, problems, requests } = await openPage(browser, url, options);
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      assert.deepEqual(await accessibilityProblems(page), []);
      assert.deepEqual({ problems, requests }, { problems: [], requests: [] });
      assert.equal(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
      await page.context().close();
    });

  it("sorts and filters by keyboard, and says so to a screen reader", async () => {
    const { page } = await openPage(browser, url);
    assert.equal((await names(page))[0], "scheduler-db");
    const heading = page.locator("#fleet th", { hasText: "A loss now costs" });
    await heading.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await heading.getAttribute("aria-sort"), "ascending");
    await page.keyboard.press("Enter");
    assert.equal(await heading.getAttribute("aria-sort"), "descending");
    assert.equal(await page.locator("#fleet th[aria-sort]").count(), 1);
    const sorted = await names(page);
    assert.equal(sorted[0], "payment-hub-db");
    // What is not known comes last in both directions.
    assert.deepEqual(sorted.slice(-3).sort(), ["acrete-db", "harbor-cluster", "utility-db"]);

    await page.getByLabel("Find").fill("harbor");
    assert.deepEqual(await names(page), ["harbor-cluster"]);
    await page.getByLabel("Find").fill("");
    await page.getByLabel("Status").selectOption("not-watched");
    assert.deepEqual(await names(page), ["showcase-db"]);
    assert.equal(await page.getByRole("status").textContent(), "1 of 10 clusters");
    await page.context().close();
  });

  it("a link opens the details of its cluster", async () => {
    const { page } = await openPage(browser, url);
    await page.getByRole("link", { name: "woven-passport/payment-hub-db" }).click();
    await page.getByText("000000030000001200000042 is missing").last().waitFor({ state: "visible", timeout: 5_000 });
    await page.context().close();
  });

  it("without JavaScript it is a plain table, with no control that does nothing", async () => {
    const { page } = await openPage(browser, url, { javaScriptEnabled: false });
    assert.equal((await names(page)).length, everyKind.length);
    assert.equal(await page.locator("button, input, select").filter({ visible: true }).count(), 0);
    await page.context().close();
  });

  it("on paper, the details are open, and nothing is cut at the side", async () => {
    const { page } = await openPage(browser, url, { viewport: { width: 1040, height: 700 } });
    await page.emulateMedia({ media: "print" });
    assert(await page.getByText("bring the WAL back").last().isVisible());
    assert.equal(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
    await page.context().close();
  });
});

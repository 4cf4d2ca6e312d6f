import axe, { type AxeResults } from "axe-core";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { ensureBrowser } from "../../sandbox/host/packages.ts";

/** A real browser without a window. Close it at the end. */
export async function startBrowser(progress: (line: string) => void = () => undefined): Promise<Browser> {
  const executablePath = await ensureBrowser(progress);
  // Chromium's own sandbox cannot run as root. The pages are ours.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

export interface OpenedPage {
  readonly page: Page;
  /** Addresses that the page asked for, without its own. */
  readonly requests: readonly string[];
  /** Errors of scripts, and what the content security policy refused. */
  readonly problems: readonly string[];
}

/** A page in a context of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const [requests, problems]: [string[], string[]] = [[], []];
  page.on("request", (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(url);
  return { page, requests, problems };
}

/** The rules of accessibility that the page breaks, each with the first place. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // Text, because the functions of this file do not exist in the page.
  const results = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return results.violations.map(({ help, id, nodes }) => `${id}: ${help}: ${nodes[0]?.html ?? ""}`);
}

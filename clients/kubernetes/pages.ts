import pRetry from "p-retry";
import { z } from "zod";
import { RequestError } from "./request-error.ts";

/** Objects per page of a LIST. A PostgresCluster may have 100 kB, and only the fields that are used of a page are kept. */
const pageSize = 100;
/** How often a LIST starts again because its continue token has expired. */
const restarts = 2;

/** A page of a LIST; `continue` is empty on the last one. */
export interface Page<T> {
  readonly items: T[];
  readonly metadata: { readonly continue: string };
}

/** What reads a page. */
export function pageSchema<T>(item: z.ZodType<T>) {
  return z.object({
    items: z.array(item),
    metadata: z.object({ continue: z.string().default("") }).prefault({}),
  });
}

/** The query for the page after `next`, which is empty for the first one. */
export function pageQuery(next: string, query: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({
    ...query,
    limit: String(pageSize),
    ...(next !== "" && { continue: next }),
  }).toString();
}

/** All objects of a LIST. A continue token expires after some minutes (410). The LIST then starts again, to be complete. */
export function everyPage<T>(request: (next: string) => Promise<Page<T>>): Promise<T[]> {
  const isTooOld = (error: Error): boolean => error instanceof RequestError && error.httpStatus === 410;
  return pRetry(() => pagesOf(request), {
    retries: restarts,
    minTimeout: 0,
    shouldRetry: ({ error }) => isTooOld(error),
  });
}

async function pagesOf<T>(request: (next: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let next = "";
  do {
    const page = await request(next);
    items.push(...page.items);
    next = page.metadata.continue;
  } while (next !== "");
  return items;
}
